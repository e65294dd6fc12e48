using System.Globalization;

namespace Redoubt.Testing;

/// <summary>
/// A replica typed by hand: the handshake step by step, PSYNC with any id and offset, then the stream with its bytes counted. It
/// shows what a real replica hides: which form the snapshot came in, and which byte of the history the stream went on from.
/// </summary>
public sealed class ReplicaSession : IDisposable
{
    private readonly RespConnection _connection;
    private bool _streaming;

    private ReplicaSession(RespConnection connection) => _connection = connection;

    /// <summary>The id and offset of +FULLRESYNC, or of what was asked for after +CONTINUE; the offset then grows with what is read.</summary>
    public string ReplicationId { get; private set; } = "";

    public long Offset { get; private set; }

    /// <summary>The bytes of the snapshot, and whether they came between end marks (<c>$EOF:</c>) rather than with a length.</summary>
    public byte[] Snapshot { get; private set; } = [];

    public bool SnapshotHadEndMark { get; private set; }

    /// <summary>A connection that has shaken hands and announced these capabilities (<c>"eof"</c>, <c>"psync2"</c>).</summary>
    public static ReplicaSession Open(ServerProcess master, params string[] capabilities)
    {
        RespConnection connection = master.Connect();
        connection.Call("PING").OrThrow();
        connection.Call("REPLCONF", "listening-port", "1").OrThrow();
        if (capabilities.Length > 0)
        {
            connection.Call(["REPLCONF", .. capabilities.SelectMany(c => new[] { "capa", c })]).OrThrow();
        }

        return new ReplicaSession(connection);
    }

    /// <summary>
    /// Sends PSYNC and gives the line that answers it. After +FULLRESYNC the snapshot is read too; the stream comes next in either case.
    /// </summary>
    public string Psync(string replicationId = "?", long offset = -1)
    {
        _connection.Send("PSYNC", replicationId, offset.ToString(CultureInfo.InvariantCulture));
        string answer = LineAfterKeepAlives();
        string[] words = answer.Split(' ');
        if (words[0] == "+FULLRESYNC")
        {
            ReplicationId = words[1];
            Offset = long.Parse(words[2], CultureInfo.InvariantCulture);
            ReadSnapshot();
        }
        else if (words[0] == "+CONTINUE")
        {
            ReplicationId = words.Length > 1 ? words[1] : replicationId;
            Offset = offset - 1;
        }

        return answer;
    }

    /// <summary>The next command of the stream, PINGs and GETACKs included; <see cref="Offset"/> is its end.</summary>
    public byte[][] Next()
    {
        // After end marks only the replica knows that it has the snapshot: the master keeps the stream back until an acknowledgement,
        // and does not count one that comes before its own child process has ended. So it is repeated, as a replica's clock does.
        while (SnapshotHadEndMark && !_streaming && !_connection.HasData(waitMs: 50))
        {
            Acknowledge(Offset);
        }

        _streaming = true;
        RespValue command = _connection.Read();
        Offset += command.Raw.Length;
        return [.. command.Items.Select(i => i.Bytes)];
    }

    /// <summary>Reads on until a command has this as its first argument, and gives all commands read, that one included.</summary>
    public List<byte[][]> Until(string key)
    {
        var commands = new List<byte[][]>();
        do
        {
            commands.Add(Next());
        }
        while (commands[^1].Length < 2 || !commands[^1][1].AsSpan().SequenceEqual(Wire.Bytes(key)));
        return commands;
    }

    public void Acknowledge(long offset) => _connection.Send("REPLCONF", "ACK", offset.ToString(CultureInfo.InvariantCulture));

    public void Dispose() => _connection.Dispose();

    private void ReadSnapshot()
    {
        string header = LineAfterKeepAlives();
        SnapshotHadEndMark = header.StartsWith("$EOF:", StringComparison.Ordinal);
        Snapshot = SnapshotHadEndMark ? _connection.ReadRawUntil(Wire.Bytes(header[5..]))
            : header[0] == '$' ? _connection.ReadRaw(int.Parse(header[1..], CultureInfo.InvariantCulture))
            : throw new InvalidDataException($"no snapshot but {header}");
    }

    private string LineAfterKeepAlives()
    {
        string line;
        do
        {
            // Empty lines tell a waiting replica that its master is alive.
            line = _connection.ReadRawLine();
        }
        while (line.Length == 0);
        return line;
    }
}
