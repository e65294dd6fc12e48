// Buffers that requests are read into. A connection that talks has one of 16 KB; it gives it back when it has been silent
// for two seconds, so that ten thousand silent connections have none. A large request gets a buffer of its size, in steps of an eighth
// of a power of two, which is kept while such requests go on coming (ClientUpkeep.cs).
//
// Buffers that are given back wait here for others, up to a bound; what is beyond is left to the collector. It does not move
// them, and looks for them rarely: `Released` says how much is waiting for that.
//
// Threads: the keyspace thread.

using System.Numerics;

namespace Redoubt.Server.Connections;

internal static class InputBuffers
{
    /// <summary>The smallest buffer: what a connection reads at once.</summary>
    public const int BytesMin = 16 * 1024;

    /// <summary>Larger buffers are made for the occasion.</summary>
    public const int PooledBytesMax = 4 * 1024 * 1024;

    private const long StockBytesMax = 16L * 1024 * 1024;
    private const int StepsPerPower = 8;
    private const int FirstPower = 14;

    private static readonly Stack<byte[]>[] s_stock = [.. Enumerable.Range(0, 10 * StepsPerPower).Select(static _ => new Stack<byte[]>())];
    private static long s_stockBytes;

    /// <summary>Memory of buffers that nobody needs any more and that the collector has not been asked to look for.</summary>
    public static long ReleasedBytes { get; set; }

    /// <summary>Memory of buffers that wait for the next who needs one.</summary>
    public static long StockBytes => s_stockBytes;

    /// <summary>How large the buffer is that <see cref="Rent"/> gives for so many bytes.</summary>
    public static long SizeFor(long bytes)
    {
        if (bytes <= BytesMin)
            return BytesMin;
        long step = (1L << BitOperations.Log2((ulong)bytes - 1)) / StepsPerPower;
        return Math.Min((bytes + step - 1) / step * step, Array.MaxLength);
    }

    public static byte[] Rent(long bytes)
    {
        int size = (int)SizeFor(bytes);
        if (size <= PooledBytesMax && s_stock[ClassOf(size)].TryPop(out byte[]? stocked))
        {
            s_stockBytes -= size;
            return stocked;
        }
        return GC.AllocateUninitializedArray<byte>(size, pinned: size <= PooledBytesMax);
    }

    public static void Return(byte[] buffer)
    {
        if (buffer.Length == 0)
            return;
        if (buffer.Length > PooledBytesMax || s_stockBytes + buffer.Length > StockBytesMax)
        {
            ReleasedBytes += buffer.Length;
            return;
        }
        s_stockBytes += buffer.Length;
        s_stock[ClassOf(buffer.Length)].Push(buffer);
    }

    /// <summary>Leaves the whole stock to the collector.</summary>
    public static void Clear()
    {
        foreach (Stack<byte[]> sizes in s_stock)
            sizes.Clear();
        ReleasedBytes += s_stockBytes;
        s_stockBytes = 0;
    }

    private static int ClassOf(int size)
    {
        if (size <= BytesMin)
            return 0;
        int power = BitOperations.Log2((uint)size - 1);
        return (power - FirstPower) * StepsPerPower + (size - (1 << power)) / ((1 << power) / StepsPerPower);
    }
}
