// Bits in a string of bytes: bit 0 is the highest of the first byte, as in Redis. Numbers of bits are 64 bits wide: a string of
// 512 MB has 2^32 of them.

using System.Buffers.Binary;
using System.Numerics;

namespace Redoubt.Commands;

internal static class BitSpan
{
    private const int ByteBits = 8;

    public static int Get(ReadOnlySpan<byte> bytes, long bit)
    {
        long at = bit / ByteBits;
        return at < bytes.Length ? bytes[(int)at] >> (7 - (int)(bit % ByteBits)) & 1 : 0;
    }

    /// <summary>Sets a bit within the bytes; returns what it was.</summary>
    public static int Set(Span<byte> bytes, long bit, int value)
    {
        ref byte place = ref bytes[(int)(bit / ByteBits)];
        int shift = 7 - (int)(bit % ByteBits);
        int before = place >> shift & 1;
        place = (byte)(place & ~(1 << shift) | value << shift);
        return before;
    }

    /// <summary>How many bits from the first to the last one, both included and within the bytes, are 1.</summary>
    public static long Count(ReadOnlySpan<byte> bytes, long first, long last)
    {
        ReadOnlySpan<byte> touched = bytes[(int)(first / ByteBits)..((int)(last / ByteBits) + 1)];
        int unwantedBefore = BitOperations.PopCount((uint)touched[0] & BeforeMask(first));
        int unwantedAfter = BitOperations.PopCount((uint)touched[^1] & AfterMask(last));
        return Count(touched) - unwantedBefore - unwantedAfter;
    }

    /// <summary>The first bit of this value between two, both included and within the bytes; -1 when there is none.</summary>
    public static long Find(ReadOnlySpan<byte> bytes, long first, long last, int value)
    {
        int from = (int)(first / ByteBits);
        int to = (int)(last / ByteBits);
        // A byte in which every bit is of the other value.
        byte other = value == 0 ? (byte)0xFF : (byte)0;
        for (int at = from; at <= to; at++)
        {
            int skipped = bytes[at..(to + 1)].IndexOfAnyExcept(other);
            if (skipped < 0)
                return -1;
            at += skipped;
            uint found = (uint)(bytes[at] ^ other);
            if (at == from)
                found &= ~BeforeMask(first);
            if (at == to)
                found &= ~AfterMask(last);
            if (found != 0)
                return (long)at * ByteBits + BitOperations.LeadingZeroCount(found) - 24;
        }
        return -1;
    }

    /// <summary>Up to 64 bits as a number, highest first; bits beyond the bytes are 0.</summary>
    public static ulong Read(ReadOnlySpan<byte> bytes, long bit, int width)
    {
        (UInt128 window, int shift) = Window(bytes, bit, width);
        return (ulong)(window >> shift) & ulong.MaxValue >> (64 - width);
    }

    /// <summary>Writes the lowest bits of a number; all of them must be within the bytes.</summary>
    public static void Write(Span<byte> bytes, long bit, int width, ulong value)
    {
        (UInt128 window, int shift) = Window(bytes, bit, width);
        UInt128 mask = (UInt128)(ulong.MaxValue >> (64 - width)) << shift;
        window = window & ~mask | (UInt128)value << shift & mask;
        int first = (int)(bit / ByteBits);
        for (int at = first + WindowBytes(bit, width) - 1; at >= first; at--)
        {
            bytes[at] = (byte)window;
            window >>= ByteBits;
        }
    }

    private static int WindowBytes(long bit, int width) => ((int)(bit % ByteBits) + width + 7) / ByteBits;

    /// <summary>The bytes that a field touches as one number, and by how much it is shifted in that.</summary>
    private static (UInt128 Window, int Shift) Window(ReadOnlySpan<byte> bytes, long bit, int width)
    {
        int count = WindowBytes(bit, width);
        long first = bit / ByteBits;
        UInt128 window = 0;
        for (long at = first; at < first + count; at++)
            window = window << ByteBits | (at < bytes.Length ? bytes[(int)at] : (byte)0);
        return (window, count * ByteBits - (int)(bit % ByteBits) - width);
    }

    private static long Count(ReadOnlySpan<byte> bytes)
    {
        long a = 0;
        long b = 0;
        for (; bytes.Length >= 2 * sizeof(ulong); bytes = bytes[(2 * sizeof(ulong))..])
        {
            a += BitOperations.PopCount(BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            b += BitOperations.PopCount(BinaryPrimitives.ReadUInt64LittleEndian(bytes[sizeof(ulong)..]));
        }
        foreach (byte rest in bytes)
            a += BitOperations.PopCount(rest);
        return a + b;
    }

    /// <summary>The bits of its byte that stand before a bit.</summary>
    private static uint BeforeMask(long bit) => ~(0xFFu >> (int)(bit % ByteBits)) & 0xFF;

    /// <summary>The bits of its byte that stand after a bit.</summary>
    private static uint AfterMask(long bit) => 0x7Fu >> (int)(bit % ByteBits);
}
