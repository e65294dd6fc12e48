using System.Runtime.InteropServices;

namespace Redoubt.Native.Sockets;

/// <summary>The system calls of the epoll loop, by their own names. Error numbers are those of Linux.</summary>
internal static unsafe partial class Libc
{
    public const int Eintr = 4, Eagain = 11, Einprogress = 115, Enetunreach = 101, Emfile = 24;
    public const int Eaddrnotavail = 99, Enoprotoopt = 92, Eprotonosupport = 93, Esocktnosupport = 94, Epfnosupport = 96, Eafnosupport = 97;
    public const int AfUnix = 1, AfInet = 2, AfInet6 = 10, SockStream = 1, SockNonblock = 0x800, SockCloexec = 0x80000;
    public const int SolSocket = 1, SoReuseaddr = 2, SoError = 4, SoKeepalive = 9, SoMark = 36, IpprotoTcp = 6, IpprotoIpv6 = 41, Ipv6V6Only = 26;
    public const int TcpNodelay = 1, TcpKeepidle = 4, TcpKeepintvl = 5, TcpKeepcnt = 6;
    public const int MsgNosignal = 0x4000, MsgDontwait = 0x40;
    public const int EpollCloexec = 0x80000, EpollCtlAdd = 1, EpollCtlDel = 2, EpollCtlMod = 3;
    public const uint EpollIn = 1, EpollOut = 4, EpollErr = 8, EpollHup = 16;
    public const int EfdNonblockCloexec = 0x80800;

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    public struct EpollEvent
    {
        public uint Events;
        public ulong Data;
    }

    [LibraryImport("libc")]
    public static partial int epoll_create1(int flags);

    [LibraryImport("libc")]
    public static partial int epoll_ctl(int epoll, int operation, int descriptor, EpollEvent* e);

    [LibraryImport("libc")]
    public static partial int epoll_wait(int epoll, EpollEvent* events, int count, int timeoutMs);

    // Calls that never sleep are made without telling the collector: on a hot path the switch costs more than it saves.
    [LibraryImport("libc", EntryPoint = "epoll_wait"), SuppressGCTransition]
    public static partial int epoll_poll(int epoll, EpollEvent* events, int count, int timeoutMs);

    [LibraryImport("libc"), SuppressGCTransition]
    public static partial nint recv(int socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc"), SuppressGCTransition]
    public static partial nint send(int socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc")]
    public static partial int eventfd(uint initial, int flags);

    [LibraryImport("libc")]
    public static partial nint read(int descriptor, byte* buffer, nuint length);

    [LibraryImport("libc")]
    public static partial nint write(int descriptor, byte* buffer, nuint length);

    [LibraryImport("libc")]
    public static partial int socket(int family, int type, int protocol);

    [LibraryImport("libc")]
    public static partial int bind(int socket, byte* address, int length);

    [LibraryImport("libc")]
    public static partial int listen(int socket, int backlog);

    [LibraryImport("libc")]
    public static partial int accept4(int socket, byte* address, int* length, int flags);

    [LibraryImport("libc")]
    public static partial int connect(int socket, byte* address, int length);

    [LibraryImport("libc")]
    public static partial int getsockname(int socket, byte* address, int* length);

    [LibraryImport("libc")]
    public static partial int getpeername(int socket, byte* address, int* length);

    [LibraryImport("libc")]
    public static partial int setsockopt(int socket, int level, int option, int* value, int length);

    [LibraryImport("libc")]
    public static partial int getsockopt(int socket, int level, int option, int* value, int* length);

    [LibraryImport("libc")]
    public static partial int close(int descriptor);

    public static int LastErrorNumber => Marshal.GetLastSystemError();

    public static string ErrorText(int number) => Marshal.GetPInvokeErrorMessage(number);
}
