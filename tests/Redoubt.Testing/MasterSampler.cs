using System.Net.Sockets;

namespace Redoubt.Testing;

/// <summary>
/// Writes to every node of a group in turn, every few milliseconds, and notes who accepted. While the role moves once, acceptance may
/// move once, from the old master to the new one; if it ever comes back, both have accepted writes at the same time.
/// </summary>
public sealed class MasterSampler : IDisposable
{
    private readonly ServerProcess[] _servers;
    private readonly Thread _thread;
    private readonly List<int> _accepted = [];
    private volatile bool _stopping;

    private MasterSampler(ServerProcess[] servers)
    {
        _servers = servers;
        _thread = new Thread(Run) { IsBackground = true, Name = "sampler" };
        _thread.Start();
    }

    public static MasterSampler Start(params ServerProcess[] servers) => new(servers);

    /// <summary>The ports of the nodes that accepted writes, in order, each named once per time that it took over.</summary>
    public IReadOnlyList<int> Stop()
    {
        _stopping = true;
        _thread.Join();
        return _accepted;
    }

    public void Dispose() => Stop();

    private void Run()
    {
        var connections = new RespConnection?[_servers.Length];
        for (int number = 0; !_stopping; number++)
        {
            for (int i = 0; i < _servers.Length; i++)
            {
                try
                {
                    connections[i] ??= _servers[i].Connect();
                    if (!connections[i]!.Call("SET", $"sampler:{number}:{i}", "accepted").IsError && (_accepted.Count == 0 || _accepted[^1] != _servers[i].Port))
                        _accepted.Add(_servers[i].Port);
                }
                catch (Exception e) when (e is IOException or SocketException or TimeoutException or InvalidOperationException)
                {
                    connections[i]?.Dispose();
                    connections[i] = null;
                }
            }

            Thread.Sleep(5); // the pace of sampling
        }

        foreach (RespConnection? connection in connections)
            connection?.Dispose();
    }
}
