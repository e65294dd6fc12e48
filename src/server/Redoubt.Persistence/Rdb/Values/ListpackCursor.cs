// Walks a listpack whose bytes come from outside: from a file, a master, a RESTORE.
//
// Everything is judged before it is used, so no input makes this read beyond its span; and a listpack that was walked to its end without
// damage can be handed to code that trusts it. That is why there is a second reader of this format beside the one in
// Redoubt.Structures, which is written for blocks that are known to be sound.
//
// Layout:
//   4 bytes  length of all, 2 bytes number of elements (65535: more than can be said), both little endian
//   elements: encoding and data, then the length of that, backwards, in groups of seven bits
//   1 byte   0xff
//
//   0xxxxxxx                      number 0 to 127
//   10xxxxxx  bytes               text up to 63 bytes
//   110xxxxx xxxxxxxx             number of 13 bits, signed
//   1110xxxx xxxxxxxx  bytes      text up to 4095 bytes
//   11110000 4 bytes  bytes       text
//   11110001 to 11110100          number of 16, 24, 32, 64 bits, signed, little endian
using System.Buffers.Binary;
using System.Buffers.Text;

namespace Redoubt.Persistence.Rdb;

internal ref struct ListpackCursor
{
    public const int HeaderSize = 6;
    public const byte EndMark = 0xff;
    public const int CountUnknown = ushort.MaxValue;

    private readonly ReadOnlySpan<byte> _blob;
    private int _at;

    public ListpackCursor(ReadOnlySpan<byte> blob)
    {
        _blob = blob;
        _at = HeaderSize;
        IsDamaged = blob.Length < HeaderSize + 1
            || BinaryPrimitives.ReadUInt32LittleEndian(blob) != (uint)blob.Length
            || blob[^1] != EndMark;
    }

    public bool IsDamaged { get; private set; }

    /// <summary>Elements met so far.</summary>
    public int Count { get; private set; }

    public bool IsInteger { get; private set; }

    public long Integer { get; private set; }

    /// <summary>The element, unless it is an integer.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>The element as text; an integer is written into <paramref name="digits"/>.</summary>
    public readonly ReadOnlySpan<byte> Text(Span<byte> digits)
    {
        if (!IsInteger)
            return Bytes;
        Utf8Formatter.TryFormat(Integer, digits, out int length);
        return digits[..length];
    }

    /// <summary>Goes to the next element; false at the end, and when what follows is damaged.</summary>
    public bool MoveNext()
    {
        if (IsDamaged)
            return false;
        if (_at == _blob.Length - 1)
        {
            int announced = BinaryPrimitives.ReadUInt16LittleEndian(_blob[4..]);
            IsDamaged = announced != CountUnknown && announced != Count;
            return false;
        }
        ReadOnlySpan<byte> rest = _blob[_at..^1];
        int size = Decode(rest);
        if (size <= 0 || size >= rest.Length || !IsBackLength(rest[size..], size, out int backSize))
        {
            IsDamaged = true;
            return false;
        }
        _at += size + backSize;
        Count++;
        return true;
    }

    /// <summary>Whether the listpack is sound from end to end.</summary>
    public static bool IsSound(ReadOnlySpan<byte> blob, out int count)
    {
        ListpackCursor cursor = new(blob);
        while (cursor.MoveNext())
        {
        }
        count = cursor.Count;
        return !cursor.IsDamaged;
    }

    /// <summary>Reads the element at the beginning of the span; its length without the length backwards, or 0 when it does not fit or is none.</summary>
    private int Decode(ReadOnlySpan<byte> rest)
    {
        byte first = rest[0];
        IsInteger = false;
        if (first < 0x80)
            return Number(first, 1);
        if (first < 0xc0)
            return Take(rest, 1, first & 0x3f);
        if (first < 0xe0)
            return rest.Length < 2 ? 0 : Number(((first & 0x1f) << 8 | rest[1]) << 19 >> 19, 2);
        if (first < 0xf0)
            return rest.Length < 2 ? 0 : Take(rest, 2, (first & 0x0f) << 8 | rest[1]);
        return first switch
        {
            0xf0 => rest.Length < 5 ? 0 : Take(rest, 5, BinaryPrimitives.ReadUInt32LittleEndian(rest[1..])),
            0xf1 => rest.Length < 3 ? 0 : Number(BinaryPrimitives.ReadInt16LittleEndian(rest[1..]), 3),
            0xf2 => rest.Length < 4 ? 0 : Number((rest[1] | rest[2] << 8 | rest[3] << 16) << 8 >> 8, 4),
            0xf3 => rest.Length < 5 ? 0 : Number(BinaryPrimitives.ReadInt32LittleEndian(rest[1..]), 5),
            0xf4 => rest.Length < 9 ? 0 : Number(BinaryPrimitives.ReadInt64LittleEndian(rest[1..]), 9),
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

    /// <summary>Whether the length backwards stands here in the only form there is for it.</summary>
    private static bool IsBackLength(ReadOnlySpan<byte> rest, int size, out int backSize)
    {
        Span<byte> expected = stackalloc byte[5];
        backSize = ListpackBuilder.WriteBackLength(expected, size);
        return rest.StartsWith(expected[..backSize]);
    }
}
