using System.Buffers;

namespace Redoubt.Server.Connections;

/// <summary>
/// Buffers for requests that have not arrived whole. Up to 4 MB they come from a pool, so that large values do not make
/// garbage; larger ones are made for the occasion.
/// </summary>
internal static class InputBuffers
{
    public const int PooledBytesMax = 4 * 1024 * 1024;

    public static byte[] Rent(long bytes) => bytes <= PooledBytesMax
        ? ArrayPool<byte>.Shared.Rent((int)bytes)
        : GC.AllocateUninitializedArray<byte>((int)Math.Min(bytes, Array.MaxLength));

    public static void Return(byte[] buffer)
    {
        if (buffer.Length is > 0 and <= PooledBytesMax)
            ArrayPool<byte>.Shared.Return(buffer);
    }
}
