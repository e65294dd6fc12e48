// Executes the commands of one append-only file.
//
//   file ─► helper: reads, finds whole commands ─► AofChunk ─► keyspace thread: executes them, a chunk per look
//
// The commands run through a dispatcher of their own, on behalf of a client that is obeyed like a master and has no connection: nothing is
// answered, propagated, counted or refused, and no key expires on the way, since what had expired when the commands ran first was
// deleted by a command that stands in the file too.
//
// Failure: `Finished` says how the file ended; whether that can be lived with is decided by AofLoad.

using System.Collections.Concurrent;
using System.Text;
using Redoubt.Keyspace;
using Redoubt.Persistence;
using Redoubt.Persistence.AppendOnly;
using Redoubt.Resp;
using Redoubt.Server.Connections;
using Redoubt.Server.Dispatch;
using Redoubt.Server.Loop;

namespace Redoubt.Server.AppendOnly;

internal sealed class AofReplay : ICommandSource
{
    private const int ChunksMax = 4;

    private readonly Dispatcher _dispatcher;
    private readonly RespWriter _reply;
    private readonly Redoubt.Keyspace.Keyspace _keyspace;
    private readonly Mailbox _mailbox;
    private readonly AofReader _reader;
    private readonly BlockingCollection<AofChunk> _chunks = new(ChunksMax);
    private readonly ConcurrentBag<AofChunk> _spare = [];
    private readonly ClientConnection _client = new() { Id = 0, Channel = new NoChannel(), IsAuthenticated = true, IsMasterLink = true };
    private volatile bool _isRead;

    /// <summary>Opens the file; throws what the system says about it.</summary>
    public AofReplay(string path, long from, Dispatcher dispatcher, RespWriter reply, Redoubt.Keyspace.Keyspace keyspace, Mailbox mailbox)
    {
        _dispatcher = dispatcher;
        _reply = reply;
        _keyspace = keyspace;
        _mailbox = mailbox;
        _reader = new AofReader(path, from);
        _client.Parser.BulkBytesMax = int.MaxValue;
        DoneBytes = from;
        new Thread(Read) { IsBackground = true, Name = "redoubt-aof-read" }.Start();
    }

    public AofReader Reader => _reader;

    public long DoneBytes { get; private set; }

    public bool IsDone { get; private set; }

    /// <summary>The name of a command that this server does not have; null when there was none.</summary>
    public string? Unknown { get; private set; }

    /// <summary>Executes until the deadline of the steady clock. True while there is something to execute.</summary>
    public bool Slice(long deadlineMicroseconds)
    {
        while (!IsDone)
        {
            if (!_chunks.TryTake(out AofChunk? chunk))
            {
                if (_isRead && _chunks.Count == 0)
                    End();
                return false;
            }
            Execute(chunk);
            if (Clock.SteadyMicroseconds >= deadlineMicroseconds)
                return true;
        }
        return false;
    }

    private void Execute(AofChunk chunk)
    {
        if (Unknown is null)
        {
            ExpiryMode mode = _keyspace.ExpiryMode;
            _keyspace.ExpiryMode = ExpiryMode.Ignore;
            _dispatcher.Source = this;
            _reply.Begin(0);
            int done = _dispatcher.Execute(_client, chunk.Bytes, chunk.Length);
            _reply.Clear();
            _keyspace.ExpiryMode = mode;
            if (Unknown is null && (done < chunk.Length || _client.IsBlocked || _client.CloseAfterReply))
                Unknown = _client.LastCommand?.Name ?? "";
        }
        DoneBytes = chunk.EndsAt;
        _spare.Add(chunk);
        if (Unknown is not null)
            End();
    }

    private void End()
    {
        IsDone = true;
        while (!_isRead)
        {
            // The helper must have left the file before it is cut or closed.
            while (_chunks.TryTake(out _))
            {
            }
        }
        _reader.Dispose();
    }

    bool ICommandSource.MayLeaveOut(ReadOnlySpan<byte> name)
    {
        Unknown = Encoding.Latin1.GetString(name[..Math.Min(name.Length, 128)]);
        _client.IsAborted = true;
        return false;
    }

    /// <summary>It was answered with the same error when it ran first, and changed nothing.</summary>
    void ICommandSource.Failed(string command, string error)
    {
    }

    void ICommandSource.Applied(ReadOnlySpan<byte> bytes, bool isInsideTransaction)
    {
    }

    // ---- the helper -------------------------------------------------------------------------------------------------

    private void Read()
    {
        while (true)
        {
            AofChunk chunk = _spare.TryTake(out AofChunk? spare) ? spare : new AofChunk();
            if (!_reader.Read(chunk))
                break;
            _chunks.Add(chunk);
            _mailbox.Post(static () => { });
        }
        _isRead = true;
        _mailbox.Post(static () => { });
    }
}
