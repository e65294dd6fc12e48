using System.Globalization;

namespace Redoubt.Testing;

/// <summary>
/// What a master sends to its replicas, as commands. It types SYNC on a bare socket, as the oldest of replicas would, and skips the
/// snapshot: what comes then is the stream of writes exactly as propagated. PING, which a master sends by its clock, is left out.
/// </summary>
public sealed class ReplicationStream : IDisposable
{
    private readonly RespConnection _connection;

    private ReplicationStream(RespConnection connection) => _connection = connection;

    /// <summary>The snapshot that preceded the stream, as the bytes of an RDB file.</summary>
    public byte[] Snapshot { get; private set; } = [];

    public static ReplicationStream Open(ServerProcess master)
    {
        var stream = new ReplicationStream(master.Connect());
        stream._connection.SendRaw("SYNC\r\n");
        string header;
        do
        {
            // Empty lines tell a waiting replica that its master is alive.
            header = stream._connection.ReadRawLine();
        }
        while (header.Length == 0);
        if (header[0] != '$')
        {
            throw new InvalidDataException($"SYNC was answered by {header}");
        }

        stream.Snapshot = header.StartsWith("$EOF:", StringComparison.Ordinal)
            ? stream._connection.ReadRawUntil(Wire.Bytes(header[5..]))
            : stream._connection.ReadRaw(int.Parse(header[1..], CultureInfo.InvariantCulture));
        return stream;
    }

    /// <summary>The next propagated command.</summary>
    public byte[][] Next()
    {
        while (true)
        {
            RespValue command = _connection.Read();
            byte[][] arguments = [.. command.Items.Select(i => i.Bytes)];
            if (command.Type == RespType.Array && !Is(arguments, "PING") && !Is(arguments, "REPLCONF"))
            {
                return arguments;
            }
        }
    }

    /// <summary>
    /// The commands up to the one that sets this key, which is left out: the test writes it last, so that the end of what it waits for is an
    /// event and not a pause. A SELECT just before it is kept.
    /// </summary>
    public List<byte[][]> Until(string markerKey)
    {
        var commands = new List<byte[][]>();
        while (true)
        {
            byte[][] command = Next();
            if (command.Length > 1 && command[1].AsSpan().SequenceEqual(Wire.Bytes(markerKey)))
            {
                return commands;
            }

            commands.Add(command);
        }
    }

    public void Dispose() => _connection.Dispose();

    private static bool Is(byte[][] command, string name) =>
        string.Equals(System.Text.Encoding.Latin1.GetString(command[0]), name, StringComparison.OrdinalIgnoreCase);
}
