using System.Buffers.Text;
using Redoubt.Topology;

namespace Redoubt.Replication;

/// <summary>The replica's acknowledgement: <c>REPLCONF ACK offset [FACK offset]</c>. Sent once a second, when the master asks (GETACK), and
/// right after a snapshot that ended with a mark. The master does not answer it.</summary>
public static class ReplicaAck
{
    /// <summary>How long the command can get.</summary>
    public const int LengthMax = 128;

    /// <summary>Writes the command into at least <see cref="LengthMax"/> bytes; returns the length.</summary>
    /// <param name="destination">Where to.</param>
    /// <param name="applied">Counts what has been applied; in answer to a GETACK it does not count the GETACK itself, which is still being executed.</param>
    /// <param name="onDisk">What the append-only file has on the disk, as Redis 7.2 says it too (7.0 does not listen); null without one.</param>
    public static int Write(Span<byte> destination, ReplicationOffset applied, ReplicationOffset? onDisk = null)
    {
        ReadOnlySpan<byte> head = onDisk is null ? "*3\r\n$8\r\nREPLCONF\r\n"u8 : "*5\r\n$8\r\nREPLCONF\r\n"u8;
        head.CopyTo(destination);
        int length = head.Length;
        length += WritePair(destination[length..], "$3\r\nACK\r\n$"u8, applied);
        if (onDisk is { } offset)
            length += WritePair(destination[length..], "$4\r\nFACK\r\n$"u8, offset);
        return length;
    }

    private static int WritePair(Span<byte> destination, ReadOnlySpan<byte> head, ReplicationOffset offset)
    {
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(offset.Value, digits, out int count);
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
