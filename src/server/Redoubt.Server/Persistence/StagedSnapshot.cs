// A master's snapshot that is parsed as it comes, into a dataset beside the one that is there (`repl-diskless-load swapdb`). A snapshot that breaks off or
// cannot be loaded costs nothing but the time.

using Redoubt.Keyspace;

namespace Redoubt.Server.Persistence;

internal sealed class StagedSnapshot : IncomingSnapshot
{
    private readonly DatasetLoader _loader;
    private readonly Func<long, string?> _weigh;
    private readonly Action<string?> _loaded;
    private readonly StagedDataset _staged;
    private readonly LoadJob _job;

    public StagedSnapshot(DatasetLoader loader, StagedDataset staged, long totalBytes, bool isOfOurHistory, Func<long, string?> weigh, Action<string?> loaded)
    {
        _loader = loader;
        _weigh = weigh;
        _loaded = loaded;
        _staged = staged;
        _job = loader.BeginStaged(_staged, isServed: isOfOurHistory, Finished);
        _job.TotalBytes = totalBytes;
        loader.StagedGivenUp = GiveUp;
    }

    public override bool WantsBytes => _job.WantsBytes;

    public override void Feed(ReadOnlySpan<byte> bytes) => _job.Feed(bytes);

    public override void End() => _job.FeedEnd();

    public override void Cancel()
    {
        _loader.Abandon(_job);
        Drop();
    }

    private void GiveUp()
    {
        Cancel();
        _loaded("another dataset is loaded");
    }

    private void Finished(LoadJob job, string? error)
    {
        StreamDatabase = job.Aux.ReplicationStreamDatabase ?? 0;
        error ??= _weigh(job.KeysLoaded) ?? _loader.Swap(_staged, job);
        Drop();
        _loaded(error);
    }

    private void Drop()
    {
        _loader.StagedGivenUp = null;
        _loader.Drop(_staged);
    }
}
