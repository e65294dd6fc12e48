using System.Diagnostics;
using Redoubt.Client;
using Redoubt.Failover.Procedures;
using Redoubt.Topology;

namespace Redoubt.Operations;

/// <summary>Measures a write pause as a writer feels it: sets one key every millisecond, on the old master until that refuses, then on the
/// new one, and takes the longest time between two acknowledged writes. The key expires a minute after the last one.</summary>
internal sealed class ProbeWriter : IAsyncDisposable
{
    private readonly string _key;
    private readonly RedoubtClient[] _nodes;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _abandon = new();
    private Task _writing = Task.CompletedTask;
    private long _lastAck;
    private long _longest;
    private int _current;

    private ProbeWriter(string key, RedoubtClient[] nodes)
    {
        _key = key;
        _nodes = nodes;
    }

    /// <summary>Returns once a first write was acknowledged by the old master.</summary>
    public static async Task<ProbeWriter> StartAsync(string key, NodeAddress oldMaster, NodeAddress target, ProbeOptions options)
    {
        // A paused master holds the write for as long as the pause lasts; that must not count as a dead connection.
        ClientOptions client = options.ToClientOptions() with { CommandTimeout = TimeSpan.FromSeconds(60), BackoffMax = TimeSpan.FromMilliseconds(10), ClientName = "redoubt-probe" };
        var writer = new ProbeWriter(key, [new RedoubtClient(oldMaster, client), new RedoubtClient(target, client)]);
        await writer.WriteAsync().ConfigureAwait(false);
        writer._longest = 0;
        writer._writing = writer.WriteOnAsync();
        return writer;
    }

    /// <summary>Waits for one more acknowledged write, so that a pause that is still going on is counted, and stops.</summary>
    public async Task<WritePause> StopAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        Task first = await Task.WhenAny(_writing, Task.Delay(TimeSpan.FromSeconds(10))).ConfigureAwait(false);
        return first == _writing
            ? new WritePause(Stopwatch.GetElapsedTime(0, _longest), "measured by a probing writer")
            : new WritePause(Stopwatch.GetElapsedTime(_lastAck), "measured by a probing writer, and no write has succeeded yet");
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _abandon.CancelAsync().ConfigureAwait(false);
        await _writing.ConfigureAwait(false);
        foreach (RedoubtClient node in _nodes)
            node.Dispose();
    }

    private async Task WriteOnAsync()
    {
        try
        {
            while (true)
            {
                bool last = _stop.IsCancellationRequested;
                try
                {
                    await WriteAsync().ConfigureAwait(false);
                    if (last)
                        return;
                }
                catch (ClientException)
                {
                    // Refused or cut off: the other one may be the master by now.
                    _current = 1 - _current;
                }

                await Task.Delay(1, _abandon.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Abandoned: nobody waits for the measurement any more.
        }
    }

    private async Task WriteAsync()
    {
        var options = new CommandOptions { Cancellation = _abandon.Token };
        await _nodes[_current].CommandAsync(options, "SET", _key, "redoubt", "EX", 60).ConfigureAwait(false);
        long now = Stopwatch.GetTimestamp();
        if (_lastAck != 0)
            _longest = Math.Max(_longest, now - _lastAck);
        _lastAck = now;
    }
}
