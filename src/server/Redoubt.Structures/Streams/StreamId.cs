using System.Buffers.Binary;
using System.Buffers.Text;

namespace Redoubt.Structures.Streams;

/// <summary>The name and place of a stream's entry: Unix milliseconds, then a number within the millisecond.</summary>
public readonly record struct StreamId(ulong Ms, ulong Sequence) : IComparable<StreamId>
{
    /// <summary>Length of the longest ID written out, in bytes.</summary>
    public const int TextBytesMax = 41;

    /// <summary>Length of an ID in RDB and as the name of a node, in bytes.</summary>
    public const int BinaryBytes = 16;

    public static StreamId Min => default;

    public static StreamId Max => new(ulong.MaxValue, ulong.MaxValue);

    public bool IsZero => (Ms | Sequence) == 0;

    /// <summary>The ID right after this one; false, and zero, after the last.</summary>
    public bool TryNext(out StreamId next)
    {
        // What it is written to may be this very ID.
        bool hasNext = this != Max;
        next = Sequence < ulong.MaxValue ? new StreamId(Ms, Sequence + 1) : new StreamId(unchecked(Ms + 1), 0);
        return hasNext;
    }

    /// <summary>The ID right before this one; false, and the last, before zero.</summary>
    public bool TryPrevious(out StreamId previous)
    {
        bool hasPrevious = !IsZero;
        previous = Sequence > 0 ? new StreamId(Ms, Sequence - 1) : new StreamId(unchecked(Ms - 1), ulong.MaxValue);
        return hasPrevious;
    }

    public int CompareTo(StreamId other) => this < other ? -1 : this == other ? 0 : 1;

    public static bool operator <(StreamId a, StreamId b) => a.Ms < b.Ms || (a.Ms == b.Ms && a.Sequence < b.Sequence);

    public static bool operator >(StreamId a, StreamId b) => b < a;

    public static bool operator <=(StreamId a, StreamId b) => !(b < a);

    public static bool operator >=(StreamId a, StreamId b) => !(a < b);

    /// <summary>Writes "ms-sequence"; returns its length.</summary>
    public int Format(Span<byte> target)
    {
        Utf8Formatter.TryFormat(Ms, target, out int length);
        target[length++] = (byte)'-';
        Utf8Formatter.TryFormat(Sequence, target[length..], out int rest);
        return length + rest;
    }

    /// <summary>Writes the ID so that its bytes compare as the ID does.</summary>
    public void WriteBinary(Span<byte> target)
    {
        BinaryPrimitives.WriteUInt64BigEndian(target, Ms);
        BinaryPrimitives.WriteUInt64BigEndian(target[8..], Sequence);
    }

    public static StreamId ReadBinary(ReadOnlySpan<byte> source) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(source), BinaryPrimitives.ReadUInt64BigEndian(source[8..]));

    public override string ToString() => $"{Ms}-{Sequence}";
}
