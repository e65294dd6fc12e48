using Redoubt.Keyspace;
using Redoubt.Structures.Listpacks;
using Redoubt.Structures.Lists;
using Redoubt.Structures.Values;

namespace Redoubt.Commands;

/// <summary>From one list to another, which may be the same.</summary>
internal static class ListMoves
{
    [Command("LMOVE", 5, CommandFlags.Write | CommandFlags.DenyOom, FirstKey = 1, LastKey = 2, KeyStep = 1,
        KeyFlags = "RW access delete @1 range(0,1,0); RW insert @2 range(0,1,0)", Acl = "list", Group = "list", Since = "6.2.0",
        Summary = "Pop an element from a list, push it to another list and return it", Complexity = "O(1)",
        Syntax = "source#0 destination#1 wherefrom(LEFT|RIGHT) whereto(LEFT|RIGHT)")]
    public static void LMove(CommandContext c)
    {
        if (TryEnds(c, out bool fromHead, out bool toHead) && !TryMove(c, fromHead, toHead, MoveName.Own))
            c.Reply.Null();
    }

    [Command("RPOPLPUSH", 3, CommandFlags.Write | CommandFlags.DenyOom, FirstKey = 1, LastKey = 2, KeyStep = 1,
        KeyFlags = "RW access delete @1 range(0,1,0); RW insert @2 range(0,1,0)", Acl = "list", Group = "list", Since = "1.2.0",
        Summary = "Remove the last element in a list, prepend it to another list and return it", Complexity = "O(1)",
        Syntax = "source#0 destination#1", Deprecated = "6.2.0: `LMOVE` with the `RIGHT` and `LEFT` arguments")]
    public static void RPopLPush(CommandContext c)
    {
        if (!TryMove(c, fromHead: false, toHead: true, MoveName.Own))
            c.Reply.Null();
    }

    [Command("BLMOVE", 6, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.NoScript | CommandFlags.Blocking, FirstKey = 1,
        LastKey = 2, KeyStep = 1, KeyFlags = "RW access delete @1 range(0,1,0); RW insert @2 range(0,1,0)", Acl = "list",
        Group = "list", Since = "6.2.0",
        Summary = "Pop an element from a list, push it to another list and return it; or block until one is available",
        Complexity = "O(1)", Syntax = "source#0 destination#1 wherefrom(LEFT|RIGHT) whereto(LEFT|RIGHT) timeout:double")]
    public static void BLMove(CommandContext c)
    {
        if (TryEnds(c, out bool fromHead, out bool toHead) && c.TryTimeoutSeconds(5, out long timeoutMs))
            MoveOrBlock(c, fromHead, toHead, MoveName.LMove, timeoutMs);
    }

    [Command("BRPOPLPUSH", 4, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.NoScript | CommandFlags.Blocking, FirstKey = 1,
        LastKey = 2, KeyStep = 1, KeyFlags = "RW access delete @1 range(0,1,0); RW insert @2 range(0,1,0)", Acl = "list",
        Group = "list", Since = "2.2.0",
        Summary = "Pop an element from a list, push it to another list and return it; or block until one is available",
        Complexity = "O(1)", Syntax = "source#0 destination#1 timeout:double",
        History = ["6.0.0: `timeout` is interpreted as a double instead of an integer."],
        Deprecated = "6.2.0: `BLMOVE` with the `RIGHT` and `LEFT` arguments")]
    public static void BRPopLPush(CommandContext c)
    {
        if (c.TryTimeoutSeconds(3, out long timeoutMs))
            MoveOrBlock(c, fromHead: false, toHead: true, MoveName.RPopLPush, timeoutMs);
    }

    /// <summary>What a move is called to replicas.</summary>
    private enum MoveName
    {
        Own,
        LMove,
        RPopLPush,
    }

    /// <summary>LEFT or RIGHT.</summary>
    internal static bool TryEnd(CommandContext c, int index, out bool isHead)
    {
        isHead = c.Is(index, "LEFT"u8);
        if (isHead || c.Is(index, "RIGHT"u8))
            return true;
        c.Error(Errors.Syntax);
        return false;
    }

    private static bool TryEnds(CommandContext c, out bool fromHead, out bool toHead)
    {
        toHead = false;
        return TryEnd(c, 3, out fromHead) && TryEnd(c, 4, out toHead);
    }

    private static void MoveOrBlock(CommandContext c, bool fromHead, bool toHead, MoveName name, long timeoutMs)
    {
        if (TryMove(c, fromHead, toHead, name))
            return;
        // Who may not wait gets the reply of a move from nothing, not that of a time-out.
        if (c.MayBlock)
            c.Block(1, 1, ValueType.List, timeoutMs);
        else
            c.Reply.Null();
    }

    /// <summary>Moves one element from key 1 to key 2, and answers; false, without an answer, when there is none.</summary>
    private static bool TryMove(CommandContext c, bool fromHead, bool toHead, MoveName name)
    {
        Key from = c.Key(1), to = c.Key(2);
        if (!c.TryEdit(from, ValueType.List, out ValueSlot source))
            return true;
        if (!source.Exists)
            return false;
        if (!c.TryEdit(to, ValueType.List, out ValueSlot target))
            return true;
        ListValue list = new(source);
        ReadOnlySpan<byte> element = Reply(c, list.End(fromHead));
        list.Pop(fromHead);
        if (!target.Exists)
            target = Pushes.Create(c, to);
        new ListValue(target).Push(element, toHead);
        c.Notify(KeyspaceEvents.List, Pushes.EventName(toHead), to.Bytes);
        c.Notify(KeyspaceEvents.List, Pops.EventName(fromHead), from.Bytes);
        Pops.RemoveIfEmpty(c, from, list);
        c.Database.Changed(to, 0);
        c.Database.Changed(from);
        Propagate(c, fromHead, toHead, name);
        return true;
    }

    /// <summary>Answers with the element, and gives its bytes as they stand in the reply: those in the list are about to go.</summary>
    private static ReadOnlySpan<byte> Reply(CommandContext c, PackedValue element)
    {
        int length = element.TextLength;
        c.Reply.Bulk(element);
        return c.Reply.Segment(c.Reply.Length - 2 - length, length);
    }

    private static void Propagate(CommandContext c, bool fromHead, bool toHead, MoveName name)
    {
        if (name == MoveName.Own)
            return;
        if (name == MoveName.RPopLPush)
        {
            c.Propagate.Instead(3).Word("RPOPLPUSH"u8).Word(c[1]).Word(c[2]);
            return;
        }
        Propagation said = c.Propagate.Instead(5).Word("LMOVE"u8).Word(c[1]).Word(c[2]);
        // The client's own spelling, unless it had to wait.
        if (c.ReadyKey is null)
            said.Word(c[3]).Word(c[4]);
        else
            said.Word(fromHead ? "left"u8 : "right"u8).Word(toHead ? "left"u8 : "right"u8);
    }
}
