// The snapshot that a master sends: finds its end (a length, or a mark), and passes its bytes on to the load.

using Redoubt.Replication;
using Redoubt.Server.Persistence;

namespace Redoubt.Server.Replicas;

internal sealed class SnapshotReceiver
{
    private readonly EofMarkScanner? _mark;
    private readonly IncomingSnapshot _incoming;

    /// <param name="isOfOurHistory">It is a later state of our dataset.</param>
    /// <param name="weigh">Given the number of keys that have arrived, why our dataset is not given up for them, or null.</param>
    /// <param name="loaded">Called once: null when the dataset is in place, else what went wrong.</param>
    public SnapshotReceiver(PayloadAnnouncement payload, DatasetLoader loader, bool isOfOurHistory, Func<long, string?> weigh, Action<string?> loaded)
    {
        TotalBytes = Math.Max(0, payload.LengthBytes);
        _mark = payload.EndsWithMark ? new EofMarkScanner(payload.EofMark.Span) : null;
        _incoming = loader.BeginIncoming(TotalBytes, isOfOurHistory, weigh, loaded);
    }

    /// <summary>What the master announced, 0 when it could not know.</summary>
    public long TotalBytes { get; }

    public long ReceivedBytes { get; private set; }

    /// <summary>All of it has arrived; it may still be loading.</summary>
    public bool IsComplete { get; private set; }

    public bool WantsBytes => _incoming.WantsBytes;

    /// <summary>The database that the stream has selected at the snapshot's offset.</summary>
    public int StreamDatabase => _incoming.StreamDatabase;

    /// <summary>Takes bytes; returns how many belong to the snapshot.</summary>
    public int Receive(ReadOnlySpan<byte> bytes)
    {
        int taken;
        if (_mark is not null)
        {
            taken = _mark.Scan(bytes, out ReadOnlySpan<byte> earlier, out ReadOnlySpan<byte> direct);
            _incoming.Feed(earlier);
            _incoming.Feed(direct);
            ReceivedBytes += taken;
            IsComplete = _mark.Finished;
        }
        else
        {
            taken = (int)Math.Min(bytes.Length, TotalBytes - ReceivedBytes);
            _incoming.Feed(bytes[..taken]);
            ReceivedBytes += taken;
            IsComplete = ReceivedBytes == TotalBytes;
        }
        if (IsComplete)
            _incoming.End();
        return taken;
    }

    public void Cancel() => _incoming.Cancel();
}
