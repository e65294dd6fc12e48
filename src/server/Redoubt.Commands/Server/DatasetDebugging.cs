// DEBUG's looks at the dataset, and what it does to it.

using System.Globalization;
using System.Text;
using Redoubt.Keyspace;
using Redoubt.Structures.Elements;
using Redoubt.Structures.Lists;
using Redoubt.Structures.Values;

namespace Redoubt.Commands;

internal static class DatasetDebugging
{
    public static bool TryRun(CommandContext c)
    {
        if (c.Count == 2 && c.Is(1, "DIGEST"u8))
            Digest(c);
        else if (c.Is(1, "DIGEST-VALUE"u8))
            DigestValue(c);
        else if (c.Count == 3 && c.Is(1, "OBJECT"u8))
            DescribeObject(c);
        else if (c.Count is >= 3 and <= 5 && c.Is(1, "POPULATE"u8))
            Populate(c);
        else if (c.Is(1, "RELOAD"u8))
            Reload(c);
        else if (c.Count == 2 && c.Is(1, "LOADAOF"u8))
            LoadLog(c);
        else if (c.Count == 3 && c.Is(1, "HTSTATS"u8))
            DescribeTable(c);
        else if (c.Count == 3 && c.Is(1, "HTSTATS-KEY"u8))
            DescribeTableOfKey(c);
        else if (c.Count == 3 && c.Is(1, "LISTPACK"u8))
            ConfirmEncoding(c, "listpack"u8, Errors.NotListpack, "Listpack structure printed on stdout"u8);
        else if (c.Count is 3 or 4 && c.Is(1, "QUICKLIST"u8))
            ConfirmEncoding(c, "quicklist"u8, Errors.NotQuicklist, "Quicklist structure printed on stdout"u8);
        else
            return false;
        return true;
    }

    /// <summary>Address and serialized length are this engine's: the key's hash, and the length before compression.</summary>
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

    private static void Reload(CommandContext c)
    {
        bool saves = true, flushes = true, merges = false;
        for (int i = 2; i < c.Count; i++)
        {
            if (c.Is(i, "MERGE"u8))
            {
                merges = true;
            }
            else if (c.Is(i, "NOFLUSH"u8))
            {
                flushes = false;
            }
            else if (c.Is(i, "NOSAVE"u8))
            {
                saves = false;
            }
            else
            {
                c.Error(Errors.ReloadOptions);
                return;
            }
        }
        if (c.Ports.Persistence.Reload(saves, flushes, merges) is { } error)
            c.Error(error);
        else
            c.Reply.Ok();
    }

    private static void LoadLog(CommandContext c)
    {
        if (c.Ports.Persistence.ReloadLog() is { } error)
            c.Error(error);
        else
            c.Reply.Ok();
    }

    /// <summary>Tables here have buckets of up to seven entries; "different slots" counts those that hold any.</summary>
    private static void DescribeTable(CommandContext c)
    {
        if (!c.TryInteger(2, out long index))
            return;
        if (index < 0 || index >= c.Keyspace.DatabaseCount)
        {
            c.Error(Errors.OutOfRangeDatabase);
            return;
        }
        Database database = c.Keyspace[(int)index];
        StringBuilder text = new();
        Describe(text, "Dictionary HT", database.Count, database);
        Describe(text, "Expires HT", database.ExpiringCount, database);
        c.ReplyText(text.ToString());
    }

    /// <summary>Of a large set, hash or sorted set; how many elements it has is for its own commands to say.</summary>
    private static void DescribeTableOfKey(CommandContext c)
    {
        EntryView entry = c.Database.Peek(c.Key(2));
        if (!entry.Exists)
            c.Error(Errors.NoSuchKey);
        else if (entry.IsString || !TableReport.TryDescribe(entry.Slot, out string report))
            c.Error(Errors.NoHashTable);
        else
            c.ReplyText(report);
    }

    /// <summary>There is one table for both; while entries move, how many are where is not counted.</summary>
    private static void Describe(StringBuilder text, string title, long entries, Database database)
    {
        text.Append('[').Append(title).Append("]\n");
        long old = database.OldBucketCount;
        if (entries == 0)
        {
            text.Append("No stats available for empty dictionaries\n");
            return;
        }
        text.Append(CultureInfo.InvariantCulture, $"Hash table 0 stats (main hash table):\n table size: {(old == 0 ? database.BucketCount : old)}\n number of elements: {entries}\n");
        if (old != 0)
            text.Append(CultureInfo.InvariantCulture, $"Hash table 1 stats (rehashing target):\n table size: {database.BucketCount}\n");
    }

    private static void ConfirmEncoding(CommandContext c, ReadOnlySpan<byte> encoding, ReadOnlySpan<byte> error, ReadOnlySpan<byte> confirmation)
    {
        EntryView entry = c.Database.Peek(c.Key(2));
        if (!entry.Exists)
            c.Error(Errors.NoSuchKey);
        else if (!entry.EncodingName.SequenceEqual(encoding))
            c.Error(error);
        else
            c.Reply.SimpleString(confirmation);
    }
}
