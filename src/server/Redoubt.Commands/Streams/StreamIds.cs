// IDs as clients write them: "ms-sequence", "ms" alone, and in ranges "-", "+" and "(id". Redis reads the two numbers with C's
// functions, which take more than digits; so does this.

using Redoubt.Structures;
using Redoubt.Structures.Streams;

namespace Redoubt.Commands;

internal static class StreamIds
{
    private const int TextBytesMax = 127;

    /// <summary>An ID that names an entry: neither "-" nor "+".</summary>
    public static bool TryId(this CommandContext c, int index, out StreamId id) =>
        Report(c, TryParse(c[index], 0, isStrict: true, out id));

    /// <summary>The ID of XADD, whose sequence may be left to the server: "ms-*".</summary>
    public static bool TryNewId(this CommandContext c, int index, out StreamId id, out bool hasSequence)
    {
        ReadOnlySpan<byte> text = c[index];
        hasSequence = !text.EndsWith("-*"u8) || text.IndexOf((byte)'-') != text.Length - 2;
        return Report(c, TryParse(hasSequence ? text : text[..^2], 0, isStrict: true, out id) && text.Length <= TextBytesMax);
    }

    /// <summary>An ID that may be "-" or "+".</summary>
    public static bool TryIdOrEnd(this CommandContext c, int index, out StreamId id) =>
        Report(c, TryParse(c[index], 0, isStrict: false, out id));

    /// <summary>The lower end of a range; "(id" leaves the ID itself out.</summary>
    public static bool TryRangeStart(this CommandContext c, int index, out StreamId id)
    {
        if (!TryRangeEnd(c, index, 0, out id, out bool isExclusive))
            return false;
        if (!isExclusive || id.TryNext(out id))
            return true;
        c.Error(StreamErrors.InvalidStart);
        return false;
    }

    /// <summary>The upper end of a range: without a sequence, all of that millisecond.</summary>
    public static bool TryRangeEnd(this CommandContext c, int index, out StreamId id)
    {
        if (!TryRangeEnd(c, index, ulong.MaxValue, out id, out bool isExclusive))
            return false;
        if (!isExclusive || id.TryPrevious(out id))
            return true;
        c.Error(StreamErrors.InvalidEnd);
        return false;
    }

    /// <summary>Whether all arguments from <paramref name="first"/> on are IDs, so that a command does all of its work or none.</summary>
    public static bool AreIds(this CommandContext c, int first)
    {
        for (int i = first; i < c.Count; i++)
        {
            if (!c.TryId(i, out _))
                return false;
        }
        return true;
    }

    /// <param name="missingSequence">The sequence of an ID that is written without.</param>
    /// <param name="isStrict">"-" and "+" are not taken.</param>
    public static bool TryParse(ReadOnlySpan<byte> text, ulong missingSequence, bool isStrict, out StreamId id)
    {
        id = default;
        if (text.Length > TextBytesMax)
            return false;
        int zero = text.IndexOf((byte)0);
        if (zero >= 0)
            text = text[..zero];
        if (text is [(byte)'-' or (byte)'+'])
        {
            id = text[0] == (byte)'-' ? StreamId.Min : StreamId.Max;
            return !isStrict;
        }
        int dash = text.IndexOf((byte)'-');
        ulong sequence = missingSequence;
        if (!TryUnsigned(dash < 0 ? text : text[..dash], out ulong ms) || (dash >= 0 && !TryUnsigned(text[(dash + 1)..], out sequence)))
            return false;
        id = new StreamId(ms, sequence);
        return true;
    }

    private static bool TryRangeEnd(CommandContext c, int index, ulong missingSequence, out StreamId id, out bool isExclusive)
    {
        ReadOnlySpan<byte> text = c[index];
        isExclusive = text.Length > 1 && text[0] == (byte)'(';
        return Report(c, TryParse(isExclusive ? text[1..] : text, missingSequence, isStrict: isExclusive, out id));
    }

    private static bool Report(CommandContext c, bool isValid)
    {
        if (!isValid)
            c.Error(StreamErrors.InvalidId);
        return isValid;
    }

    /// <summary>A number as C's strtoull reads it, but not a plain negative one: blanks before it, a sign, leading zeros.</summary>
    private static bool TryUnsigned(ReadOnlySpan<byte> text, out ulong value)
    {
        if (IntegerText.TryParse(text, out long integer))
        {
            value = (ulong)integer;
            return integer >= 0;
        }
        value = 0;
        text = text.TrimStart(" \t\n\v\f\r"u8);
        bool isNegative = text is [(byte)'-', ..];
        if (isNegative || text is [(byte)'+', ..])
            text = text[1..];
        if (text.IsEmpty)
            return false;
        foreach (byte digit in text)
        {
            uint number = (uint)digit - '0';
            if (number > 9 || value > (ulong.MaxValue - number) / 10)
                return false;
            value = value * 10 + number;
        }
        if (isNegative)
            value = unchecked(0 - value);
        return true;
    }
}
