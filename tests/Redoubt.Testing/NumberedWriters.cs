using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;

namespace Redoubt.Testing;

/// <summary>
/// Writers that number their writes and remember which were acknowledged, while the role of master moves between servers. Each write
/// sets a key of its own. A refused or broken write is tried again on the next server, as a client would; an acknowledged one must
/// be found on whoever is master in the end.
/// </summary>
public sealed class NumberedWriters : IDisposable
{
    private readonly ServerProcess[] _servers;
    private readonly Thread[] _threads;
    private readonly ConcurrentQueue<string> _acknowledged = [];
    private volatile bool _stopping;
    private long _longestGapMs;

    private NumberedWriters(int writers, ServerProcess[] servers)
    {
        _servers = servers;
        _threads = [.. Enumerable.Range(0, writers).Select(w => new Thread(() => Run(w)) { IsBackground = true, Name = $"writer {w}" })];
        Array.ForEach(_threads, t => t.Start());
    }

    public int Acknowledged => _acknowledged.Count;

    /// <summary>The longest time in which one writer got no acknowledgement: what clients feel of a failover.</summary>
    public long LongestGapMs => Interlocked.Read(ref _longestGapMs);

    public static NumberedWriters Start(int writers, params ServerProcess[] servers) => new(writers, servers);

    public void WaitFor(int more)
    {
        int goal = Acknowledged + more;
        Wait.Until(() => Acknowledged >= goal, $"{more} acknowledged writes");
    }

    public void Stop()
    {
        _stopping = true;
        Array.ForEach(_threads, t => t.Join());
    }

    /// <summary>Acknowledged writes that this server does not have. To be empty, after <see cref="Stop"/>.</summary>
    public List<string> LostOn(ServerProcess master)
    {
        using RespConnection connection = master.Connect();
        var lost = new List<string>();
        foreach (string[] keys in _acknowledged.Chunk(500))
        {
            RespValue[] replies = connection.Pipeline(keys.Select(k => new[] { "EXISTS", k }));
            lost.AddRange(keys.Where((_, i) => replies[i].OrThrow().Integer == 0));
        }

        return lost;
    }

    public void Dispose() => Stop();

    private void Run(int writer)
    {
        int current = 0;
        RespConnection? connection = null;
        long last = Environment.TickCount64;
        for (int number = 0; !_stopping;)
        {
            string key = string.Create(CultureInfo.InvariantCulture, $"writer:{writer}:{number}");
            try
            {
                connection ??= _servers[current].Connect();
                if (!connection.Call("SET", key, "written").IsError)
                {
                    _acknowledged.Enqueue(key);
                    number++;
                    Note(Environment.TickCount64 - last);
                    last = Environment.TickCount64;
                    continue;
                }
            }
            catch (Exception e) when (e is IOException or SocketException or TimeoutException or InvalidOperationException)
            {
                // Unknown whether it was written; only what was acknowledged counts.
            }

            connection?.Dispose();
            connection = null;
            current = (current + 1) % _servers.Length;
            Thread.Sleep(1); // a client's back-off: nothing announces that a server takes writes again
        }

        connection?.Dispose();
    }

    private void Note(long gapMs)
    {
        long seen;
        while (gapMs > (seen = LongestGapMs) && Interlocked.CompareExchange(ref _longestGapMs, gapMs, seen) != seen)
        {
        }
    }
}
