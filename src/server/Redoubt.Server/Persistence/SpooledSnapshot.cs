// A master's snapshot that is written to a temporary file before it replaces the dataset. The writing is a helper thread's;
// when it is behind, the socket waits.
//
// The helper also reads what it writes, once, and throws the entries away: a snapshot that cannot be loaded (damaged, or with values of a module)
// is turned down while the old dataset is still there. What is left to find out afterwards are twins, which no server writes.

using System.Collections.Concurrent;
using Redoubt.Persistence.Rdb;
using Redoubt.Server.Configuration;

namespace Redoubt.Server.Persistence;

internal sealed class SpooledSnapshot : IncomingSnapshot
{
    private const long UnwrittenBytesMax = 8L * 1024 * 1024;

    private const int JudgedAtOnceBytes = 256 * 1024;

    private static int _lastNumber;

    private readonly DatasetLoader _loader;
    private readonly Func<long, string?> _weigh;
    private readonly Action<string?> _loaded;
    private readonly string _path;
    private readonly RdbReader _judge;
    private readonly BlockingCollection<byte[]> _pieces = [];
    private long _unwritten;
    private volatile bool _cancelled;
    private LoadJob? _job;

    /// <param name="weigh">Given the number of keys that have arrived, why the dataset is not given up for them, or null.</param>
    public SpooledSnapshot(DatasetLoader loader, ServerConfig config, Func<long, string?> weigh, Action<string?> loaded)
    {
        _loader = loader;
        _weigh = weigh;
        _loaded = loaded;
        _judge = new RdbReader(new RdbReaderOptions { VerifyChecksum = config.RdbChecksum, DatabasesMax = config.Databases, BatchBytes = JudgedAtOnceBytes });
        _path = config.PathInDir($"temp-{Environment.ProcessId}.sync-{++_lastNumber}.rdb");
        new Thread(Write) { IsBackground = true, Name = "redoubt-spool" }.Start();
    }

    public override bool WantsBytes => Interlocked.Read(ref _unwritten) < UnwrittenBytesMax;

    public override void Feed(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || _cancelled)
            return;
        Interlocked.Add(ref _unwritten, bytes.Length);
        _pieces.Add(bytes.ToArray());
    }

    public override void End() => _pieces.CompleteAdding();

    public override void Cancel()
    {
        _cancelled = true;
        if (!_pieces.IsAddingCompleted)
            _pieces.CompleteAdding();
        if (_job is { } job)
        {
            _loader.Abandon(job);
            File.Delete(_path);
        }
    }

    private void Write()
    {
        Native.ThreadPriorities.LowerThisThread();
        string? error = null;
        try
        {
            using FileStream file = new(_path, FileMode.Create, FileAccess.Write, FileShare.Read, 1);
            foreach (byte[] piece in _pieces.GetConsumingEnumerable())
            {
                if (_cancelled || error is not null)
                    break;
                file.Write(piece);
                error = Judge(piece);
                Interlocked.Add(ref _unwritten, -piece.Length);
                _loader.Mailbox.Post(() => _loader.MoreRoom?.Invoke());
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            error = $"cannot write the received snapshot to {_path}: {failure.Message} (free some space, or set dir to a folder that has it)";
        }
        if (error is null && !_cancelled && _judge.EndOfInput() == RdbReaderState.Failed)
            error = _judge.Error!.ToString();
        _loader.Mailbox.Post(() => Written(error));
    }

    /// <summary>Reads a piece for its faults alone; null when there is none so far.</summary>
    private string? Judge(ReadOnlySpan<byte> piece)
    {
        while (true)
        {
            RdbReaderState state = _judge.Feed(piece, out int consumed);
            if (state != RdbReaderState.BatchReady)
                return state == RdbReaderState.Failed ? _judge.Error!.ToString() : null;
            piece = piece[consumed..];
            _judge.Batch.Clear();
            _judge.TakeBatch(_judge.Batch);
        }
    }

    private void Written(string? error)
    {
        if (error is null && !_cancelled)
            error = _weigh(_judge.EntriesRead);
        if (_cancelled || error is not null)
        {
            File.Delete(_path);
            if (!_cancelled)
                _loaded(error);
            return;
        }
        _loader.Arrives();
        _job = _loader.Begin(_path, dropExpired: false, (job, failure) =>
        {
            StreamDatabase = job.Aux.ReplicationStreamDatabase ?? 0;
            File.Delete(_path);
            _loaded(failure);
        });
    }
}
