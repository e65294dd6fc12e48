using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Redoubt.Testing;

/// <summary>
/// A master typed by hand, for what a real one does not do on request: to fall silent, to break off inside a transaction, to send a
/// command nobody knows. The test plays it step by step; each step waits for what the replica sends.
/// </summary>
public sealed class ScriptedMaster : IDisposable
{
    /// <summary>A replication ID for tests.</summary>
    public const string HistoryId = "5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed";

    private readonly PortLease _lease = PortLease.Take();
    private readonly Socket _listener;
    private RespConnection? _connection;

    public ScriptedMaster()
    {
        _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, _lease.Port));
        _listener.Listen(16);
    }

    public int Port => _lease.Port;

    public RespConnection Connection => _connection ?? throw new InvalidOperationException("no replica has connected");

    /// <summary>Takes the next connection and plays the handshake; gives the words of the PSYNC that ends it.</summary>
    public string[] Handshake(int waitMs = 20_000)
    {
        if (!_listener.Poll(waitMs * 1000, SelectMode.SelectRead))
            throw new TimeoutException("no replica connected");
        _connection?.Dispose();
        _connection = RespConnection.Over(_listener.Accept());
        while (true)
        {
            string[] words = Command();
            switch (words[0].ToUpperInvariant())
            {
                case "PING":
                    Connection.SendRaw("+PONG\r\n");
                    break;
                case "PSYNC":
                    return words;
                default:
                    Connection.SendRaw("+OK\r\n");
                    break;
            }
        }
    }

    /// <summary>Answers a PSYNC with a full resync of this snapshot.</summary>
    public void SendSnapshot(byte[] rdb, long offset, string historyId = HistoryId)
    {
        Connection.SendRaw(string.Create(CultureInfo.InvariantCulture, $"+FULLRESYNC {historyId} {offset}\r\n${rdb.Length}\r\n"));
        Connection.SendRaw(rdb);
    }

    public void Continue(string historyId = HistoryId) => Connection.SendRaw($"+CONTINUE {historyId}\r\n");

    /// <summary>Sends commands of the stream; gives the number of their bytes.</summary>
    public int Stream(params string[][] commands)
    {
        int bytes = 0;
        foreach (string[] command in commands)
        {
            byte[] encoded = Wire.Encode(command);
            Connection.SendRaw(encoded);
            bytes += encoded.Length;
        }

        return bytes;
    }

    /// <summary>Asks for an acknowledgement and reads on to the answer: the clock's acknowledgements before it are told apart by <paramref name="offset"/>.</summary>
    public void WaitForAcknowledgement(long offset)
    {
        string expected = offset.ToString(CultureInfo.InvariantCulture);
        string[] words;
        do
        {
            words = Command();
        }
        while (words is not ["REPLCONF", "ACK", _] || words[2] != expected);
    }

    /// <summary>The next command the replica sends; empty lines, by which it shows that it lives, are passed over.</summary>
    public string[] Command()
    {
        Connection.SkipEmptyLines();
        return [.. Connection.Read().Items.Select(item => item.Text)];
    }

    /// <summary>Breaks the connection.</summary>
    public void Drop()
    {
        _connection?.Dispose();
        _connection = null;
    }

    public void Dispose()
    {
        Drop();
        _listener.Dispose();
        _lease.Dispose();
    }

    /// <summary>A snapshot of what a server holds, taken as a replica takes it.</summary>
    public static byte[] SnapshotOf(ServerProcess server)
    {
        using ReplicaSession session = ReplicaSession.Open(server);
        session.Psync();
        return session.Snapshot;
    }
}
