// LCS: the longest sequence of bytes that two strings share, by the textbook table of N × M lengths.
//
// The table is the price: four bytes for each pair of positions, so that proto-max-bulk-len bounds it. From its last corner the way back is walked
// once, and gives the sequence itself or the stretches where both strings run alike.

using Redoubt.Keyspace;
using Redoubt.Resp;

namespace Redoubt.Commands;

internal static class LongestCommonSubsequence
{
    private ref struct Options
    {
        public bool Length;
        public bool Ranges;
        public bool WithMatchLength;
        public long MatchLengthMin;
    }

    [Command("LCS", -3, CommandFlags.ReadOnly,
        FirstKey = 1, LastKey = 2, KeyStep = 1, KeyFlags = "RO access", Acl = "string", Group = "string", Since = "7.0.0",
        Summary = "Find longest common substring", Complexity = "O(N*M) where N and M are the lengths of s1 and s2, respectively",
        Syntax = "key1:key#0 key2:key#0 [LEN] [IDX] [MINMATCHLEN=len:integer] [WITHMATCHLEN]")]
    public static void Lcs(CommandContext c)
    {
        EntryView first = c.Database.Read(c.Key(1));
        bool isText = !first.Exists || first.IsString;
        // Integers are formatted into memory that the next one reuses.
        ReadOnlySpan<byte> a = !first.Exists || !isText ? [] : first.IsInteger ? first.Bytes.ToArray() : first.Bytes;
        EntryView second = c.Database.Read(c.Key(2));
        if (!isText || (second.Exists && !second.IsString))
        {
            c.Error(Errors.LcsOfOtherType);
            return;
        }
        if (!TryOptions(c, out Options options))
            return;
        ReadOnlySpan<byte> b = second.Exists ? second.Bytes : [];
        if ((a.Length + 1L) * (b.Length + 1L) * sizeof(uint) > Math.Min(c.Ports.Settings.StringLengthMax, (long)int.MaxValue * sizeof(uint)))
        {
            c.Error(Errors.LcsTooLong);
            return;
        }
        uint[] table = Fill(a, b);
        if (options.Ranges)
            ReplyRanges(c.Reply, a, b, table, options);
        else if (options.Length)
            c.Reply.Integer(table[^1]);
        else
            ReplySequence(c.Reply, a, b, table);
    }

    private static bool TryOptions(CommandContext c, out Options options)
    {
        options = default;
        for (int i = 3; i < c.Count; i++)
        {
            if (c.Is(i, "IDX"u8))
            {
                options.Ranges = true;
            }
            else if (c.Is(i, "LEN"u8))
            {
                options.Length = true;
            }
            else if (c.Is(i, "WITHMATCHLEN"u8))
            {
                options.WithMatchLength = true;
            }
            else if (c.Is(i, "MINMATCHLEN"u8) && i + 1 < c.Count)
            {
                if (!c.TryInteger(++i, out options.MatchLengthMin))
                    return false;
            }
            else
            {
                c.Error(Errors.Syntax);
                return false;
            }
        }
        if (options.Length && options.Ranges)
            c.Error(Errors.LcsLengthAndIndexes);
        return !options.Length || !options.Ranges;
    }

    /// <summary>Row i, column j: how long the sequence is that the first i bytes of one string share with the first j of the other.</summary>
    private static uint[] Fill(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        int width = b.Length + 1;
        uint[] table = GC.AllocateUninitializedArray<uint>((a.Length + 1) * width);
        table.AsSpan(0, width).Clear();
        for (int i = 1; i <= a.Length; i++)
        {
            ReadOnlySpan<uint> above = table.AsSpan((i - 1) * width, width);
            Span<uint> row = table.AsSpan(i * width, width);
            row[0] = 0;
            byte letter = a[i - 1];
            for (int j = 1; j < row.Length; j++)
                row[j] = letter == b[j - 1] ? above[j - 1] + 1 : Math.Max(above[j], row[j - 1]);
        }
        return table;
    }

    private static void ReplySequence(RespWriter reply, ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, uint[] table)
    {
        byte[] sequence = new byte[table[^1]];
        int left = sequence.Length;
        for (int i = a.Length, j = b.Length; left > 0;)
        {
            if (StepBack(a, b, table, ref i, ref j))
                sequence[--left] = a[i];
        }
        reply.Bulk(sequence);
    }

    private static void ReplyRanges(RespWriter reply, ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, uint[] table, in Options options)
    {
        reply.Map(2);
        reply.Bulk("matches"u8);
        int mark = reply.BeginArray();
        int count = 0;
        int length = 0;
        for (int i = a.Length, j = b.Length; i > 0 && j > 0;)
        {
            bool isMatch = StepBack(a, b, table, ref i, ref j);
            if (isMatch)
                length++;
            // A stretch ends where the strings differ, and at the beginning of either; i and j then stand on its first byte, or before it.
            if (length == 0 || (isMatch && i > 0 && j > 0 && Continues(a, b, i, j)))
                continue;
            if (length >= options.MatchLengthMin)
            {
                WriteRange(reply, i, j, length, options.WithMatchLength);
                count++;
            }
            length = 0;
        }
        reply.EndArray(mark, count);
        reply.Bulk("len"u8);
        reply.Integer(table[^1]);
    }

    private static bool Continues(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, int i, int j) => a[i - 1] == b[j - 1];

    /// <summary>One step from the end of both strings towards their beginnings; true when it went over a byte that both have.</summary>
    private static bool StepBack(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, uint[] table, ref int i, ref int j)
    {
        int width = b.Length + 1;
        if (a[i - 1] == b[j - 1])
        {
            i--;
            j--;
            return true;
        }
        if (table[(i - 1) * width + j] > table[i * width + j - 1])
            i--;
        else
            j--;
        return false;
    }

    private static void WriteRange(RespWriter reply, int startOfA, int startOfB, int length, bool withLength)
    {
        reply.Array(withLength ? 3 : 2);
        WritePair(reply, startOfA, startOfA + length - 1);
        WritePair(reply, startOfB, startOfB + length - 1);
        if (withLength)
            reply.Integer(length);
    }

    private static void WritePair(RespWriter reply, int start, int end)
    {
        reply.Array(2);
        reply.Integer(start);
        reply.Integer(end);
    }
}
