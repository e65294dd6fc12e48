using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Redoubt.Client;

/// <summary>One argument of a command: text, bytes or a number, by implicit conversion.</summary>
public readonly struct CommandArgument
{
    private readonly ReadOnlyMemory<byte> _bytes;

    private CommandArgument(ReadOnlyMemory<byte> bytes) => _bytes = bytes;

    internal ReadOnlySpan<byte> Bytes => _bytes.Span;

    /// <summary>The text as UTF-8.</summary>
    public static implicit operator CommandArgument(string text) => new(Encoding.UTF8.GetBytes(text));

    /// <summary>The bytes as they are.</summary>
    public static implicit operator CommandArgument(byte[] bytes) => new(bytes);

    /// <summary>The bytes as they are.</summary>
    public static implicit operator CommandArgument(ReadOnlyMemory<byte> bytes) => new(bytes);

    /// <summary>The number in decimal.</summary>
    public static implicit operator CommandArgument(long number) => new(Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture)));

    /// <summary>The number in the shortest form that reads back as the same value.</summary>
    public static implicit operator CommandArgument(double number) => new(Encoding.ASCII.GetBytes(number.ToString("R", CultureInfo.InvariantCulture)));

    /// <summary>The command as an array of bulk strings.</summary>
    internal static byte[] Encode(ReadOnlySpan<CommandArgument> arguments)
    {
        if (arguments.IsEmpty)
            throw new ArgumentException("A command has at least a name.", nameof(arguments));
        int size = 16;
        foreach (CommandArgument argument in arguments)
            size = checked(size + argument.Bytes.Length + 16);
        byte[] buffer = new byte[size];
        int used = WriteHead(buffer, (byte)'*', arguments.Length);
        foreach (CommandArgument argument in arguments)
        {
            used += WriteHead(buffer.AsSpan(used), (byte)'$', argument.Bytes.Length);
            argument.Bytes.CopyTo(buffer.AsSpan(used));
            used += argument.Bytes.Length;
            buffer[used++] = (byte)'\r';
            buffer[used++] = (byte)'\n';
        }

        return buffer[..used];
    }

    private static int WriteHead(Span<byte> target, byte mark, int number)
    {
        target[0] = mark;
        Utf8Formatter.TryFormat(number, target[1..], out int digits);
        target[digits + 1] = (byte)'\r';
        target[digits + 2] = (byte)'\n';
        return digits + 3;
    }
}
