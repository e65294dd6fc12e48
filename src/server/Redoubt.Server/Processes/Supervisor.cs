// What started the server and wants to be told when it is ready: systemd (a datagram to its socket), upstart (SIGSTOP).
//
// systemd's protocol is lines of NAME=value in a datagram to the Unix socket that NOTIFY_SOCKET names; a leading @ means a
// name without a file.

using System.Net.Sockets;
using System.Text;
using Redoubt.Native.Processes;
using Redoubt.Server.Configuration;
using Redoubt.Server.Logging;

namespace Redoubt.Server.Processes;

internal sealed class Supervisor
{
    private readonly string? _notifySocket;

    private Supervisor(Supervision by, string? notifySocket)
    {
        By = by;
        _notifySocket = notifySocket;
    }

    /// <summary>Who it is; <see cref="Supervision.None"/> when nobody is told.</summary>
    public Supervision By { get; }

    public bool IsPresent => By != Supervision.None;

    public static Supervisor None { get; } = new(Supervision.None, null);

    /// <summary>Finds out who supervises, as <c>supervised</c> asks, and tells it that the server starts.</summary>
    public static Supervisor Find(Supervision wanted, ServerLog log)
    {
        string? notifySocket = Environment.GetEnvironmentVariable("NOTIFY_SOCKET");
        bool hasUpstart = Environment.GetEnvironmentVariable("UPSTART_JOB") is not null;
        if (wanted == Supervision.Auto)
        {
            wanted = hasUpstart ? Supervision.Upstart : notifySocket is not null ? Supervision.Systemd : Supervision.None;
            if (wanted != Supervision.None)
                log.SupervisionDetected(wanted.ToString());
        }
        switch (wanted)
        {
            case Supervision.Upstart when hasUpstart:
                log.SupervisedByUpstart();
                FatalSignals.StopThisProcess();
                Environment.SetEnvironmentVariable("UPSTART_JOB", null);
                return new Supervisor(Supervision.Upstart, null);
            case Supervision.Upstart:
                log.UpstartJobMissing();
                return None;
            case Supervision.Systemd when notifySocket is { Length: > 1 }:
                Supervisor systemd = new(Supervision.Systemd, notifySocket);
                systemd.Tell("STATUS=Redis is loading...\n");
                log.SupervisedBySystemd();
                return systemd;
            case Supervision.Systemd:
                log.SystemdSocketMissing();
                return None;
            default:
                return None;
        }
    }

    /// <summary>The server accepts connections; a replica does so before its dataset is its master's.</summary>
    public void Ready(bool isReplica)
    {
        Tell(isReplica
            ? "STATUS=Ready to accept connections in read-only mode. Waiting for MASTER <-> REPLICA sync\n"
            : "STATUS=Ready to accept connections\n");
        Tell("READY=1\n");
    }

    public void Stopping() => Tell("STOPPING=1\n");

    /// <summary>Nobody may listen any more; then there is nobody to tell.</summary>
    private void Tell(string lines)
    {
        if (_notifySocket is null)
            return;
        try
        {
            using Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            string name = _notifySocket[0] == '@' ? '\0' + _notifySocket[1..] : _notifySocket;
            _ = socket.SendTo(Encoding.UTF8.GetBytes(lines), new UnixDomainSocketEndPoint(name));
        }
        catch (SocketException)
        {
            // The supervisor finds out by its own time-outs.
        }
    }
}
