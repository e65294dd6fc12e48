using Redoubt.Keyspace;
using Redoubt.Structures.Lists;
using Redoubt.Structures.Values;

namespace Redoubt.Commands;

internal static class Pushes
{
    [Command("LPUSH", -3, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, FirstKey = 1, LastKey = 1, KeyStep = 1,
        KeyFlags = "RW insert", Acl = "list", Group = "list", Since = "1.0.0", Summary = "Prepend one or multiple elements to a list",
        Complexity = "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
        Syntax = "key#0 element+", History = ["2.4.0: Accepts multiple `element` arguments."])]
    public static void LPush(CommandContext c) => Push(c, atHead: true, onlyIfThere: false);

    [Command("RPUSH", -3, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, FirstKey = 1, LastKey = 1, KeyStep = 1,
        KeyFlags = "RW insert", Acl = "list", Group = "list", Since = "1.0.0", Summary = "Append one or multiple elements to a list",
        Complexity = "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
        Syntax = "key#0 element+", History = ["2.4.0: Accepts multiple `element` arguments."])]
    public static void RPush(CommandContext c) => Push(c, atHead: false, onlyIfThere: false);

    [Command("LPUSHX", -3, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, FirstKey = 1, LastKey = 1, KeyStep = 1,
        KeyFlags = "RW insert", Acl = "list", Group = "list", Since = "2.2.0",
        Summary = "Prepend an element to a list, only if the list exists",
        Complexity = "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
        Syntax = "key#0 element+", History = ["4.0.0: Accepts multiple `element` arguments."])]
    public static void LPushX(CommandContext c) => Push(c, atHead: true, onlyIfThere: true);

    [Command("RPUSHX", -3, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, FirstKey = 1, LastKey = 1, KeyStep = 1,
        KeyFlags = "RW insert", Acl = "list", Group = "list", Since = "2.2.0",
        Summary = "Append an element to a list, only if the list exists",
        Complexity = "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
        Syntax = "key#0 element+", History = ["4.0.0: Accepts multiple `element` arguments."])]
    public static void RPushX(CommandContext c) => Push(c, atHead: false, onlyIfThere: true);

    private static void Push(CommandContext c, bool atHead, bool onlyIfThere)
    {
        Key key = c.Key(1);
        if (!c.TryEdit(key, ValueType.List, out ValueSlot slot))
            return;
        if (!slot.Exists)
        {
            if (onlyIfThere)
            {
                c.Reply.Integer(0);
                return;
            }
            slot = Create(c, key);
        }
        ListValue list = new(slot);
        for (int i = 2; i < c.Count; i++)
            list.Push(c[i], atHead);
        c.Reply.Integer(list.Count);
        c.Database.Changed(key, c.Count - 2);
        c.Notify(KeyspaceEvents.List, EventName(atHead), key.Bytes);
    }

    /// <summary>A new list, to be filled at once.</summary>
    internal static ValueSlot Create(CommandContext c, Key key) => c.Database.Create(key, ValueType.List, ValueEncoding.Listpack);

    internal static ReadOnlySpan<byte> EventName(bool atHead) => atHead ? "lpush"u8 : "rpush"u8;
}
