using System.Buffers;
using System.Buffers.Text;

namespace Redoubt.Replication;

/// <summary>Commands in RESP form, for the few this project sends itself.</summary>
internal static class RespText
{
    internal static void WriteHeader(IBufferWriter<byte> output, byte type, int number)
    {
        Span<byte> room = output.GetSpan(16);
        room[0] = type;
        Utf8Formatter.TryFormat(number, room[1..], out int digits);
        "\r\n"u8.CopyTo(room[(1 + digits)..]);
        output.Advance(3 + digits);
    }

    internal static void WriteBulk(IBufferWriter<byte> output, ReadOnlySpan<byte> value)
    {
        WriteHeader(output, (byte)'$', value.Length);
        output.Write(value);
        output.Write("\r\n"u8);
    }
}
