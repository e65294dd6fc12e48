using System.Buffers.Binary;
using System.Numerics;

namespace Redoubt.Commands;

/// <summary>The hash of a HyperLogLog's elements, MurmurHash64A by Austin Appleby with the seed that Redis uses, and what it says.</summary>
internal static class HllHash
{
    private const ulong Seed = 0xADC83B19;
    private const ulong Multiplier = 0xC6A4A7935BD1E995;
    private const int Shift = 47;

    /// <summary>The register that an element goes to, and the run of zeros, plus one, that it brings.</summary>
    public static (int Index, int Run) Place(ReadOnlySpan<byte> element)
    {
        ulong hash = Hash(element);
        // The bit beyond the last ends the run.
        ulong rest = hash >> HllLayout.IndexBits | 1UL << (HllLayout.RunMax - 1);
        return ((int)(hash & (HllLayout.RegisterCount - 1)), BitOperations.TrailingZeroCount(rest) + 1);
    }

    private static ulong Hash(ReadOnlySpan<byte> element)
    {
        ulong hash = Seed ^ unchecked((ulong)element.Length * Multiplier);
        for (; element.Length >= sizeof(ulong); element = element[sizeof(ulong)..])
        {
            ulong word = unchecked(BinaryPrimitives.ReadUInt64LittleEndian(element) * Multiplier);
            word = unchecked((word ^ word >> Shift) * Multiplier);
            hash = unchecked((hash ^ word) * Multiplier);
        }
        if (!element.IsEmpty)
        {
            for (int i = 0; i < element.Length; i++)
                hash ^= (ulong)element[i] << (8 * i);
            hash = unchecked(hash * Multiplier);
        }
        hash = unchecked((hash ^ hash >> Shift) * Multiplier);
        return hash ^ hash >> Shift;
    }
}
