namespace Redoubt.Structures.Buckets;

/// <summary>
/// The order in which SCAN and its kin visit the buckets of a table whose size is a power of two: by the reversed bits of their number (Redis's scheme,
/// by Pieter Noordhuis). Buckets that split or merge while the table changes its size stand next to each other in it, so that what is there
/// from start to end is visited at least once.
/// </summary>
internal static class ReverseCursor
{
    /// <summary>The cursor after this one in a table with this mask; 0 = all were visited.</summary>
    public static ulong Next(ulong cursor, ulong mask) => Reverse(Reverse(cursor | ~mask) + 1);

    private static ulong Reverse(ulong value)
    {
        value = ((value >> 1) & 0x5555555555555555) | ((value & 0x5555555555555555) << 1);
        value = ((value >> 2) & 0x3333333333333333) | ((value & 0x3333333333333333) << 2);
        value = ((value >> 4) & 0x0F0F0F0F0F0F0F0F) | ((value & 0x0F0F0F0F0F0F0F0F) << 4);
        return System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(value);
    }
}
