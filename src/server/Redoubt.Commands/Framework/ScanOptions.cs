// What SCAN, HSCAN, SSCAN and ZSCAN have in common: the cursor, MATCH and COUNT, and the form of the reply.
//
// In a sparse table COUNT elements may be many empty buckets away; a step gives up after ten buckets per element asked for.

using Redoubt.Resp;

namespace Redoubt.Commands;

internal struct ScanOptions()
{
    private const long BucketsPerElement = 10;

    /// <summary>COUNT: how many elements a step should look at, at least.</summary>
    public long Count { get; private set; } = 10;

    /// <summary>Number of the argument with MATCH's pattern; 0 = all match.</summary>
    public int PatternArgument { get; private set; }

    /// <summary>Number of the argument with SCAN's TYPE; 0 = all types.</summary>
    public int TypeArgument { get; private set; }

    /// <summary>How many buckets a step may read.</summary>
    public readonly long BucketsMax => Count > long.MaxValue / BucketsPerElement ? long.MaxValue : Count * BucketsPerElement;

    /// <summary>False when the cursor was refused with an error.</summary>
    public static bool TryCursor(CommandContext c, int index, out ulong cursor)
    {
        if (TryCursor(c[index], out cursor))
            return true;
        c.Error(Errors.InvalidCursor);
        return false;
    }

    /// <summary>Reads the options from an argument on; false when one was refused with an error.</summary>
    public static bool TryParse(CommandContext c, int from, bool takesType, out ScanOptions options)
    {
        options = new ScanOptions();
        for (int i = from; i < c.Count; i += 2)
        {
            bool hasValue = i + 1 < c.Count;
            if (hasValue && c.Is(i, "COUNT"u8))
            {
                if (!c.TryInteger(i + 1, out long count))
                    return false;
                if (count < 1)
                {
                    c.Error(Errors.Syntax);
                    return false;
                }
                options.Count = count;
            }
            else if (hasValue && c.Is(i, "MATCH"u8))
            {
                options.PatternArgument = IsStar(c[i + 1]) ? 0 : i + 1;
            }
            else if (hasValue && takesType && c.Is(i, "TYPE"u8))
            {
                options.TypeArgument = i + 1;
            }
            else
            {
                c.Error(Errors.Syntax);
                return false;
            }
        }
        return true;
    }

    /// <summary>No more than a pattern, as KEYS has it.</summary>
    public static ScanOptions ForPattern(CommandContext c, int index) => new() { PatternArgument = IsStar(c[index]) ? 0 : index };

    public readonly bool Matches(CommandContext c, ReadOnlySpan<byte> name) =>
        PatternArgument == 0 || GlobPattern.Matches(c[PatternArgument], name);

    /// <summary>The reply: the cursor, and what the step found, written elsewhere meanwhile.</summary>
    public static void Reply(RespWriter reply, ulong cursor, int count, ReadOnlySpan<byte> elements)
    {
        Span<byte> digits = stackalloc byte[20];
        System.Buffers.Text.Utf8Formatter.TryFormat(cursor, digits, out int length);
        reply.Array(2);
        reply.Bulk(digits[..length]);
        reply.Array(count);
        reply.Raw(elements);
    }

    private static bool IsStar(ReadOnlySpan<byte> pattern) => pattern.Length == 1 && pattern[0] == (byte)'*';

    /// <summary>What strtoul reads when nothing may precede or follow the number: empty is 0, a minus sign wraps around.</summary>
    private static bool TryCursor(ReadOnlySpan<byte> text, out ulong cursor)
    {
        cursor = 0;
        if (text.IsEmpty)
            return true;
        bool isNegative = text[0] == (byte)'-';
        if (text[0] is (byte)'-' or (byte)'+')
            text = text[1..];
        if (text.IsEmpty)
            return false;
        foreach (byte digit in text)
        {
            uint number = (uint)(digit - '0');
            if (number > 9 || cursor > (ulong.MaxValue - number) / 10)
                return false;
            cursor = cursor * 10 + number;
        }
        if (isNegative)
            cursor = 0 - cursor;
        return true;
    }
}
