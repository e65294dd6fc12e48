// LZF, the compression of strings in RDB files and of the inner nodes of lists.
//
// Format, a sequence of
//   000LLLLL  <L+1 bytes>                 literals, 1 to 32
//   LLLooooo oooooooo                     copy L+2 bytes (L = 1..6) from o+1 bytes back
//   111ooooo LLLLLLLL oooooooo            copy L+9 bytes from o+1 bytes back
// so a copy is 3 to 264 bytes long and reaches back at most 8192.
//
// The compressor looks matches up by a hash of four bytes, not three: a copy of three amid literals costs as much as it saves.
// Two departures from the usual LZF matter for snapshots:
//  - The table is never cleared between values. It holds positions counted on from one call to the next, so what an earlier value left
//    behind is recognised by being too small. Clearing would cost more than compressing a short value.
//  - After misses it strides: every 32 misses in a row the step grows by a byte (up to 32). Data that does not
//    compress passes at several GB/s, and a compressible part later on is still found, since a match is extended backwards.
// Damaged input of the decompressor gives false; nothing outside the two spans is read or written.
using System.Buffers.Binary;

namespace Redoubt.Structures.Compression;

public static class Lzf
{
    /// <summary>The most output bytes that one input byte can stand for.</summary>
    public const int ExpansionMax = 88;

    /// <summary>Fills <paramref name="output"/> exactly.</summary>
    /// <returns>False when the input is damaged or does not expand to just that length.</returns>
    public static bool TryDecompress(ReadOnlySpan<byte> input, Span<byte> output)
    {
        int i = 0;
        int o = 0;
        while ((uint)i < (uint)input.Length)
        {
            int control = input[i++];
            if (control < 32)
            {
                int run = control + 1;
                if (run > input.Length - i || run > output.Length - o)
                    return false;
                input.Slice(i, run).CopyTo(output[o..]);
                i += run;
                o += run;
                continue;
            }
            int length = control >> 5;
            if (length == 7)
            {
                if (i >= input.Length)
                    return false;
                length += input[i++];
            }
            if (i >= input.Length)
                return false;
            int distance = ((control & 0x1f) << 8 | input[i++]) + 1;
            length += 2;
            if (distance > o || length > output.Length - o)
                return false;
            CopyBack(output, o, distance, length);
            o += length;
        }
        return o == output.Length;
    }

    // A copy may overlap its source; what has been copied then doubles as source.
    private static void CopyBack(Span<byte> output, int at, int distance, int length)
    {
        int from = at - distance;
        if (distance == 1)
        {
            output.Slice(at, length).Fill(output[from]);
            return;
        }
        while (length > 0)
        {
            int run = Math.Min(length, at - from);
            output.Slice(from, run).CopyTo(output[at..]);
            at += run;
            length -= run;
        }
    }
}

/// <summary>Compresses one value after the other; keeps a table of 32 KB, and belongs to one thread at a time.</summary>
public sealed class LzfCompressor
{
    private const int TableBits = 13;
    private const int DistanceMax = 8192;
    private const int MatchMax = 264;
    private const int MatchMin = 4;
    private const int StrideMax = 32;

    private readonly int[] _table = new int[1 << TableBits];
    private int _base = 1;

    /// <returns>The compressed length, or 0 when the result does not fit into <paramref name="output"/>.</returns>
    public int Compress(ReadOnlySpan<byte> input, Span<byte> output)
    {
        if (input.Length > int.MaxValue - _base)
        {
            Array.Clear(_table);
            _base = 1;
            if (input.Length > int.MaxValue - _base)
                return 0;
        }
        int length = CompressFrom(_base, input, output);
        _base += input.Length;
        return length;
    }

    private int CompressFrom(int start, ReadOnlySpan<byte> input, Span<byte> output)
    {
        int[] table = _table;
        int o = 0;
        int anchor = 0; // first byte not yet in the output
        int misses = 0;
        int i = 0;
        while (i <= input.Length - MatchMin)
        {
            uint word = BinaryPrimitives.ReadUInt32LittleEndian(input[i..]);
            ref int slot = ref table[(int)(word * 2654435761u >> (32 - TableBits))];
            int candidate = slot - start;
            slot = start + i;
            if (candidate < 0 || i - candidate > DistanceMax || BinaryPrimitives.ReadUInt32LittleEndian(input[candidate..]) != word)
            {
                i += 1 + Math.Min(misses++ >> 5, StrideMax);
                continue;
            }
            while (i > anchor && candidate > 0 && input[i - 1] == input[candidate - 1])
            {
                i--;
                candidate--;
            }
            int span = Math.Min(MatchMax, input.Length - i);
            int length = input.Slice(i, span).CommonPrefixLength(input.Slice(candidate, span));
            o = EmitLiterals(input[anchor..i], output, o);
            if (o < 0 || output.Length - o < 3)
                return 0;
            o = EmitCopy(output, o, i - candidate - 1, length - 2);
            i += length;
            anchor = i;
            misses = 0;
        }
        if (o == 0)
            return 0; // not one match: literals alone are longer than the input
        o = EmitLiterals(input[anchor..], output, o);
        return Math.Max(o, 0);
    }

    private static int EmitLiterals(ReadOnlySpan<byte> literals, Span<byte> output, int o)
    {
        if (literals.Length + (literals.Length + 31) / 32 > output.Length - o)
            return -1;
        while (!literals.IsEmpty)
        {
            int run = Math.Min(32, literals.Length);
            output[o++] = (byte)(run - 1);
            literals[..run].CopyTo(output[o..]);
            o += run;
            literals = literals[run..];
        }
        return o;
    }

    private static int EmitCopy(Span<byte> output, int o, int offset, int length)
    {
        if (length < 7)
        {
            output[o++] = (byte)(length << 5 | offset >> 8);
        }
        else
        {
            output[o++] = (byte)(7 << 5 | offset >> 8);
            output[o++] = (byte)(length - 7);
        }
        output[o++] = (byte)offset;
        return o;
    }
}
