using Redoubt.Structures.Values;

namespace Redoubt.Structures.Lists;

/// <summary>How much goes into one node: what `list-max-listpack-size` means, by Redis's estimates.</summary>
internal static class ListRules
{
    /// <summary>No node that is limited by a number of elements becomes larger than this, in bytes.</summary>
    private const int SafeBytesMax = 8192;

    /// <summary>What an element may need beside its text.</summary>
    private const int ElementOverheadBytes = 8;

    private const int CountMax = short.MaxValue;

    /// <summary>Whether an element is so long that it gets a plain node.</summary>
    public static bool IsLarge(CollectionLimits limits, long elementBytes) => elementBytes >= limits.ListPackedThreshold;

    /// <summary>Whether a further element of this length goes into a listpack of this size.</summary>
    /// <param name="count">Elements in it.</param>
    public static bool HasRoom(CollectionLimits limits, long packBytes, int count, long elementBytes) =>
        !IsLarge(limits, elementBytes) && Fits(limits, packBytes + elementBytes + ElementOverheadBytes, count + 1);

    /// <summary>Whether a listpack may have this size and this many elements.</summary>
    public static bool Fits(CollectionLimits limits, long bytes, int count)
    {
        int size = limits.ListMaxListpackSize;
        if (size < 0)
            return bytes <= 2048L << Math.Min(-size, 5);
        return bytes <= SafeBytesMax && count <= Math.Min(size, CountMax);
    }
}
