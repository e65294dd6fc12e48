using System.Net;
using System.Net.Sockets;

namespace Redoubt.Testing;

/// <summary>
/// Ports for servers under test. Asking the kernel for a free port and closing it again races with every other test process
/// that does the same, and with outgoing connections. So a port is taken from a range below the kernel's ephemeral ports and
/// held by an exclusive lock on a file named after it: other processes see the lock, and it goes with this process however it ends.
/// </summary>
public sealed class PortLease : IDisposable
{
    private const int First = 20_000;
    private const int Last = 29_999;
    private static readonly string LockFolder = Path.Combine(Path.GetTempPath(), "redoubt-test-ports");
    private readonly FileStream _lock;

    private PortLease(int port, FileStream heldLock)
    {
        Port = port;
        _lock = heldLock;
    }

    public int Port { get; }

    public static PortLease Take()
    {
        Directory.CreateDirectory(LockFolder);
        for (int attempt = 0; attempt < 2_000; attempt++)
        {
            int port = Random.Shared.Next(First, Last + 1);
            FileStream? held = TryLock(port);
            if (held is null)
            {
                continue;
            }

            if (CanBind(port))
            {
                return new PortLease(port, held);
            }

            held.Dispose();
        }

        throw new InvalidOperationException($"no free port between {First} and {Last} on loopback");
    }

    /// <summary>A port nobody listens on, not held: for servers that are to be started by somebody else, and for finding nobody there.</summary>
    public static int Free()
    {
        using PortLease lease = Take();
        return lease.Port;
    }

    public void Dispose() => _lock.Dispose();

    private static FileStream? TryLock(int port)
    {
        try
        {
            return new FileStream(Path.Combine(LockFolder, $"{port}.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static bool CanBind(int port)
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
