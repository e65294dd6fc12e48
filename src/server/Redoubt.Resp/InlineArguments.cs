// The words of an inline command, split and unquoted in place, as Redis splits lines: blanks separate words; "…" knows
// \n \r \t \b \a \xHH and \c for any other c; '…' knows only \'. A closing quote must be followed by a blank or the end.
// Unquoting never makes a word longer, so it is written over the line itself. The line holds no zero byte: the parser, like
// Redis, finds no end of a line behind one.

namespace Redoubt.Resp;

internal static class InlineArguments
{
    /// <summary>Adds the words of <paramref name="line"/>, which starts at <paramref name="offset"/> of the buffer. False when quotes are unbalanced.</summary>
    public static bool TrySplit(Span<byte> line, int offset, RequestBatch batch)
    {
        int i = 0;
        while (true)
        {
            while (i < line.Length && IsBlank(line[i]))
                i++;
            if (i >= line.Length)
                return true;
            int start = i;
            int write = i;
            if (!TryReadWord(line, ref i, ref write))
                return false;
            batch.AddArgument(offset + start, write - start);
        }
    }

    private static bool TryReadWord(Span<byte> line, ref int i, ref int write)
    {
        while (i < line.Length && !EndsWord(line[i]))
        {
            byte c = line[i];
            if (c is (byte)'"' or (byte)'\'')
            {
                i++;
                bool closed = c == (byte)'"' ? TryReadDoubleQuoted(line, ref i, ref write) : TryReadSingleQuoted(line, ref i, ref write);
                if (!closed || (i < line.Length && !IsBlank(line[i])))
                    return false;
                return true;
            }
            line[write++] = c;
            i++;
        }
        return true;
    }

    private static bool TryReadDoubleQuoted(Span<byte> line, ref int i, ref int write)
    {
        while (i < line.Length)
        {
            byte c = line[i];
            if (c == (byte)'"')
            {
                i++;
                return true;
            }
            if (c == (byte)'\\' && i + 3 < line.Length && line[i + 1] == (byte)'x' && IsHex(line[i + 2]) && IsHex(line[i + 3]))
            {
                line[write++] = (byte)(HexValue(line[i + 2]) * 16 + HexValue(line[i + 3]));
                i += 4;
            }
            else if (c == (byte)'\\' && i + 1 < line.Length)
            {
                line[write++] = line[i + 1] switch
                {
                    (byte)'n' => (byte)'\n',
                    (byte)'r' => (byte)'\r',
                    (byte)'t' => (byte)'\t',
                    (byte)'b' => (byte)'\b',
                    (byte)'a' => (byte)'\a',
                    byte other => other,
                };
                i += 2;
            }
            else
            {
                line[write++] = c;
                i++;
            }
        }
        return false;
    }

    private static bool TryReadSingleQuoted(Span<byte> line, ref int i, ref int write)
    {
        while (i < line.Length)
        {
            byte c = line[i];
            if (c == (byte)'\'')
            {
                i++;
                return true;
            }
            if (c == (byte)'\\' && i + 1 < line.Length && line[i + 1] == (byte)'\'')
            {
                line[write++] = (byte)'\'';
                i += 2;
            }
            else
            {
                line[write++] = c;
                i++;
            }
        }
        return false;
    }

    /// <summary>What may stand between words.</summary>
    private static bool IsBlank(byte c) => EndsWord(c) || c is 11 or 12;

    /// <summary>What ends a word outside of quotes. Vertical tab and form feed are part of a word once it has begun.</summary>
    private static bool EndsWord(byte c) => c is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t';

    private static bool IsHex(byte c) => char.IsAsciiHexDigit((char)c);

    private static int HexValue(byte c) => c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}
