// DEBUG: the subcommands that tests and tools use, with Redis's replies. Whether a client may use them is for
// `enable-debug-command` to say. They work on the dataset of one thread, and may stop the server for long.

using System.Globalization;
using System.Text;
using Redoubt.Keyspace;
using Redoubt.Structures.Lists;
using Redoubt.Structures.Values;

namespace Redoubt.Commands;

internal static class Debugging
{
    [Command("DEBUG", -2, CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Protected,
        Group = "server", Since = "1.0.0", Summary = "A container for debugging commands", Complexity = "Depends on subcommand.",
        SystemCommand = true)]
    public static void Debug(CommandContext c)
    {
        if (!c.Ports.Lifecycle.IsDebugAllowed(c.Session))
            c.Error(Errors.DebugNotAllowed);
        else if (c.Count == 2 && c.Is(1, "HELP"u8))
            Help(c);
        else if (c.Count == 3 && c.Is(1, "SLEEP"u8))
            Sleep(c);
        else if (c.Count == 3 && c.Is(1, "SET-ACTIVE-EXPIRE"u8))
            SetActiveExpire(c);
        else if (c.Count == 3 && c.Is(1, "OBJECT"u8))
            DescribeObject(c);
        else if (c.Count == 3 && c.Is(1, "QUICKLIST-PACKED-THRESHOLD"u8))
            ListDebugging.SetPackedThreshold(c);
        else if (c.Count == 4 && c.Is(1, "REPLYBUFFER"u8))
            SetReplyBuffers(c);
        else if (c.Count is >= 3 and <= 5 && c.Is(1, "POPULATE"u8))
            Populate(c);
        else if (c.Count == 2 && c.Is(1, "DIGEST"u8))
            Digest(c);
        else if (c.Count == 3 && c.Is(1, "SET-SKIP-CHECKSUM-VALIDATION"u8))
            SetSkipChecksumValidation(c);
        else if (c.Is(1, "DIGEST-VALUE"u8))
            DigestValue(c);
        else if (!ProcessDebugging.TryRun(c))
            c.SubcommandError();
    }

    private static void Sleep(CommandContext c)
    {
        double seconds = Math.Clamp(LeadingNumber(c[2]), 0, int.MaxValue / 1000);
        c.Ports.Lifecycle.Sleep(TimeSpan.FromSeconds(seconds));
        c.Reply.Ok();
    }

    private static void SetActiveExpire(CommandContext c)
    {
        c.Ports.Lifecycle.SetActiveExpiry(LeadingNumber(c[2]) != 0);
        c.Reply.Ok();
    }

    private static void SetSkipChecksumValidation(CommandContext c)
    {
        c.Ports.Serialization.VerifiesChecksums = LeadingNumber(c[2]) == 0;
        c.Reply.Ok();
    }

    /// <summary>Address and serialized length are this engine's: the key's hash, and the length before compression (for collections: the memory).</summary>
    private static void DescribeObject(CommandContext c)
    {
        Key key = c.Key(2);
        EntryView entry = c.Database.Peek(key);
        if (!entry.Exists)
        {
            c.Error(Errors.NoSuchKey);
            return;
        }
        long lru = (c.NowMs / 1000 - entry.IdleSeconds) & 0xFFFFFF;
        string text = string.Create(CultureInfo.InvariantCulture,
            $"Value at:0x{key.Hash:x} refcount:1 encoding:{Encoding.ASCII.GetString(entry.EncodingName)} serializedlength:{SerializedLength(entry)} lru:{lru} lru_seconds_idle:{entry.IdleSeconds}");
        if (c.Database.Peek(key, ValueType.List, out ValueSlot list) == ValueLookup.Found)
            text += ListDebugging.Describe(c, new ListValue(list));
        c.Reply.SimpleString(Encoding.ASCII.GetBytes(text));
    }

    private static int SerializedLength(in EntryView entry)
    {
        if (!entry.IsString)
            return (int)Math.Min(entry.MemoryBytes(samples: 0), int.MaxValue);
        if (entry.IsInteger && entry.Integer is >= int.MinValue and <= int.MaxValue)
            return entry.Integer is >= sbyte.MinValue and <= sbyte.MaxValue ? 2 : entry.Integer is >= short.MinValue and <= short.MaxValue ? 3 : 5;
        int length = entry.Length;
        return length + (length < 1 << 6 ? 1 : length < 1 << 14 ? 2 : 5);
    }

    private static void SetReplyBuffers(CommandContext c)
    {
        IReplyBuffers buffers = c.Ports.ReplyBuffers!;
        if (c.Is(2, "RESIZING"u8))
        {
            buffers.AreResized = LeadingNumber(c[3]) != 0;
        }
        else if (!c.Is(2, "PEAK-RESET-TIME"u8))
        {
            c.SubcommandError();
            return;
        }
        else if (c.Is(3, "NEVER"u8))
        {
            buffers.PeakResetMs = -1;
        }
        else if (c.Is(3, "RESET"u8))
        {
            buffers.ResetPeakReset();
        }
        else
        {
            if (!c.TryInteger(3, out long milliseconds))
                return;
            buffers.PeakResetMs = milliseconds;
        }
        c.Reply.Ok();
    }

    private static void Populate(CommandContext c)
    {
        if (!c.TryPositive(2, out long count))
            return;
        long size = 0;
        if (c.Count == 5 && !c.TryPositive(4, out size))
            return;
        if (size > int.MaxValue)
        {
            c.Error(Errors.StringTooLong);
            return;
        }
        string prefix = c.Count == 3 ? "key" : c.Text(3);
        byte[] padded = new byte[size];
        for (long i = 0; i < count; i++)
        {
            Key key = c.Keyspace.KeyOf(Encoding.UTF8.GetBytes($"{prefix}:{i}"));
            if (c.Database.Contains(key))
                continue;
            byte[] value = Encoding.ASCII.GetBytes($"value:{i}");
            if (size > 0)
            {
                value.AsSpan(0, (int)Math.Min(size, value.Length)).CopyTo(padded);
                value = padded;
            }
            c.Database.SetString(key, value);
        }
        // Each server fills itself: the replicas are not told.
        c.Propagate.Nothing();
        c.Reply.Ok();
    }

    private static void Digest(CommandContext c)
    {
        var digest = new DatasetDigest();
        for (int i = 0; i < c.Keyspace.DatabaseCount; i++)
            digest.Add(c.Keyspace[i]);
        c.Reply.SimpleString(digest.Hexadecimal);
    }

    private static void DigestValue(CommandContext c)
    {
        c.Reply.Array(c.Count - 2);
        for (int i = 2; i < c.Count; i++)
        {
            var digest = new DatasetDigest();
            EntryView entry = c.Database.Peek(c.Key(i));
            if (entry.Exists)
                digest.AddValue(entry);
            c.Reply.SimpleString(digest.Hexadecimal);
        }
    }

    /// <summary>The number at the beginning of the text, 0 if there is none.</summary>
    private static double LeadingNumber(ReadOnlySpan<byte> text) =>
        System.Buffers.Text.Utf8Parser.TryParse(text, out double number, out _) && double.IsFinite(number) ? number : 0;

    private static void Help(CommandContext c) => c.ReplyHelp(
        "DIGEST",
        "    Hash of the whole dataset, the same for equal datasets.",
        "DIGEST-VALUE <key> [<key> ...]",
        "    Hash of each key's value.",
        "OBJECT <key>",
        "    How a value is stored.",
        "POPULATE <count> [<prefix>] [<size>]",
        "    Add <count> keys named <prefix>:<number> (key:<number> by default). They are not propagated.",
        "QUICKLIST-PACKED-THRESHOLD <size>",
        "    How long an element of a list must be to get a node of its own, which is no listpack; 0 for the usual gigabyte.",
        "REPLYBUFFER PEAK-RESET-TIME <NEVER|RESET|milliseconds>",
        "    How long the most that a client was owed decides the size of its reply buffer.",
        "REPLYBUFFER RESIZING <0|1>",
        "    Whether reply buffers are resized at all.",
        "SET-ACTIVE-EXPIRE <0|1>",
        "    Whether expired keys that nobody asks for are deleted.",
        "SET-SKIP-CHECKSUM-VALIDATION <0|1>",
        "    Whether RESTORE takes payloads with a wrong checksum.",
        "SLEEP <seconds>",
        "    Stop the server for this long; decimals allowed.");
}
