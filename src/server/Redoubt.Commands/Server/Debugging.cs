// DEBUG: the subcommands that tests and tools use, with Redis's replies. Whether a client may use them is for
// `enable-debug-command` to say. They work on the dataset of one thread, and may stop the server for long.
//
// The subcommands stand in files by what they are about; each has a `TryRun` that knows its own.

using System.Text;

namespace Redoubt.Commands;

internal static class Debugging
{
    [Command("DEBUG", -2, CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Protected,
        Group = "server", Since = "1.0.0", Summary = "A container for debugging commands", Complexity = "Depends on subcommand.",
        SystemCommand = true)]
    public static void Debug(CommandContext c)
    {
        if (c.Count == 2 && c.Is(1, "HELP"u8))
            Help(c);
        else if (!DatasetDebugging.TryRun(c) && !WireDebugging.TryRun(c) && !SwitchDebugging.TryRun(c) && !ReplyBufferDebugging.TryRun(c)
            && !ProcessDebugging.TryRun(c))
            c.SubcommandError();
    }

    /// <summary>The number at the beginning of the text, 0 if there is none.</summary>
    internal static double LeadingNumber(ReadOnlySpan<byte> text) =>
        System.Buffers.Text.Utf8Parser.TryParse(text, out double number, out _) && double.IsFinite(number) ? number : 0;

    private static void Help(CommandContext c) => c.ReplyHelp(
        "AOF-FLUSH-SLEEP <microseconds>",
        "    Sleep before each write of the append-only file.",
        "CHANGE-REPL-ID",
        "    Take new replication IDs: replicas cannot go on from what they have.",
        "DIGEST",
        "    Hash of the whole dataset, the same for equal datasets.",
        "DIGEST-VALUE <key> [<key> ...]",
        "    Hash of each key's value.",
        "DROP-CLUSTER-PACKET-FILTER <type>",
        "    Accepted; there is no cluster bus.",
        "ERROR <text>",
        "    Reply with this error.",
        "HTSTATS <dbid>",
        "    How the hash table of a database is filled.",
        "HTSTATS-KEY <key>",
        "    How the hash table of a key's value is filled.",
        "LISTPACK <key>",
        "    Whether a key's value is a listpack.",
        "OBJECT <key>",
        "    How a value is stored.",
        "PAUSE-CRON <0|1>",
        "    Stop what is done ten times a second.",
        "POPULATE <count> [<prefix>] [<size>]",
        "    Add <count> keys named <prefix>:<number> (key:<number> by default). They are not propagated.",
        "PROTOCOL <type>",
        "    Reply with an example: string, integer, double, bignum, null, array, set, map, attrib, push, verbatim, true or false.",
        "QUICKLIST <key> [<0|1>]",
        "    Whether a key's value is a quicklist.",
        "QUICKLIST-PACKED-THRESHOLD <size>",
        "    From which size on an element of a list has a node to itself; 0: the default.",
        "RELOAD [NOSAVE] [NOFLUSH] [MERGE]",
        "    Save, empty the server and load the file again; without saving; on top of what is there; where keys collide, the file's win.",
        "REPLICATE <word> [<word> ...]",
        "    Send a command to the replicas that is not carried out here.",
        "REPLYBUFFER PEAK-RESET-TIME <NEVER|RESET|milliseconds>",
        "    How long the most that a client was owed decides the size of its reply buffer.",
        "REPLYBUFFER RESIZING <0|1>",
        "    Whether reply buffers are resized at all.",
        "SET-ACTIVE-EXPIRE <0|1>",
        "    Whether expired keys that nobody asks for are deleted.",
        "SET-DISABLE-DENY-SCRIPTS <0|1>",
        "    Whether scripts may call what they otherwise may not.",
        "SET-SKIP-CHECKSUM-VALIDATION <0|1>",
        "    Whether RESTORE takes payloads with a wrong checksum.",
        "SLEEP <seconds>",
        "    Stop the server for this long; decimals allowed.",
        "STRINGMATCH-TEST",
        "    Match random texts with random patterns.",
        "STRUCTSIZE",
        "    Sizes of the engine's structures.");
}
