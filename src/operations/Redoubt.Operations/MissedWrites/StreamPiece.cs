using System.Buffers;
using System.Net.Sockets;
using System.Text;
using Redoubt.Topology;

namespace Redoubt.Operations.MissedWrites;

/// <summary>A piece of a node's replication stream cannot be had.</summary>
public sealed class StreamUnavailableException(string message) : Exception(message);

// A server that still runs gives out its stream to whoever asks like a replica: PSYNC with a history and a position. What it must not do is start
// a full resync for us, which is a snapshot of everything; so the question is put only where INFO says that the backlog covers it, and
// should the answer be FULLRESYNC all the same, the connection is closed at once.
//
// While we listen the server counts one replica more, one that acknowledges nothing. With min-replicas-to-write 1 and no other replica that
// could let writes through for as long as this takes; a fenced node asks for far more than one.

/// <summary>Reads bytes of a replication stream over the wire.</summary>
public static class StreamPiece
{
    private const int PieceBytesMax = 256 * 1024 * 1024;

    /// <summary>The bytes from one position up to an offset, both included.</summary>
    /// <exception cref="StreamUnavailableException">The node does not have or does not give them.</exception>
    public static async Task<byte[]> FetchAsync(NodeAddress address, ProbeOptions options, ReplicationId history, StreamPosition from, ReplicationOffset to, CancellationToken cancellation)
    {
        long length = to.NextByte - from;
        if (length <= 0)
            return [];
        if (length > PieceBytesMax)
            throw new StreamUnavailableException($"{address}: {length} bytes of stream are too many to look at");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(options.Timeout + TimeSpan.FromSeconds(10));
        try
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(address.Host, address.Port, limit.Token).ConfigureAwait(false);
            var reader = new LineReader(socket);
            if (options.Password is { } password)
            {
                await SendAsync(socket, limit.Token, options.User is { } user ? ["AUTH", user, password] : ["AUTH", password]).ConfigureAwait(false);
                string answer = await reader.LineAsync(limit.Token).ConfigureAwait(false);
                if (answer != "+OK")
                    throw new StreamUnavailableException($"{address}: {answer}");
            }

            await SendAsync(socket, limit.Token, "PSYNC", history.ToString(), from.ToString()).ConfigureAwait(false);
            string said = await reader.LineAsync(limit.Token).ConfigureAwait(false);
            if (!said.StartsWith("+CONTINUE", StringComparison.Ordinal))
                throw new StreamUnavailableException($"{address} does not continue {history} at {from}: {said}");
            return await reader.BytesAsync((int)length, limit.Token).ConfigureAwait(false);
        }
        catch (SocketException error)
        {
            throw new StreamUnavailableException($"{address}: {error.Message}");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new StreamUnavailableException($"{address} did not give its stream in time");
        }
    }

    private static async Task SendAsync(Socket socket, CancellationToken cancellation, params string[] words)
    {
        var text = new StringBuilder($"*{words.Length}\r\n");
        foreach (string word in words)
            text.Append($"${Encoding.UTF8.GetByteCount(word)}\r\n{word}\r\n");
        await socket.SendAsync(Encoding.UTF8.GetBytes(text.ToString()), cancellation).ConfigureAwait(false);
    }

    /// <summary>Lines first, then bytes, of one socket.</summary>
    private sealed class LineReader(Socket socket)
    {
        private const int LineBytesMax = 4096;
        private readonly ArrayBufferWriter<byte> _received = new();
        private int _used;

        public async Task<string> LineAsync(CancellationToken cancellation)
        {
            while (true)
            {
                int end = _received.WrittenSpan[_used..].IndexOf((byte)'\n');
                if (end >= 0)
                {
                    string line = Encoding.UTF8.GetString(_received.WrittenSpan.Slice(_used, end)).TrimEnd('\r');
                    _used += end + 1;
                    // Heartbeats of a master that is busy are empty lines.
                    if (line.Length > 0)
                        return line;
                    continue;
                }

                if (_received.WrittenCount - _used > LineBytesMax)
                    throw new StreamUnavailableException("the node's answer has no end");
                await ReceiveAsync(cancellation).ConfigureAwait(false);
            }
        }

        public async Task<byte[]> BytesAsync(int count, CancellationToken cancellation)
        {
            while (_received.WrittenCount - _used < count)
                await ReceiveAsync(cancellation).ConfigureAwait(false);
            return _received.WrittenSpan.Slice(_used, count).ToArray();
        }

        private async Task ReceiveAsync(CancellationToken cancellation)
        {
            int count = await socket.ReceiveAsync(_received.GetMemory(16 * 1024), SocketFlags.None, cancellation).ConfigureAwait(false);
            if (count == 0)
                throw new StreamUnavailableException("the node closed the connection");
            _received.Advance(count);
        }
    }
}
