using System.Buffers.Text;
using Redoubt.Topology;

namespace Redoubt.Replication;

/// <summary>The replica's acknowledgement: <c>REPLCONF ACK offset</c>. Sent once a second, when the master asks (GETACK), and
/// right after a snapshot that ended with a mark. The master does not answer it.</summary>
public static class ReplicaAck
{
    /// <summary>How long the command can get.</summary>
    public const int LengthMax = 64;

    /// <summary>Writes the command into at least <see cref="LengthMax"/> bytes; returns the length. The offset counts what has been
    /// applied; in answer to a GETACK it does not count the GETACK itself, which is still being executed.</summary>
    public static int Write(Span<byte> destination, ReplicationOffset applied)
    {
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(applied.Value, digits, out int count);
        ReadOnlySpan<byte> head = "*3\r\n$8\r\nREPLCONF\r\n$3\r\nACK\r\n$"u8;
        head.CopyTo(destination);
        int length = head.Length;
        Utf8Formatter.TryFormat(count, destination[length..], out int written);
        length += written;
        "\r\n"u8.CopyTo(destination[length..]);
        digits[..count].CopyTo(destination[(length + 2)..]);
        length += 2 + count;
        "\r\n"u8.CopyTo(destination[length..]);
        return length + 2;
    }
}
