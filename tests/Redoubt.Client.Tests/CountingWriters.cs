using System.Collections.Concurrent;

namespace Redoubt.Client.Tests;

/// <summary>Writers that share a client. Each increments a counter of its own, which makes every doubled or lost write visible, and keeps
/// the books of what it was told.</summary>
internal sealed class CountingWriters
{
    private readonly Task[] _tasks;
    private readonly int[] _acknowledged;
    private readonly int[] _maybe;
    private readonly ConcurrentBag<Exception> _errors = [];
    private volatile bool _stop;

    public CountingWriters(RedoubtClient client, int writers)
    {
        _acknowledged = new int[writers];
        _maybe = new int[writers];
        _tasks = [.. Enumerable.Range(0, writers).Select(w => Task.Run(() => WriteAsync(client, w)))];
    }

    public IReadOnlyList<int> Acknowledged => _acknowledged;

    public IReadOnlyList<int> Maybe => _maybe;

    /// <summary>Whatever is neither an answer nor "may have been applied".</summary>
    public IReadOnlyCollection<Exception> Errors => _errors;

    public Task WaitForAsync(int more)
    {
        int goal = _acknowledged.Sum() + more;
        return Poll.UntilAsync(() => _acknowledged.Sum() >= goal, $"{more} more acknowledged writes");
    }

    public async Task StopAsync()
    {
        _stop = true;
        await Task.WhenAll(_tasks);
    }

    private async Task WriteAsync(RedoubtClient client, int writer)
    {
        while (!_stop)
        {
            try
            {
                await client.CommandAsync("INCR", $"counter:{writer}");
                _acknowledged[writer]++;
            }
            catch (MaybeAppliedException)
            {
                _maybe[writer]++;
            }
            catch (Exception error)
            {
                _errors.Add(error);
                return;
            }
        }
    }
}

internal static class Poll
{
    public static async Task UntilAsync(Func<bool> satisfied, string what)
    {
        for (int i = 0; i < 6000; i++)
        {
            if (satisfied())
                return;
            await Task.Delay(10);
        }

        Assert.Fail($"It never came true: {what}.");
    }
}
