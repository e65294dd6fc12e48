using System.Net;
using Redoubt.Testing;
using Redoubt.Topology;

namespace Redoubt.Client.Tests;

/// <summary>A master on 127.0.0.1, its replica on 127.0.0.2, both on one port as two machines would be, and a name that stands for one of them.</summary>
internal sealed class FollowingPair : IDisposable
{
    private readonly string _hosts = Path.Combine(Directory.CreateTempSubdirectory("redoubt-hosts-").FullName, "hosts");
    private readonly bool _byFile;

    public FollowingPair(ServerKind kind, bool byFile = false)
    {
        _byFile = byFile;
        First = RedisServers.Start(kind);
        Second = ServerProcess.StartAt("127.0.0.2", First.Port, kind, "--replicaof", $"127.0.0.1 {First.Port}", "--replica-announce-ip", "127.0.0.2");
        Second.WaitUntilLinked();
        Point("127.0.0.1");
    }

    public ServerProcess First { get; }

    public ServerProcess Second { get; }

    public string Name => "redis.example.net";

    public NodeAddress Address => new(Name, First.Port);

    private IPAddress Current { get; set; } = IPAddress.None;

    /// <summary>Moves the name.</summary>
    public void Point(string address)
    {
        Current = IPAddress.Parse(address);
        string old = File.Exists(_hosts) ? File.ReadAllText(_hosts) : "# a directory of names\n";
        File.WriteAllText(_hosts + ".new", HostsFile.Set(old, Name, [Current]));
        File.Move(_hosts + ".new", _hosts, overwrite: true);
    }

    /// <summary>A client with time enough to sit out a failover on a loaded machine.</summary>
    public RedoubtClient Connect() => new(Address, OptionsOf(new ClientOptions { RetryFor = TimeSpan.FromSeconds(60), CommandTimeout = TimeSpan.FromSeconds(30), ConnectTimeout = TimeSpan.FromSeconds(10) }));

    /// <summary>Options with the name's resolver in them.</summary>
    public ClientOptions OptionsOf(ClientOptions options) => options with
    {
        Resolve = _byFile ? HostsFile.Resolver(_hosts) : (_, _) => Task.FromResult<IPAddress[]>([Current]),
    };

    /// <summary>FAILOVER, and until the second is the master and the first follows it.</summary>
    public void HandOver()
    {
        First.Ask("FAILOVER", "TIMEOUT", "10000");
        Second.AskUntil(info => info.Contains("role:master"), "INFO", "replication");
        First.AskUntil(info => info.Contains("role:slave") && info.Contains("master_link_status:up"), "INFO", "replication");
    }

    /// <summary>Until the replica has all the master has; only for a master nobody writes to.</summary>
    public void WaitUntilEqual() => Wait.Until(() => First.Info("replication", "master_repl_offset") == Second.Info("replication", "slave_repl_offset"), "equal offsets");

    public void Dispose()
    {
        First.Dispose();
        Second.Dispose();
        Directory.Delete(Path.GetDirectoryName(_hosts)!, recursive: true);
    }
}
