using System.Globalization;

namespace Redoubt.Topology;

// Replication counts the bytes of one stream, and it counts in two ways that differ by one.
//
//   bytes of the stream       |  1 |  2 |  3 |  4 |  5 |
//   StreamPosition               1    2    3    4    5      the number of one byte, the first is 1
//   ReplicationOffset       0    1    2    3    4    5      how many bytes have passed, 0 before the first
//
// An offset is what a node *has*: master_repl_offset, slave_repl_offset, REPLCONF ACK, the number after +FULLRESYNC.
// A position is a byte one can point at: the argument of PSYNC (the next byte the replica *wants*),
// repl_backlog_first_byte_offset, and second_repl_offset (the first byte that is not common to both histories).
// Mixing them loses one byte or applies one twice, and nothing notices until the datasets differ; so they are two
// types, and the step between them is written here and nowhere else: `offset.NextByte` and `position.OffsetBefore`.

/// <summary>How many bytes of a replication stream a node has produced or applied.</summary>
public readonly record struct ReplicationOffset(long Value) : IComparable<ReplicationOffset>
{
    /// <summary>Nothing yet.</summary>
    public static ReplicationOffset Zero => default;

    /// <summary>The number of the byte that follows: what a replica at this offset asks PSYNC for.</summary>
    public StreamPosition NextByte => new(Value + 1);

    /// <summary>How many bytes this offset lacks to reach <paramref name="ahead"/>; negative when it is past it.</summary>
    public long BytesBehind(ReplicationOffset ahead) => ahead.Value - Value;

    /// <summary>The offset after <paramref name="bytes"/> more of the stream.</summary>
    public ReplicationOffset Advance(long bytes) => new(Value + bytes);

    /// <summary>Orders by bytes passed.</summary>
    public int CompareTo(ReplicationOffset other) => Value.CompareTo(other.Value);

    /// <summary>Earlier in the stream.</summary>
    public static bool operator <(ReplicationOffset left, ReplicationOffset right) => left.Value < right.Value;

    /// <summary>Later in the stream.</summary>
    public static bool operator >(ReplicationOffset left, ReplicationOffset right) => left.Value > right.Value;

    /// <summary>Not later in the stream.</summary>
    public static bool operator <=(ReplicationOffset left, ReplicationOffset right) => left.Value <= right.Value;

    /// <summary>Not earlier in the stream.</summary>
    public static bool operator >=(ReplicationOffset left, ReplicationOffset right) => left.Value >= right.Value;

    /// <summary>The offset after that many more bytes.</summary>
    public static ReplicationOffset operator +(ReplicationOffset offset, long bytes) => offset.Advance(bytes);

    /// <summary>The bytes between two offsets.</summary>
    public static long operator -(ReplicationOffset left, ReplicationOffset right) => left.Value - right.Value;

    /// <summary>The decimal number, as on the wire.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>The number of one byte of a replication stream; the first byte is number 1.</summary>
public readonly record struct StreamPosition(long Value) : IComparable<StreamPosition>
{
    /// <summary>No position: <c>second_repl_offset:-1</c> before the first fork, <c>PSYNC ? -1</c>.</summary>
    public static StreamPosition None => new(-1);

    /// <summary>The first byte of a stream.</summary>
    public static StreamPosition First => new(1);

    /// <summary>True for the -1 that stands for "none".</summary>
    public bool IsNone => Value < 0;

    /// <summary>What a node has that has everything before this byte.</summary>
    public ReplicationOffset OffsetBefore => new(Value - 1);

    /// <summary>Orders by place in the stream.</summary>
    public int CompareTo(StreamPosition other) => Value.CompareTo(other.Value);

    /// <summary>Earlier in the stream.</summary>
    public static bool operator <(StreamPosition left, StreamPosition right) => left.Value < right.Value;

    /// <summary>Later in the stream.</summary>
    public static bool operator >(StreamPosition left, StreamPosition right) => left.Value > right.Value;

    /// <summary>Not later in the stream.</summary>
    public static bool operator <=(StreamPosition left, StreamPosition right) => left.Value <= right.Value;

    /// <summary>Not earlier in the stream.</summary>
    public static bool operator >=(StreamPosition left, StreamPosition right) => left.Value >= right.Value;

    /// <summary>The position that many bytes further on.</summary>
    public static StreamPosition operator +(StreamPosition position, long bytes) => new(position.Value + bytes);

    /// <summary>The bytes between two positions.</summary>
    public static long operator -(StreamPosition left, StreamPosition right) => left.Value - right.Value;

    /// <summary>The decimal number, as on the wire.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>The stretch of the stream that a backlog still holds.</summary>
public readonly record struct BacklogWindow(StreamPosition FirstByte, long LengthBytes)
{
    /// <summary>The window of the <paramref name="lengthBytes"/> bytes that end at <paramref name="end"/>.</summary>
    public static BacklogWindow EndingAt(ReplicationOffset end, long lengthBytes) => new((end + -lengthBytes).NextByte, lengthBytes);

    /// <summary>The offset of a node that has read the window to its end.</summary>
    public ReplicationOffset End => FirstByte.OffsetBefore + LengthBytes;

    /// <summary>Whether a replica that wants <paramref name="next"/> can go on from here. The byte right after the end
    /// counts: that replica lacks nothing.</summary>
    public bool CanContinueFrom(StreamPosition next) => next >= FirstByte && next <= End.NextByte;
}
