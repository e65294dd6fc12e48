using System.Globalization;
using System.Text;

namespace Redoubt.Server.Configuration;

/// <summary>
/// The small lexical rules that redis.conf, CONFIG SET and the command line share.
/// </summary>
/// <remarks>
/// Configuration text is bytes, not characters: a password may hold any byte and must come back from CONFIG GET unchanged. Inside this
/// folder a value is therefore a string with one char per byte (Latin-1). Text that leaves for the system (paths, addresses) is
/// decoded as UTF-8 by <see cref="ToText"/>; text that comes from the system (arguments of the process) enters by <see cref="FromText"/>.
/// Numbers follow the C functions that Redis uses, because their corners (an empty string is zero for some, an error for others) are
/// visible in CONFIG SET's replies.
/// </remarks>
internal static class ConfigText
{
    public static string FromBytes(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    public static byte[] ToBytes(string value) => Encoding.Latin1.GetBytes(value);

    public static string FromText(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    public static string ToText(string value) => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(value));

    public static bool IsSpace(char c) => c is ' ' or (>= '\t' and <= '\r');

    public static bool IsPrintable(char c) => c is >= ' ' and <= '~';

    /// <summary>
    /// Splits a line into arguments. "double quotes" know \n \r \t \a \b \xHH and \anything; 'single quotes' know \' only; a closing
    /// quote must end its argument. Returns null when quotes do not balance.
    /// </summary>
    public static List<string>? SplitArguments(string line)
    {
        var arguments = new List<string>();
        var current = new StringBuilder();
        var at = 0;
        while (true)
        {
            while (at < line.Length && IsSpace(line[at])) at++;
            if (at >= line.Length || line[at] == '\0') return arguments;

            current.Clear();
            if (!ReadArgument(line, ref at, current)) return null;
            arguments.Add(current.ToString());
        }
    }

    private static bool ReadArgument(string line, ref int at, StringBuilder into)
    {
        while (at < line.Length && line[at] is not (' ' or '\n' or '\r' or '\t' or '\0'))
        {
            var c = line[at++];
            if (c is '"' or '\'')
            {
                // A closing quote ends the argument: "a"b is an error, as it is for Redis.
                return ReadQuoted(line, ref at, c, into) && (at >= line.Length || line[at] == '\0' || IsSpace(line[at]));
            }
            into.Append(c);
        }
        return true;
    }

    private static bool ReadQuoted(string line, ref int at, char quote, StringBuilder into)
    {
        while (at < line.Length && line[at] != '\0')
        {
            var c = line[at++];
            if (c == quote) return true;
            if (c != '\\' || at >= line.Length)
            {
                into.Append(c);
            }
            else if (quote == '\'')
            {
                if (line[at] == '\'') into.Append(line[at++]);
                else into.Append(c);
            }
            else if (line[at] == 'x' && at + 2 < line.Length && char.IsAsciiHexDigit(line[at + 1]) && char.IsAsciiHexDigit(line[at + 2]))
            {
                into.Append((char)int.Parse(line.AsSpan(at + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                at += 3;
            }
            else
            {
                into.Append(line[at] switch { 'n' => '\n', 'r' => '\r', 't' => '\t', 'b' => '\b', 'a' => '\a', var other => other });
                at++;
            }
        }
        return false;
    }

    /// <summary>The value in double quotes such that <see cref="SplitArguments"/> reads it back byte for byte.</summary>
    public static string Quote(string value)
    {
        var quoted = new StringBuilder(value.Length + 2).Append('"');
        foreach (var c in value)
        {
            _ = c switch
            {
                '\\' or '"' => quoted.Append('\\').Append(c),
                '\n' => quoted.Append("\\n"),
                '\r' => quoted.Append("\\r"),
                '\t' => quoted.Append("\\t"),
                '\a' => quoted.Append("\\a"),
                '\b' => quoted.Append("\\b"),
                _ when IsPrintable(c) => quoted.Append(c),
                _ => quoted.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"),
            };
        }
        return quoted.Append('"').ToString();
    }

    /// <summary>A whole number in its one canonical spelling: no blanks, no plus sign, no leading zeros.</summary>
    public static bool TryParseStrict(string value, out long number)
    {
        number = 0;
        var digits = value.AsSpan(value.StartsWith('-') ? 1 : 0);
        if (digits.Length == 0 || (digits[0] == '0' && value.Length > 1)) return false;
        foreach (var c in digits)
        {
            if (!char.IsAsciiDigit(c)) return false;
        }
        return long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
    }

    /// <summary>
    /// As C's strtoll followed by a test for the end of the text: leading blanks and a plus sign pass, an empty text is zero, and what is
    /// too large saturates.
    /// </summary>
    public static bool TryParseLoose(string value, int radix, out long number)
    {
        number = 0;
        var at = 0;
        while (at < value.Length && IsSpace(value[at])) at++;
        var negative = at < value.Length && value[at] == '-';
        if (at < value.Length && value[at] is '-' or '+') at++;
        if (at >= value.Length) return value.Length == 0;

        Int128 sum = 0;
        for (; at < value.Length; at++)
        {
            var digit = value[at] - '0';
            if (digit < 0 || digit >= radix) return false;
            if (sum <= long.MaxValue) sum = sum * radix + digit;
        }
        number = (long)Int128.Clamp(negative ? -sum : sum, long.MinValue, long.MaxValue);
        return true;
    }

    /// <summary>A number of bytes with an optional unit: b, k = 1000, kb = 1024, m, mb, g, gb, in any case.</summary>
    public static bool TryParseMemory(string value, out ulong bytes)
    {
        bytes = 0;
        var digits = 0;
        while (digits < value.Length && char.IsAsciiDigit(value[digits])) digits++;
        ulong unit = value.AsSpan(digits).ToString().ToLowerInvariant() switch
        {
            "" or "b" => 1,
            "k" => 1000,
            "kb" => 1024,
            "m" => 1000 * 1000,
            "mb" => 1024 * 1024,
            "g" => 1000 * 1000 * 1000,
            "gb" => 1024 * 1024 * 1024,
            _ => 0,
        };
        if (unit == 0 || digits > 127) return false;

        // No digits at all is zero and too many wrap around, both as in Redis: its replies to CONFIG SET show it.
        var number = digits == 0 ? 0 : UInt128.Parse(value.AsSpan(0, Math.Min(digits, 38)), CultureInfo.InvariantCulture);
        bytes = unchecked((number > ulong.MaxValue ? ulong.MaxValue : (ulong)number) * unit);
        return true;
    }

    /// <summary>A number of bytes in the largest unit that divides it, as CONFIG REWRITE writes it.</summary>
    public static string FormatMemory(long bytes) => bytes switch
    {
        not 0 when bytes % (1024 * 1024 * 1024) == 0 => $"{bytes / (1024 * 1024 * 1024)}gb",
        not 0 when bytes % (1024 * 1024) == 0 => $"{bytes / (1024 * 1024)}mb",
        not 0 when bytes % 1024 == 0 => $"{bytes / 1024}kb",
        _ => bytes.ToString(CultureInfo.InvariantCulture),
    };
}
