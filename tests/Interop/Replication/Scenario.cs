using System.Globalization;
using System.Runtime.CompilerServices;
using Redoubt.Testing;

namespace Redoubt.Interop.Replication;

/// <summary>
/// What is done to a group of nodes, as a text: one step a line, `#` begins a comment. The nodes are a, b, c; what kind of server each is, is not the scenario's matter.
/// Nothing enters the history of a node that no step asks for (<see cref="Nodes.StartStill"/>), so that the counts of resyncs are exact.
/// </summary>
internal sealed class Scenario(string[] steps, IReadOnlyList<ServerKind> kinds) : IDisposable
{
    private readonly Dictionary<string, ServerProcess> _nodes = [];
    private string[] _options = [];
    private WriteLoad? _load;
    private int _seed = 500;

    public static string Folder => Path.Combine(Path.GetDirectoryName(ThisFile())!, "Scenarios");

    public static Scenario Read(string name, params ServerKind[] kinds) => new(File.ReadAllLines(Path.Combine(Folder, name + ".txt")), kinds);

    public void Run()
    {
        for (int i = 0; i < steps.Length; i++)
        {
            string[] words = steps[i].Split('#')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0)
                continue;
            try
            {
                Do(words[0], words[1..]);
            }
            catch (Exception failure)
            {
                string logs = string.Concat(_nodes.Select(static node => $"\n---- {node.Key}: {node.Value.Kind}{(node.Value.IsRunning ? "" : ", not running")}\n{node.Value.Log}"));
                throw new InvalidOperationException($"line {i + 1}, '{steps[i]}': {failure.GetBaseException().Message}{logs}", failure);
            }
        }
    }

    public void Dispose()
    {
        _load?.Dispose();
        foreach (ServerProcess node in _nodes.Values)
            node.Dispose();
    }

    private void Do(string step, string[] words)
    {
        switch (step)
        {
            case "options":
                _options = words;
                break;
            case "start":
                for (int i = 0; i < words.Length; i++)
                    _nodes.Add(words[i], Nodes.StartStill(kinds[i], _options));
                break;
            case "follow":
                _nodes[words[0]].Follow(_nodes[words[1]]);
                break;
            case "promote":
                _nodes[words[0]].Promote();
                break;
            case "failover":
                FailOver(_nodes[words[0]], _nodes[words[1]]);
                break;
            case "fill":
                WriteLoad.Fill(_nodes[words[0]], _seed++, int.Parse(words[1], CultureInfo.InvariantCulture));
                break;
            case "load":
                _load = WriteLoad.Start(_nodes[words[0]], _seed++);
                _load.WaitFor(200);
                break;
            case "rest":
                _load!.WaitFor(200);
                _load.Stop();
                _load.Dispose();
                _load = null;
                break;
            case "cut":
                Cut(_nodes[words[0]]);
                break;
            case "kill":
                _nodes[words[0]].Kill();
                break;
            case "restart":
                _nodes[words[0]].Restart();
                _nodes[words[0]].Call("DEBUG", "SET-ACTIVE-EXPIRE", "0").OrThrow();
                break;
            case "reload":
                Reload(_nodes[words[0]], words.Length > 1 ? _nodes[words[1]] : null);
                break;
            case "same":
                Nodes.AssertSame(_nodes[words[0]], [.. words.Skip(1).Select(name => _nodes[name])]);
                break;
            case "syncs":
                Assert.Equal("full", words[1]);
                Assert.Equal(long.Parse(words[2], CultureInfo.InvariantCulture), SyncCounts.Of(_nodes[words[0]]).Full);
                break;
            default:
                throw new InvalidOperationException("no such step");
        }
    }

    /// <summary>All links to this node's replicas break, and they come back by a partial resync.</summary>
    private static void Cut(ServerProcess master)
    {
        int replicas = master.OnlineReplicas();
        SyncCounts before = SyncCounts.Of(master);
        master.Call("CLIENT", "KILL", "TYPE", "replica").OrThrow();
        Wait.Until(() => SyncCounts.Of(master).PartialOk >= before.PartialOk + replicas, "partial resyncs of all");
        Assert.Equal(before.Full, SyncCounts.Of(master).Full);
    }

    private static void FailOver(ServerProcess master, ServerProcess target)
    {
        string port = target.Port.ToString(CultureInfo.InvariantCulture);
        // Until the replica has acknowledged anything it is not taken for a target.
        Wait.Until(() => master.Call("FAILOVER", "TO", "127.0.0.1", port).Text == "OK", "FAILOVER to be accepted");
        target.WaitForRole("master");
        Wait.For("no-failover", () => master.Info("replication", "master_failover_state"), "the end of the failover");
        master.WaitUntilLinked();
    }

    /// <summary>Stopped in order, with its dataset saved, and started again.</summary>
    private void Reload(ServerProcess node, ServerProcess? master)
    {
        using (RespConnection connection = node.Connect())
            connection.Send("SHUTDOWN", "SAVE");
        node.WaitForExit(TimeSpan.FromSeconds(20));
        string[] following = master is null ? [] : ["--replicaof", $"127.0.0.1 {master.Port}"];
        node.Restart([.. Nodes.StillOptions, .. _options, .. following]);
        node.Call("DEBUG", "SET-ACTIVE-EXPIRE", "0").OrThrow();
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
