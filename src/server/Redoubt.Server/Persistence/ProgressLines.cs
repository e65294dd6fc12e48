// Says in the log how far long work is: loading, saving, rewriting. INFO persistence has the same in fields; but who watches a server start
// looks at the log, and a server that says nothing for a minute looks dead.
//
// The first line comes after five seconds, and then one every five seconds: what is over sooner needs none.

using System.Globalization;
using Redoubt.Server.AppendOnly;
using Redoubt.Server.Logging;
using Redoubt.Server.Loop;

namespace Redoubt.Server.Persistence;

internal sealed class ProgressLines(SnapshotKeeper snapshots, DatasetLoader loader, AofKeeper aof, ServerLog log)
{
    private const long PeriodMs = 5000;
    private const double Mega = 1024 * 1024;

    private long _beganMs;
    private long _saidMs;

    /// <summary>About every 100 ms.</summary>
    public void Timer()
    {
        if (aof.Loading is { } load)
            Say(load.StartedMs, "Loading the append-only file", load.LoadedBytes / Mega, load.TotalBytes / Mega, "MB");
        else if (loader.Current is { } job)
            Say(job.StartedMs, "Loading the dataset", job.LoadedBytes / Mega, job.TotalBytes / Mega, "MB");
        else if (snapshots.Current is { } snapshot)
            Say(snapshot.StartedMs, snapshots.IsRewritingLog ? "Rewriting the append-only file" : "Saving the dataset", snapshot.KeysDone, snapshot.KeysTotal, "keys");
    }

    private void Say(long beganMs, string what, double done, double total, string unit)
    {
        long now = Clock.SteadyMs;
        if (beganMs != _beganMs)
            (_beganMs, _saidMs) = (beganMs, beganMs);
        if (now - _saidMs < PeriodMs)
            return;
        _saidMs = now;
        log.Progress(Describe(what, done, total, unit, now - beganMs));
    }

    /// <summary>"Loading the dataset: 40 % of 1024 MB, 205 MB/s, about 3 s left".</summary>
    /// <param name="total">0 = not known.</param>
    public static string Describe(string what, double done, double total, string unit, long elapsedMs)
    {
        double rate = elapsedMs > 0 ? done * 1000 / elapsedMs : 0;
        string pace = string.Create(CultureInfo.InvariantCulture, $"{rate:0} {unit}/s");
        if (total <= 0)
            return string.Create(CultureInfo.InvariantCulture, $"{what}: {done:0} {unit} so far, {pace}");
        string left = rate > 0 ? string.Create(CultureInfo.InvariantCulture, $"about {Math.Ceiling(Math.Max(0, total - done) / rate):0} s left") : "no end in sight";
        return string.Create(CultureInfo.InvariantCulture, $"{what}: {Math.Min(100, 100 * done / total):0} % of {total:0} {unit}, {pace}, {left}");
    }
}
