// Where the server listens: the addresses of `bind` on `port`, and the Unix socket.
//
// bind and port change while the server runs: the old sockets close before the new ones open, since both may want the same
// address. When the new ones cannot be had, CONFIG SET puts the old values back and asks again. Connections that stand are
// not touched.

using System.Net;
using System.Net.Sockets;
using Redoubt.Native.Sockets;
using Redoubt.Server.Configuration;
using Redoubt.Server.Logging;

namespace Redoubt.Server.Connections;

internal sealed class Listeners(SocketLoop sockets, ServerConfig config, ServerLog log)
{
    private readonly List<SocketListener> _tcp = [];
    private SocketListener? _unix;

    public bool IsOnTcp => _tcp.Count > 0;

    public bool IsOnUnix => _unix is not null;

    /// <summary>Opens everything. False when the server cannot start; the log says why.</summary>
    public bool Start()
    {
        sockets.Mark = (uint)config.Network.SocketMarkId.Value;
        if (!ListenTcp())
        {
            log.ListenFailed(config.Port);
            return false;
        }
        if (!ListenUnix())
            return false;
        if (!IsOnTcp && !IsOnUnix)
        {
            log.NotListening();
            return false;
        }
        return true;
    }

    /// <summary>Listens on the configured addresses and port instead of the former ones. False when one could not be had.</summary>
    public bool ListenTcp()
    {
        CloseTcp();
        if (config.Port == 0)
            return true;
        foreach (string name in config.Bind)
        {
            bool optional = name.StartsWith('-');
            string address = optional ? name[1..] : name;
            try
            {
                _tcp.Add(sockets.Listen(AddressOf(address), config.Port, config.TcpBacklog));
            }
            catch (SocketLoopException failure)
            {
                log.ListeningSocketWarning(address, config.Port, failure.Message);
                if (failure.Problem == SocketProblem.NoSuchProtocol || (optional && failure.Problem == SocketProblem.NoSuchAddress))
                    continue;
                CloseTcp();
                return false;
            }
            catch (SocketException unknownName)
            {
                log.ListeningSocketWarning(address, config.Port, unknownName.Message);
                CloseTcp();
                return false;
            }
        }
        return true;
    }

    /// <summary>At the end of the server.</summary>
    public void Close()
    {
        CloseTcp();
        if (_unix is null)
            return;
        _unix.Close();
        _unix = null;
        log.RemovingUnixSocket();
        File.Delete(UnixPath);
    }

    private string UnixPath => config.PathInDir(config.Network.UnixSocket.Text);

    private bool ListenUnix()
    {
        string name = config.Network.UnixSocket.Text;
        if (name.Length == 0)
            return true;
        try
        {
            _unix = sockets.ListenUnix(UnixPath, name, config.Network.UnixSocketPerm.Int, config.TcpBacklog);
            return true;
        }
        catch (Exception failure) when (failure is SocketLoopException or IOException or UnauthorizedAccessException)
        {
            log.UnixSocketFailed(failure.Message);
            return false;
        }
    }

    private void CloseTcp()
    {
        foreach (SocketListener listener in _tcp)
            listener.Close();
        _tcp.Clear();
    }

    internal static IPAddress AddressOf(string name)
    {
        if (name == "*")
            return IPAddress.Any;
        if (name == "::*")
            return IPAddress.IPv6Any;
        AddressFamily family = name.Contains(':') ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        return IPAddress.TryParse(name, out IPAddress? parsed) && parsed.AddressFamily == family ? parsed : Dns.GetHostAddresses(name, family)[0];
    }
}
