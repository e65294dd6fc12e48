// Socket addresses as the kernel wants them: family, port in network order, address. Linux layouts.

using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Redoubt.Native.Sockets;

internal static class SocketAddresses
{
    public const int BytesMax = 28;

    /// <summary>Of a Unix socket: two bytes of family, the path, and a zero byte.</summary>
    public const int UnixBytesMax = 2 + UnixPathBytesMax + 1;

    public const int UnixPathBytesMax = 107;

    /// <summary>Writes the address and returns its length in bytes.</summary>
    public static int Write(Span<byte> target, IPAddress address, int port)
    {
        target.Clear();
        bool v6 = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;
        BinaryPrimitives.WriteUInt16LittleEndian(target, (ushort)(v6 ? Libc.AfInet6 : Libc.AfInet));
        BinaryPrimitives.WriteUInt16BigEndian(target[2..], (ushort)port);
        address.TryWriteBytes(target[(v6 ? 8 : 4)..], out _);
        if (!v6)
            return 16;
        BinaryPrimitives.WriteUInt32LittleEndian(target[24..], (uint)address.ScopeId);
        return 28;
    }

    /// <summary>Writes the address of a Unix socket and returns its length in bytes, or 0 when the path is too long.</summary>
    public static int WriteUnix(Span<byte> target, string path)
    {
        target.Clear();
        if (Encoding.UTF8.GetByteCount(path) > UnixPathBytesMax)
            return 0;
        BinaryPrimitives.WriteUInt16LittleEndian(target, Libc.AfUnix);
        return 2 + Encoding.UTF8.GetBytes(path, target[2..]) + 1;
    }

    public static IPEndPoint Read(ReadOnlySpan<byte> source)
    {
        int family = BinaryPrimitives.ReadUInt16LittleEndian(source);
        int port = BinaryPrimitives.ReadUInt16BigEndian(source[2..]);
        if (family == Libc.AfInet)
            return new IPEndPoint(new IPAddress(source.Slice(4, 4)), port);
        if (family == Libc.AfInet6)
        {
            IPAddress address = new(source.Slice(8, 16), BinaryPrimitives.ReadUInt32LittleEndian(source[24..]));
            return new IPEndPoint(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, port);
        }
        return new IPEndPoint(IPAddress.None, 0);
    }
}
