using System.Globalization;
using Redoubt.Operations.MissedWrites;
using System.Text;
using Redoubt.Failover.MissedWrites;
using Redoubt.Testing;
using Redoubt.Topology;

namespace Redoubt.Operations.Tests.MissedWrites;

/// <summary>A master and a replica that were together and have been parted; the master then took writes of which the test keeps the books.</summary>
internal sealed class PartedPair : IDisposable
{
    private static readonly string[][] Missed =
    [
        ["SET", "lost1", "one"], ["INCR", "ctr"], ["PEXPIREAT", "ctr", "4102444800000"], ["LPUSH", "list", "a", "b"],
        ["HSET", "binary\0key\r\n", "f*1\r\n$4\r\nPING\r\n", "v"], ["SADD", "set", "x"], ["DEL", "shared:1"],
    ];

    private readonly CuttingProxy _link;
    private readonly List<string> _truth = [];

    public PartedPair(ServerKind kind, params string[] directives)
    {
        Old = RedisServers.Start(kind, ["--repl-ping-replica-period", "3600", .. directives]);
        _link = new CuttingProxy(Old.Port);
        New = RedisServers.Start(kind, "--replicaof", $"127.0.0.1 {_link.Port}", "--repl-ping-replica-period", "3600");
        New.WaitUntilLinked();
        for (int i = 0; i < 20; i++)
            Old.Ask("SET", $"shared:{i}", i.ToString(CultureInfo.InvariantCulture));
        Old.Ask("INCR", "ctr");
        Old.Ask("RPUSH", "list", "before");
        Wait.Until(() => Old.Info("replication", "master_repl_offset") == New.Info("replication", "slave_repl_offset"), "equal offsets");
        _link.Break();
        Wait.Until(() => New.Info("replication", "master_link_status") == "down" && Old.Info("replication", "connected_slaves") == "0", "the link to be cut");
    }

    public ServerProcess Old { get; }

    public ServerProcess New { get; }

    /// <summary>What the old master was told after they were parted, as database and words.</summary>
    public IReadOnlyList<string> Truth => _truth;

    public MissedWritesSearch Search() => new(Probe(New), new ProbeOptions());

    public static NodeProbe Probe(ServerProcess server) => new(new NodeAddress(server.Host, server.Port), new ProbeOptions());

    /// <summary>Writes of many kinds to the old master alone: binary, in a transaction, in another database.</summary>
    public void WriteWhatWillBeMissed()
    {
        using RespConnection connection = Old.Connect();
        foreach (string[] words in Missed)
            Write(connection, 0, words);
        connection.Call("MULTI").OrThrow();
        Write(connection, 0, ["SET", "in", "transaction"]);
        Write(connection, 0, ["INCRBY", "ctr", "5"]);
        connection.Call("EXEC").OrThrow();
        connection.Call("SELECT", "3").OrThrow();
        Write(connection, 3, ["SET", "elsewhere", "yes"]);
    }

    public void Promote() => New.Ask("REPLICAOF", "NO", "ONE");

    public static string[] TextOf(LossFindings findings) =>
        [.. findings.Commands.Select(command => $"{command.Database} {string.Join(' ', command.Words.Select(word => Encoding.UTF8.GetString(word)))}")];

    public void Dispose()
    {
        _link.Dispose();
        Old.Dispose();
        New.Dispose();
    }

    private void Write(RespConnection connection, int database, string[] words)
    {
        connection.Call(words).OrThrow();
        _truth.Add($"{database} {string.Join(' ', words)}");
    }
}
