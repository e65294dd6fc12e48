// One element of a listpack on its way in: how it is spelt there. An integer in its only spelling is stored as a number, whatever
// else as bytes behind their length; each in the shortest of Redis's forms:
//
//   0xxxxxxx                     integer 0 to 127
//   10llllll  text               text up to 63 bytes
//   110xxxxx  x                  integer of 13 bits, signed
//   1110llll  l  text            text up to 4095 bytes
//   11110000  l l l l  text      text, 32 bits of length, little endian
//   11110001 .. 11110100         integer of 16, 24, 32, 64 bits, little endian
//   11111111                     the end
//
// Behind the element stands its own length ("backlen"), 7 bits a byte, most significant first, to be read backwards: all bytes but
// the first have the top bit set. It is what a walk from the tail follows.

using System.Buffers.Binary;
using Redoubt.Native;

namespace Redoubt.Structures.Listpacks;

internal unsafe ref struct PackedElement
{
    /// <summary>Redis lets no listpack grow beyond this, in bytes.</summary>
    public const int TextBytesMax = 1 << 30;

    /// <summary>Texts below this length have a head of one byte, and a backlen of one.</summary>
    public const int ShortTextBytes = 64;

    private fixed byte _head[16];
    private readonly int _headLength;
    private readonly ReadOnlySpan<byte> _text;

    /// <summary>An element from its text; the text of an integer becomes the integer.</summary>
    public PackedElement(ReadOnlySpan<byte> text)
    {
        if (IntegerText.TryParse(text, out long integer))
        {
            _headLength = EncodeInteger(integer);
            return;
        }
        Invariant.That(text.Length < TextBytesMax, "a listpack's element is shorter than a gigabyte");
        _text = text;
        if (text.Length < ShortTextBytes)
        {
            _head[0] = (byte)(0x80 | text.Length);
            _headLength = 1;
        }
        else if (text.Length < 4096)
        {
            _head[0] = (byte)(0xE0 | text.Length >> 8);
            _head[1] = (byte)text.Length;
            _headLength = 2;
        }
        else
        {
            _head[0] = 0xF0;
            Write32(1, text.Length);
            _headLength = 5;
        }
    }

    public PackedElement(long integer) => _headLength = EncodeInteger(integer);

    /// <summary>Length with everything, backlen too.</summary>
    public readonly int Bytes => Encoded + BacklenBytes(Encoded);

    private readonly int Encoded => _headLength + _text.Length;

    public readonly void CopyTo(byte* target)
    {
        fixed (byte* head = _head)
            new ReadOnlySpan<byte>(head, _headLength).CopyTo(new Span<byte>(target, _headLength));
        _text.CopyTo(new Span<byte>(target + _headLength, _text.Length));
        WriteBacklen(target + Encoded, (uint)Encoded);
    }

    /// <summary>An integer of the shortest form, which is its value and a backlen of 1.</summary>
    public static bool IsByte(long integer) => (ulong)integer <= 127;

    public static void WriteByte(byte* target, byte integer)
    {
        target[0] = integer;
        target[1] = 1;
    }

    public static int BacklenBytes(long encoded) => encoded switch
    {
        <= 127 => 1,
        < 16383 => 2,
        < 2097151 => 3,
        < 268435455 => 4,
        _ => 5,
    };

    private static void WriteBacklen(byte* target, uint encoded)
    {
        int count = BacklenBytes(encoded);
        for (int at = count - 1; at > 0; at--, encoded >>= 7)
            target[at] = (byte)(encoded & 127 | 128);
        target[0] = (byte)encoded;
    }

    private int EncodeInteger(long value)
    {
        switch (value)
        {
            case >= 0 and <= 127:
                _head[0] = (byte)value;
                return 1;
            case >= -4096 and <= 4095:
                _head[0] = (byte)(0xC0 | value >> 8 & 0x1F);
                _head[1] = (byte)value;
                return 2;
            case >= short.MinValue and <= short.MaxValue:
                _head[0] = 0xF1;
                _head[1] = (byte)value;
                _head[2] = (byte)(value >> 8);
                return 3;
            case >= -(1 << 23) and < 1 << 23:
                _head[0] = 0xF2;
                _head[1] = (byte)value;
                _head[2] = (byte)(value >> 8);
                _head[3] = (byte)(value >> 16);
                return 4;
            case >= int.MinValue and <= int.MaxValue:
                _head[0] = 0xF3;
                Write32(1, (int)value);
                return 5;
            default:
                _head[0] = 0xF4;
                Write32(1, (int)value);
                Write32(5, (int)(value >> 32));
                return 9;
        }
    }

    private void Write32(int at, int value)
    {
        fixed (byte* head = _head)
            BinaryPrimitives.WriteInt32LittleEndian(new Span<byte>(head + at, 4), value);
    }
}
