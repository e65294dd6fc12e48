// Walks a ziplist, the form in which Redis up to 6.2 wrote small collections. As with ListpackCursor, everything is judged before it is used.
//
// Layout:
//   4 bytes  length of all, 4 bytes offset of the last element, 2 bytes number of elements (65535: more than can be said)
//   elements: length of the element before (1 byte, or 0xfe and 4 bytes), encoding and data
//   1 byte   0xff
//
//   00xxxxxx  bytes               text up to 63 bytes
//   01xxxxxx xxxxxxxx  bytes      text up to 16383 bytes
//   10000000 4 bytes  bytes       text, length big endian
//   11000000, 11010000, 11100000  number of 16, 32, 64 bits, signed, little endian
//   11110000, 11111110            number of 24, 8 bits
//   1111xxxx                      number xxxx - 1, for xxxx from 1 to 13
using System.Buffers.Binary;

namespace Redoubt.Persistence.Rdb;

internal ref struct ZiplistCursor
{
    private const int HeaderSize = 10;
    private const byte EndMark = 0xff;
    private const byte LongLengthBefore = 0xfe;
    private const int CountUnknown = ushort.MaxValue;

    private readonly ReadOnlySpan<byte> _blob;
    private int _at;
    private int _last;
    private int _lengthBefore;

    public ZiplistCursor(ReadOnlySpan<byte> blob)
    {
        _blob = blob;
        _at = HeaderSize;
        IsDamaged = blob.Length < HeaderSize + 1
            || BinaryPrimitives.ReadUInt32LittleEndian(blob) != (uint)blob.Length
            || BinaryPrimitives.ReadUInt32LittleEndian(blob[4..]) > (uint)blob.Length - 1
            || blob[^1] != EndMark;
    }

    public bool IsDamaged { get; private set; }

    public int Count { get; private set; }

    public bool IsInteger { get; private set; }

    public long Integer { get; private set; }

    /// <summary>The element, unless it is an integer.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Goes to the next element; false at the end, and when what follows is damaged.</summary>
    public bool MoveNext()
    {
        if (IsDamaged)
            return false;
        if (_at == _blob.Length - 1)
        {
            int announced = BinaryPrimitives.ReadUInt16LittleEndian(_blob[8..]);
            bool isCounted = announced == CountUnknown || announced == Count;
            bool isLastKnown = Count == 0 || BinaryPrimitives.ReadUInt32LittleEndian(_blob[4..]) == (uint)_last;
            IsDamaged = !isCounted || !isLastKnown;
            return false;
        }
        ReadOnlySpan<byte> rest = _blob[_at..^1];
        int head = LengthBefore(rest, out uint lengthBefore);
        int size = head == 0 || head >= rest.Length || lengthBefore != (uint)_lengthBefore ? 0 : Decode(rest[head..]);
        if (size == 0)
        {
            IsDamaged = true;
            return false;
        }
        _last = _at;
        _lengthBefore = head + size;
        _at += _lengthBefore;
        Count++;
        return true;
    }

    private static int LengthBefore(ReadOnlySpan<byte> rest, out uint length)
    {
        length = rest[0];
        if (length < LongLengthBefore)
            return 1;
        if (length > LongLengthBefore || rest.Length < 5)
            return 0;
        length = BinaryPrimitives.ReadUInt32LittleEndian(rest[1..]);
        return 5;
    }

    private int Decode(ReadOnlySpan<byte> rest)
    {
        byte first = rest[0];
        IsInteger = false;
        if (first < 0x40)
            return Take(rest, 1, first);
        if (first < 0x80)
            return rest.Length < 2 ? 0 : Take(rest, 2, (first & 0x3f) << 8 | rest[1]);
        return first switch
        {
            0x80 => rest.Length < 5 ? 0 : Take(rest, 5, BinaryPrimitives.ReadUInt32BigEndian(rest[1..])),
            0xc0 => rest.Length < 3 ? 0 : Number(BinaryPrimitives.ReadInt16LittleEndian(rest[1..]), 3),
            0xd0 => rest.Length < 5 ? 0 : Number(BinaryPrimitives.ReadInt32LittleEndian(rest[1..]), 5),
            0xe0 => rest.Length < 9 ? 0 : Number(BinaryPrimitives.ReadInt64LittleEndian(rest[1..]), 9),
            0xf0 => rest.Length < 4 ? 0 : Number((rest[1] | rest[2] << 8 | rest[3] << 16) << 8 >> 8, 4),
            0xfe => rest.Length < 2 ? 0 : Number((sbyte)rest[1], 2),
            > 0xf0 and < 0xfe => Number(first - 0xf1, 1),
            _ => 0,
        };
    }

    private int Number(long value, int size)
    {
        IsInteger = true;
        Integer = value;
        return size;
    }

    private int Take(ReadOnlySpan<byte> rest, int head, long length)
    {
        if (length > rest.Length - head)
            return 0;
        Bytes = rest.Slice(head, (int)length);
        return head + (int)length;
    }
}
