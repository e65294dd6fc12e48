using System.Buffers.Binary;

namespace Redoubt.Persistence.Rdb;

/// <summary>An intset from outside: 4 bytes width (2, 4 or 8), 4 bytes number, then the integers, ascending, each once; all little endian.</summary>
internal static class IntSetCheck
{
    private const int HeaderSize = 8;

    public static bool IsSound(ReadOnlySpan<byte> blob)
    {
        if (blob.Length <= HeaderSize)
            return false;
        uint width = BinaryPrimitives.ReadUInt32LittleEndian(blob);
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(blob[4..]);
        if (width is not (2 or 4 or 8) || (ulong)count * width != (ulong)(blob.Length - HeaderSize))
            return false;
        ReadOnlySpan<byte> numbers = blob[HeaderSize..];
        long before = At(numbers, width);
        for (numbers = numbers[(int)width..]; !numbers.IsEmpty; numbers = numbers[(int)width..])
        {
            long number = At(numbers, width);
            if (number <= before)
                return false;
            before = number;
        }
        return true;
    }

    private static long At(ReadOnlySpan<byte> numbers, uint width) => width switch
    {
        2 => BinaryPrimitives.ReadInt16LittleEndian(numbers),
        4 => BinaryPrimitives.ReadInt32LittleEndian(numbers),
        _ => BinaryPrimitives.ReadInt64LittleEndian(numbers),
    };
}
