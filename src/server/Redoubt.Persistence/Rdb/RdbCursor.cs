// The primitives of the RDB format, read from a span that may end anywhere.
//
// Why: an RDB file arrives in pieces. A parser that keeps its place inside every item is a state machine of dozens of states; one that waits for
// the whole file holds it twice. Here an item is read as if it were complete, and when the span ends early the cursor says how
// many bytes the item needs at least. It never asks for more than the item has. The reader fetches just that many and reads the item
// again from its start, which costs a few length prefixes, not the bytes of the strings.
//
// Lengths are judged before anyone acts on them: above the limit for strings, or a compressed string that no sequence of its length
// could expand to, is damage, so that announced lengths alone never make anyone allocate.
using System.Buffers.Binary;

namespace Redoubt.Persistence.Rdb;

internal enum StringKind : byte
{
    Raw,
    Integer,
    Lzf,
}

/// <summary>A string as it stands in the input, not yet expanded.</summary>
internal ref struct RdbString
{
    public StringKind Kind;
    public int Integer;

    /// <summary>The length once expanded; for an integer, not set.</summary>
    public int Length;

    /// <summary>Raw bytes, or compressed ones.</summary>
    public ReadOnlySpan<byte> Bytes;
}

/// <summary>
/// A Try method that returns false has either set <see cref="Problem"/> (damage) or raised <see cref="Needed"/>: the number of
/// bytes, counted from the start of the span, without which the item at hand cannot be complete.
/// </summary>
internal ref struct RdbCursor
{
    private readonly ReadOnlySpan<byte> _input;
    private readonly int _stringBytesMax;

    public RdbCursor(ReadOnlySpan<byte> input, int position, int stringBytesMax)
    {
        _input = input;
        _stringBytesMax = stringBytesMax;
        Position = position;
        Needed = 0;
        Problem = null;
    }

    public int Position { get; set; }

    public long Needed { get; private set; }

    public string? Problem { get; private set; }

    /// <summary>What is left of the input.</summary>
    public readonly ReadOnlySpan<byte> Rest => _input[Position..];

    public bool TryBytes(int count, out ReadOnlySpan<byte> bytes)
    {
        if (_input.Length - Position < count)
        {
            bytes = default;
            Needed = (long)Position + count;
            return false;
        }
        bytes = _input.Slice(Position, count);
        Position += count;
        return true;
    }

    public bool TryByte(out byte value)
    {
        if (Position < _input.Length)
        {
            value = _input[Position++];
            return true;
        }
        value = 0;
        Needed = (long)Position + 1;
        return false;
    }

    public bool TryInt64(out long value)
    {
        bool there = TryBytes(sizeof(long), out ReadOnlySpan<byte> bytes);
        value = there ? BinaryPrimitives.ReadInt64LittleEndian(bytes) : 0;
        return there;
    }

    /// <summary>A length proper; the encodings of strings are damage here.</summary>
    public bool TryLength(out ulong length)
    {
        if (!TryByte(out byte first))
        {
            length = 0;
            return false;
        }
        if (first >= RdbFormat.EncodingInt8)
        {
            length = 0;
            Problem = $"a length was expected, not the string encoding 0x{first:x2}";
            return false;
        }
        return TryLengthAfter(first, out length);
    }

    private bool TryLengthAfter(byte first, out ulong length)
    {
        length = 0;
        if (first < RdbFormat.Length14Bits)
        {
            length = first;
            return true;
        }
        if (first < RdbFormat.Length32Bits)
        {
            if (!TryByte(out byte low))
                return false;
            length = (ulong)(first & 0x3f) << 8 | low;
            return true;
        }
        if (first == RdbFormat.Length32Bits)
        {
            if (!TryBytes(sizeof(uint), out ReadOnlySpan<byte> bytes))
                return false;
            length = BinaryPrimitives.ReadUInt32BigEndian(bytes);
            return true;
        }
        if (first == RdbFormat.Length64Bits)
        {
            if (!TryBytes(sizeof(ulong), out ReadOnlySpan<byte> bytes))
                return false;
            length = BinaryPrimitives.ReadUInt64BigEndian(bytes);
            return true;
        }
        Problem = $"unknown length encoding 0x{first:x2}";
        return false;
    }

    public bool TryString(out RdbString text)
    {
        if (!TryStringHead(out text, out int stored))
            return false;
        return text.Kind == StringKind.Integer || TryBytes(stored, out text.Bytes);
    }

    /// <summary>Reads what precedes a string's bytes (and all of an integer), and leaves the position at its first byte.</summary>
    public bool TryStringHead(out RdbString text, out int storedBytes)
    {
        text = default;
        storedBytes = 0;
        if (!TryByte(out byte first))
            return false;
        if (first >= RdbFormat.EncodingInt8)
            return first == RdbFormat.EncodingLzf ? TryCompressedHead(out text, out storedBytes) : TryInteger(first, out text);
        if (!TryLengthAfter(first, out ulong length) || !IsSane(length))
            return false;
        storedBytes = (int)length;
        text.Length = storedBytes;
        return true;
    }

    private bool TryInteger(byte encoding, out RdbString text)
    {
        text = new RdbString { Kind = StringKind.Integer };
        ReadOnlySpan<byte> bytes;
        switch (encoding)
        {
            case RdbFormat.EncodingInt8:
                if (!TryBytes(1, out bytes))
                    return false;
                text.Integer = (sbyte)bytes[0];
                return true;
            case RdbFormat.EncodingInt16:
                if (!TryBytes(2, out bytes))
                    return false;
                text.Integer = BinaryPrimitives.ReadInt16LittleEndian(bytes);
                return true;
            case RdbFormat.EncodingInt32:
                if (!TryBytes(4, out bytes))
                    return false;
                text.Integer = BinaryPrimitives.ReadInt32LittleEndian(bytes);
                return true;
            default:
                Problem = $"unknown string encoding 0x{encoding:x2}";
                return false;
        }
    }

    private bool TryCompressedHead(out RdbString text, out int storedBytes)
    {
        storedBytes = 0;
        text = new RdbString { Kind = StringKind.Lzf };
        if (!TryLength(out ulong compressed) || !TryLength(out ulong expanded) || !IsSane(compressed) || !IsSane(expanded))
            return false;
        if (expanded > compressed * Lzf.ExpansionMax)
        {
            Problem = $"{compressed} compressed bytes cannot expand to {expanded}";
            return false;
        }
        storedBytes = (int)compressed;
        text.Length = (int)expanded;
        return true;
    }

    private bool IsSane(ulong length)
    {
        if (length <= (ulong)_stringBytesMax)
            return true;
        Problem = $"a string of {length} bytes exceeds the limit of {_stringBytesMax}";
        return false;
    }
}
