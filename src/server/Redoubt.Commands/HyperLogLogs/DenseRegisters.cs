namespace Redoubt.Commands;

/// <summary>All registers at 6 bits each, the lowest bits of a byte first. The spans are those of the registers, without the header.</summary>
internal static class DenseRegisters
{
    public const int RegisterBits = 6;
    private const int Mask = (1 << RegisterBits) - 1;

    public static int Get(ReadOnlySpan<byte> registers, int index)
    {
        int bit = index * RegisterBits;
        int window = registers[bit / 8];
        // The last register ends where the bytes do.
        if (bit % 8 > 8 - RegisterBits)
            window |= registers[bit / 8 + 1] << 8;
        return window >> (bit % 8) & Mask;
    }

    public static void Put(Span<byte> registers, int index, int value)
    {
        int bit = index * RegisterBits;
        int shift = bit % 8;
        ref byte low = ref registers[bit / 8];
        low = (byte)(low & ~(Mask << shift) | value << shift);
        if (shift > 8 - RegisterBits)
        {
            ref byte high = ref registers[bit / 8 + 1];
            high = (byte)(high & ~(Mask >> (8 - shift)) | value >> (8 - shift));
        }
    }

    /// <summary>Raises a register; false when it is as high already.</summary>
    public static bool Raise(Span<byte> registers, int index, int value)
    {
        if (Get(registers, index) >= value)
            return false;
        Put(registers, index, value);
        return true;
    }
}
