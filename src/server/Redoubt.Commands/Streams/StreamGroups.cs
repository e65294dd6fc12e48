// XGROUP: the groups of a stream, and their consumers.

using Redoubt.Keyspace;
using Redoubt.Structures.Streams;
using Redoubt.Structures.Values;

namespace Redoubt.Commands;

[CommandContainer("XGROUP", Group = "stream", Since = "5.0.0", Summary = "A container for consumer groups commands",
    Complexity = "Depends on subcommand.")]
internal static class StreamGroups
{
    [Command("XGROUP|CREATE", -5, CommandFlags.Write | CommandFlags.DenyOom, FirstKey = 2, LastKey = 2, KeyStep = 1,
        KeyFlags = "RW insert", Acl = "stream", Group = "stream", Since = "5.0.0", Summary = "Create a consumer group.",
        Complexity = "O(1)", Syntax = "key#0 groupname id(id|'$'!new_id) [MKSTREAM] [ENTRIESREAD=entries_read:integer]",
        History = ["7.0.0: Added the `entries_read` named argument."])]
    public static void Create(CommandContext c)
    {
        if (!TryOptions(c, mayCreate: true, out bool createsKey, out long entriesRead))
            return;
        ValueLookup found = c.Database.Edit(c.Key(2), ValueType.Stream, out ValueSlot slot);
        if (!IsUsable(c, found, createsKey))
            return;
        if (c.Count > 8)
        {
            c.SubcommandError();
            return;
        }
        StreamId id = StreamId.Min;
        if (c[4] is not [(byte)'$'])
        {
            if (!c.TryId(4, out id))
                return;
        }
        else if (found == ValueLookup.Found)
        {
            id = new StreamValue(slot).LastId;
        }
        if (found == ValueLookup.Missing)
        {
            slot = c.Database.Create(c.Key(2), ValueType.Stream, ValueEncoding.Stream);
            c.Database.Changed(c.Key(2), 0);
        }
        if (!new StreamValue(slot).TryAddGroup(c[3], id, entriesRead))
        {
            c.Error(StreamErrors.GroupExists);
            return;
        }
        c.Reply.Ok();
        c.Keyspace.Dirty++;
        c.Notify(KeyspaceEvents.Stream, "xgroup-create"u8, c[2]);
    }

    [Command("XGROUP|SETID", -5, CommandFlags.Write, FirstKey = 2, LastKey = 2, KeyStep = 1, KeyFlags = "RW update", Acl = "stream",
        Group = "stream", Since = "5.0.0", Summary = "Set a consumer group to an arbitrary last delivered ID value.",
        Complexity = "O(1)", Syntax = "key#0 groupname id(id|'$'!new_id) [ENTRIESREAD=entries_read:integer]",
        History = ["7.0.0: Added the optional `entries_read` argument."])]
    public static void SetId(CommandContext c)
    {
        if (!TryOptions(c, mayCreate: false, out _, out long entriesRead) || !TryGroup(c, out StreamValue stream, out StreamGroup group))
            return;
        if (c.Count is not (5 or 7))
        {
            c.SubcommandError();
            return;
        }
        StreamId id = stream.LastId;
        if (c[4] is not [(byte)'$'] && !c.TryIdOrEnd(4, out id))
            return;
        group.LastDeliveredId = id;
        group.EntriesRead = entriesRead;
        c.Reply.Ok();
        c.Keyspace.Dirty++;
        c.Notify(KeyspaceEvents.Stream, "xgroup-setid"u8, c[2]);
    }

    [Command("XGROUP|DESTROY", 4, CommandFlags.Write, FirstKey = 2, LastKey = 2, KeyStep = 1, KeyFlags = "RW delete", Acl = "stream",
        Group = "stream", Since = "5.0.0", Summary = "Destroy a consumer group.",
        Complexity = "O(N) where N is the number of entries in the group's pending entries list (PEL).", Syntax = "key#0 groupname")]
    public static void Destroy(CommandContext c)
    {
        ValueLookup found = c.Database.Edit(c.Key(2), ValueType.Stream, out ValueSlot slot);
        if (!IsUsable(c, found, createsKey: false))
            return;
        if (!new StreamValue(slot).TryRemoveGroup(c[3]))
        {
            c.Reply.Integer(0);
            return;
        }
        c.Reply.Integer(1);
        c.Keyspace.Dirty++;
        c.Notify(KeyspaceEvents.Stream, "xgroup-destroy"u8, c[2]);
        // Whoever waits for this group is told that it is gone.
        c.SignalReady(c[2], ValueType.Stream);
    }

    [Command("XGROUP|CREATECONSUMER", 5, CommandFlags.Write | CommandFlags.DenyOom, FirstKey = 2, LastKey = 2, KeyStep = 1,
        KeyFlags = "RW insert", Acl = "stream", Group = "stream", Since = "6.2.0", Summary = "Create a consumer in a consumer group.",
        Complexity = "O(1)", Syntax = "key#0 groupname consumername")]
    public static void CreateConsumer(CommandContext c)
    {
        if (!TryGroup(c, out _, out StreamGroup group))
            return;
        bool isNew = !group.FindConsumer(c[4]).Exists;
        if (isNew)
            StreamEffects.AddConsumer(c, keyIndex: 2, group, c[4]);
        c.Reply.Integer(isNew ? 1 : 0);
    }

    [Command("XGROUP|DELCONSUMER", 5, CommandFlags.Write, FirstKey = 2, LastKey = 2, KeyStep = 1, KeyFlags = "RW delete",
        Acl = "stream", Group = "stream", Since = "5.0.0", Summary = "Delete a consumer from a consumer group.", Complexity = "O(1)",
        Syntax = "key#0 groupname consumername")]
    public static void DeleteConsumer(CommandContext c)
    {
        if (!TryGroup(c, out _, out StreamGroup group))
            return;
        StreamConsumer consumer = group.FindConsumer(c[4]);
        long pending = 0;
        if (consumer.Exists)
        {
            pending = group.RemoveConsumer(consumer);
            c.Keyspace.Dirty++;
            c.Notify(KeyspaceEvents.Stream, "xgroup-delconsumer"u8, c[2]);
        }
        c.Reply.Integer(pending);
    }

    [Command("XGROUP|HELP", 2, CommandFlags.Loading | CommandFlags.Stale, Acl = "stream", Group = "stream", Since = "5.0.0",
        Summary = "Show helpful text about the different subcommands", Complexity = "O(1)")]
    public static void Help(CommandContext c) => c.ReplyHelp(
        "CREATE <key> <groupname> <id|$> [option]",
        "    Create a new consumer group. Options are:",
        "    * MKSTREAM",
        "      Create the empty stream if it does not exist.",
        "    * ENTRIESREAD entries_read",
        "      Set the group's entries_read counter (internal use).",
        "CREATECONSUMER <key> <groupname> <consumer>",
        "    Create a new consumer in the specified group.",
        "DELCONSUMER <key> <groupname> <consumer>",
        "    Remove the specified consumer.",
        "DESTROY <key> <groupname>",
        "    Remove the specified group.",
        "SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
        "    Set the current group ID and entries_read counter.");

    /// <summary>The options of CREATE and SETID, from argument 5 on.</summary>
    private static bool TryOptions(CommandContext c, bool mayCreate, out bool createsKey, out long entriesRead)
    {
        createsKey = false;
        entriesRead = StreamGroup.UnknownEntriesRead;
        for (int i = 5; i < c.Count; i++)
        {
            if (mayCreate && c.Is(i, "MKSTREAM"u8))
            {
                createsKey = true;
            }
            else if (i + 1 < c.Count && c.Is(i, "ENTRIESREAD"u8))
            {
                if (!c.TryInteger(++i, out entriesRead))
                    return false;
                if (entriesRead < StreamGroup.UnknownEntriesRead)
                {
                    c.Error(StreamErrors.EntriesRead);
                    return false;
                }
            }
            else
            {
                c.SubcommandError();
                return false;
            }
        }
        return true;
    }

    private static bool IsUsable(CommandContext c, ValueLookup found, bool createsKey)
    {
        if (found == ValueLookup.WrongType)
            c.Error(Errors.WrongType);
        else if (found == ValueLookup.Missing && !createsKey)
            c.Error(StreamErrors.KeyMustExist);
        else
            return true;
        return false;
    }

    /// <summary>The stream of argument 2 and its group of argument 3, which both must exist.</summary>
    private static bool TryGroup(CommandContext c, out StreamValue stream, out StreamGroup group)
    {
        stream = default;
        group = default;
        ValueLookup found = c.Database.Edit(c.Key(2), ValueType.Stream, out ValueSlot slot);
        if (!IsUsable(c, found, createsKey: false))
            return false;
        stream = new StreamValue(slot);
        group = stream.FindGroup(c[3]);
        if (!group.Exists)
            StreamErrors.NoGroup(c, keyIndex: 2, groupIndex: 3);
        return group.Exists;
    }
}
