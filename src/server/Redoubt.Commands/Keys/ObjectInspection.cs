using Redoubt.Keyspace;

namespace Redoubt.Commands;

[CommandContainer("OBJECT",
    Group = "generic", Since = "2.2.3", Summary = "A container for object introspection commands",
    Complexity = "Depends on subcommand.")]
internal static class ObjectInspection
{
    // Redis keeps one shared object for each of these numbers and shows it with the largest reference count. (A number that
    // came by COPY has an object of its own there; here all are alike.)
    private const int SharedIntegers = 10_000;

    [Command("OBJECT|ENCODING", 3, CommandFlags.ReadOnly,
        FirstKey = 2, LastKey = 2, KeyStep = 1, KeyFlags = "RO", Acl = "keyspace", Group = "generic", Since = "2.2.3",
        Summary = "Inspect the internal encoding of a Redis object", Complexity = "O(1)", Syntax = "key#0",
        Tips = ["nondeterministic_output"])]
    public static void Encoding(CommandContext c)
    {
        if (TryLook(c, out EntryView entry))
            c.Reply.Bulk(entry.EncodingName);
    }

    [Command("OBJECT|REFCOUNT", 3, CommandFlags.ReadOnly,
        FirstKey = 2, LastKey = 2, KeyStep = 1, KeyFlags = "RO", Acl = "keyspace", Group = "generic", Since = "2.2.3",
        Summary = "Get the number of references to the value of the key", Complexity = "O(1)", Syntax = "key#0",
        Tips = ["nondeterministic_output"])]
    public static void RefCount(CommandContext c)
    {
        if (TryLook(c, out EntryView entry))
            c.Reply.Integer(SharesIntegers(c) && entry.IsInteger && entry.Integer is >= 0 and < SharedIntegers ? int.MaxValue : 1);
    }

    [Command("OBJECT|IDLETIME", 3, CommandFlags.ReadOnly,
        FirstKey = 2, LastKey = 2, KeyStep = 1, KeyFlags = "RO", Acl = "keyspace", Group = "generic", Since = "2.2.3",
        Summary = "Get the time since a Redis object was last accessed", Complexity = "O(1)", Syntax = "key#0",
        Tips = ["nondeterministic_output"])]
    public static void IdleTime(CommandContext c)
    {
        if (!TryLook(c, out EntryView entry))
            return;
        if (c.Keyspace.Usage.CountsFrequency)
            c.Error(Errors.IdleTimeWithLfu);
        else
            c.Reply.Integer(entry.IdleSeconds);
    }

    [Command("OBJECT|FREQ", 3, CommandFlags.ReadOnly,
        FirstKey = 2, LastKey = 2, KeyStep = 1, KeyFlags = "RO", Acl = "keyspace", Group = "generic", Since = "4.0.0",
        Summary = "Get the logarithmic access frequency counter of a Redis object", Complexity = "O(1)", Syntax = "key#0",
        Tips = ["nondeterministic_output"])]
    public static void Freq(CommandContext c)
    {
        if (!TryLook(c, out EntryView entry))
            return;
        if (c.Keyspace.Usage.CountsFrequency)
            c.Reply.Integer(entry.Frequency);
        else
            c.Error(Errors.FrequencyWithoutLfu);
    }

    [Command("OBJECT|HELP", 2, CommandFlags.Loading | CommandFlags.Stale,
        Acl = "keyspace", Group = "generic", Since = "6.2.0", Summary = "Show helpful text about the different subcommands",
        Complexity = "O(1)")]
    public static void Help(CommandContext c) => c.ReplyHelp(
        "ENCODING <key>",
        "    Name of the representation in which the value is stored.",
        "FREQ <key>",
        "    How often the key is used, on a logarithmic scale; with an LFU maxmemory policy only.",
        "IDLETIME <key>",
        "    Seconds since the key was last used.",
        "REFCOUNT <key>",
        "    Number of references to the value.");

    /// <summary>Where the use of each key is looked at for eviction, Redis keeps an object of its own for each.</summary>
    private static bool SharesIntegers(CommandContext c) =>
        !c.Ports.Settings.IsMemoryLimited || !(c.Keyspace.Evictor.Policy.CountsFrequency() || c.Keyspace.Evictor.Policy.RemembersAccess());

    private static bool TryLook(CommandContext c, out EntryView entry)
    {
        entry = c.Database.ReadUntouched(c.Key(2), tellsOfMiss: false);
        if (!entry.Exists)
            c.Reply.Null();
        return entry.Exists;
    }
}
