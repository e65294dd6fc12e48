using System.Globalization;
using System.Text;

namespace Redoubt.Testing;

/// <summary>Requests as bytes, and bytes as something to read in a failure.</summary>
public static class Wire
{
    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    public static byte[][] Arguments(params string[] arguments) => Array.ConvertAll(arguments, Bytes);

    public static byte[] Encode(params string[] arguments) => Encode(Arguments(arguments));

    /// <summary>A request as the array of bulk strings that clients send.</summary>
    public static byte[] Encode(IReadOnlyList<byte[]> arguments)
    {
        var output = new MemoryStream();
        EncodeTo(output, arguments);
        return output.ToArray();
    }

    public static void EncodeTo(Stream output, IReadOnlyList<byte[]> arguments)
    {
        output.Write(Bytes(string.Create(CultureInfo.InvariantCulture, $"*{arguments.Count}\r\n")));
        foreach (byte[] argument in arguments)
        {
            output.Write(Bytes(string.Create(CultureInfo.InvariantCulture, $"${argument.Length}\r\n")));
            output.Write(argument);
            output.Write("\r\n"u8);
        }
    }

    /// <summary>Bytes in quotes with escapes, cut after <paramref name="limit"/> bytes.</summary>
    public static string Show(ReadOnlySpan<byte> bytes, int limit = 300)
    {
        var text = new StringBuilder("\"");
        foreach (byte b in bytes[..Math.Min(bytes.Length, limit)])
        {
            _ = b switch
            {
                (byte)'\r' => text.Append("\\r"),
                (byte)'\n' => text.Append("\\n"),
                (byte)'"' => text.Append("\\\""),
                (byte)'\\' => text.Append("\\\\"),
                >= 32 and < 127 => text.Append((char)b),
                _ => text.Append(CultureInfo.InvariantCulture, $"\\x{b:x2}"),
            };
        }

        text.Append('"');
        return bytes.Length > limit ? text.Append(CultureInfo.InvariantCulture, $"… ({bytes.Length} bytes)").ToString() : text.ToString();
    }

    /// <summary>A command as one would type it into redis-cli.</summary>
    public static string ShowCommand(IReadOnlyList<byte[]> arguments) =>
        string.Join(' ', arguments.Select(a => a.Length > 0 && a.All(b => b is > 32 and < 127 and not (byte)'"' and not (byte)'\\')
            && a.Length <= 80 ? Encoding.Latin1.GetString(a) : Show(a, 80)));
}
