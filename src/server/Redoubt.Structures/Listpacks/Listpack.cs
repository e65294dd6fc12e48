// A short list of strings and numbers in one block of bytes: Redis's listpack, byte for byte, so that files and other servers
// take it as it is.
//
// Why: a small collection of objects costs more for its pointers than for its content. Here an element of 10 bytes takes 12.
// Finding one is a walk, which for the sizes that Redis's thresholds allow is faster than a hash.
//
//   offset size
//        0    4  length of all, little endian
//        4    2  number of elements; 65535 = not known, count them
//        6       elements (PackedElement.cs), one after the other
//     last    1  255
//
// A position is the offset of an element, 0 = none. Positions before a place that changes stay valid, also when the block moves.
// `Listpack` reads; `ListpackEditor` changes the block that a word of its owner leads to, and keeps that word up to date.
//
// Invariants (Validate): lengths, backlens and count agree, and the end is where the header says. Bytes from outside are
// validated deeply before they become a listpack; from then on they are trusted.
// Threads: the keyspace thread.

using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Redoubt.Native;

namespace Redoubt.Structures.Listpacks;

internal readonly unsafe struct Listpack
{
    public const int HeaderBytes = 6;
    public const int CountUnknown = 65535;
    public const byte End = 0xFF;

    /// <summary>Bytes of a listpack without elements.</summary>
    public const int EmptyBytes = HeaderBytes + 1;

    private readonly byte* _block;

    public Listpack(nint block) => _block = (byte*)block;

    /// <summary>Length of all, the number that the header has.</summary>
    public int Bytes => *(int*)_block;

    public ReadOnlySpan<byte> Span => new(_block, Bytes);

    /// <summary>Number of elements; a walk when there are 65535 and more.</summary>
    public int Count
    {
        get
        {
            int count = *(ushort*)(_block + 4);
            return count != CountUnknown ? count : CountByWalking();
        }
    }

    public bool IsEmpty => _block[HeaderBytes] == End;

    public int First => _block[HeaderBytes] == End ? 0 : HeaderBytes;

    public int Last => Previous(Bytes - 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Next(int position)
    {
        byte* next = Skip(_block + position);
        return *next == End ? 0 : (int)(next - _block);
    }

    /// <summary>The element before the one at this position, or before the end.</summary>
    public int Previous(int position)
    {
        if (position == HeaderBytes)
            return 0;
        byte* at = _block + position - 1;
        int encoded = *at & 127, backlenBytes = 1;
        for (; (*at & 128) != 0; backlenBytes++)
        {
            at--;
            encoded |= (*at & 127) << (7 * backlenBytes);
        }
        return position - backlenBytes - encoded;
    }

    /// <summary>The position of the element with this number; negative ones count from the tail. 0 when there is none.</summary>
    public int At(long index)
    {
        int count = *(ushort*)(_block + 4);
        bool backwards = index < 0;
        if (count != CountUnknown)
        {
            if (index < 0)
                index += count;
            if (index < 0 || index >= count)
                return 0;
            backwards = index > count / 2;
            if (backwards)
                index -= count;
        }
        int position;
        if (backwards)
        {
            for (position = Last; index < -1 && position != 0; index++)
                position = Previous(position);
        }
        else
        {
            for (position = First; index > 0 && position != 0; index--)
                position = Next(position);
        }
        return position;
    }

    /// <summary>The number or the bytes of the element at a position.</summary>
    public PackedValue this[int position]
    {
        get
        {
            byte* element = _block + position;
            int head = *element;
            if (head < 0x80)
                return new PackedValue(head);
            if (head < 0xC0)
                return new PackedValue(new ReadOnlySpan<byte>(element + 1, head & 0x3F));
            if (head < 0xE0)
                return new PackedValue((head << 8 | element[1]) << 19 >> 19);
            if (head < 0xF0)
                return new PackedValue(new ReadOnlySpan<byte>(element + 2, (head & 15) << 8 | element[1]));
            return head switch
            {
                0xF0 => new PackedValue(new ReadOnlySpan<byte>(element + 5, *(int*)(element + 1))),
                0xF1 => new PackedValue(*(short*)(element + 1)),
                0xF2 => new PackedValue((element[1] << 8 | element[2] << 16 | element[3] << 24) >> 8),
                0xF3 => new PackedValue(*(int*)(element + 1)),
                _ => new PackedValue(*(long*)(element + 1)),
            };
        }
    }

    /// <summary>The first element from <paramref name="from"/> on that equals the text, looking at each (<paramref name="skip"/> + 1)th; 0 when there is none.</summary>
    public int Find(int from, ReadOnlySpan<byte> text, int skip)
    {
        bool isInteger = IntegerText.TryParse(text, out long integer);
        byte* element = _block + from;
        while (from != 0 && *element != End)
        {
            int head = *element;
            if (head is >= 0x80 and < 0xC0)
            {
                // The usual case by itself: a short text.
                if ((head & 0x3F) == text.Length && new ReadOnlySpan<byte>(element + 1, text.Length).SequenceEqual(text))
                    return (int)(element - _block);
            }
            else
            {
                PackedValue value = this[(int)(element - _block)];
                if (value.IsInteger ? isInteger && value.Integer == integer : value.TextEquals(text))
                    return (int)(element - _block);
            }
            element = Skip(element);
            for (int skipped = 0; skipped < skip && *element != End; skipped++)
                element = Skip(element);
        }
        return 0;
    }

    /// <summary>The positions of each <paramref name="stride"/>th element, from the first on, as many as there is room for; returns their number.</summary>
    public int CopyPositions(Span<int> positions, int stride)
    {
        int found = 0, number = 0;
        for (int position = First; position != 0 && found < positions.Length; position = Next(position))
        {
            if (number++ % stride == 0)
                positions[found++] = position;
        }
        return found;
    }

    /// <summary>Bytes that the element at a position takes up, backlen included.</summary>
    public int ElementBytes(int position) => (int)(Skip(_block + position) - (_block + position));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* Skip(byte* element)
    {
        int head = *element;
        if (head < 0x80)
            return element + 2;
        if (head < 0xC0)
            return element + (head & 0x3F) + 2;
        long encoded = EncodedBytes(element);
        return element + encoded + PackedElement.BacklenBytes(encoded);
    }

    private static long EncodedBytes(byte* element) => *element switch
    {
        < 0xE0 => 2,
        < 0xF0 => 2 + ((*element & 15) << 8 | element[1]),
        0xF0 => 5L + *(uint*)(element + 1),
        0xF1 => 3,
        0xF2 => 4,
        0xF3 => 5,
        _ => 9,
    };

    private int CountByWalking()
    {
        int count = 0;
        for (int position = First; position != 0; position = Next(position))
            count++;
        // Known again, once enough elements are gone.
        if (count < CountUnknown)
            *(ushort*)(_block + 4) = (ushort)count;
        return count;
    }

    /// <summary>
    /// Whether foreign bytes are a listpack: header and end only, or, when <paramref name="deep"/>, each element. Reads nothing outside them.
    /// <paramref name="count"/> is the number of elements, -1 when it was not counted.
    /// </summary>
    public static bool Validate(ReadOnlySpan<byte> bytes, bool deep, out int count)
    {
        count = -1;
        if (bytes.Length < EmptyBytes || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != (uint)bytes.Length || bytes[^1] != End)
            return false;
        int claimed = BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]);
        if (!deep)
        {
            count = claimed == CountUnknown ? -1 : claimed;
            return true;
        }
        int at = HeaderBytes, found = 0;
        while (bytes[at] != End)
        {
            if (!TrySkip(bytes, ref at))
                return false;
            found++;
        }
        count = found;
        return at == bytes.Length - 1 && (claimed == CountUnknown || claimed == found);
    }

    private static bool TrySkip(ReadOnlySpan<byte> bytes, ref int at)
    {
        int head = bytes[at];
        // The end of all is one byte; what an element reads must lie before it.
        int last = bytes.Length - 1;
        int lengthBytes = head == 0xF0 ? 5 : head is >= 0xE0 and < 0xF0 ? 2 : 1;
        if (head > 0xF4 || at + lengthBytes > last)
            return false;
        long encoded = head switch
        {
            < 0x80 => 1,
            < 0xC0 => 1 + (head & 0x3F),
            < 0xE0 => 2,
            < 0xF0 => 2 + ((head & 15) << 8 | bytes[at + 1]),
            0xF0 => 5L + BinaryPrimitives.ReadUInt32LittleEndian(bytes[(at + 1)..]),
            0xF4 => 9,
            _ => 2 + (head - 0xF0),
        };
        int backlenBytes = PackedElement.BacklenBytes(encoded);
        if (encoded + backlenBytes > last - at)
            return false;
        int end = at + (int)encoded + backlenBytes;
        long backlen = 0;
        int read = 0;
        while (true)
        {
            int piece = bytes[end - 1 - read];
            backlen |= (long)(piece & 127) << (7 * read);
            read++;
            if ((piece & 128) == 0)
                break;
            if (read == backlenBytes)
                return false;
        }
        at = end;
        return read == backlenBytes && backlen == encoded;
    }

    /// <summary>Walks everything and breaks off when the bytes are not a listpack.</summary>
    public void Verify() => Invariant.That(Validate(Span, deep: true, out _), "a listpack's lengths, backlens and count agree");
}
