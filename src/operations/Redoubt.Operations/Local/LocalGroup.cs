using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Redoubt.Failover;
using Redoubt.Topology;

namespace Redoubt.Operations.Local;

// A replicated group on this machine, for trying out and developing: one folder for the group, one folder per node.
//
//   DIR/group.json          processes and addresses; which node was the master last
//   DIR/group.lock          held while a start or a stop is under way
//   DIR/node-1/redis.conf   written anew at every start
//   DIR/node-1/redis.log    the server's log
//   DIR/node-1/server.out   what it printed before it had a log
//   DIR/node-1/dump.rdb     …and whatever else the server keeps
//
// Whose data is the newest is the one thing that must not be got wrong: if after a switchover to node-2 the next start
// made node-1 the master again, node-2's newer data would be wiped by the resync. So the master's name is recorded whenever it is seen, and
// the next start gives that node the role (and keeps it in the group however few nodes are asked for).
//
// The servers are processes of their own, in sessions of their own; a tool that is killed leaves them running, and `down` finds them again.

/// <summary>What to start.</summary>
public sealed record LocalGroupRequest
{
    /// <summary>The group's folder.</summary>
    public required string Folder { get; init; }

    /// <summary>Full path of the server's binary.</summary>
    public required string Server { get; init; }

    /// <summary>How many replicas beside the master.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>The first port to try; taken ones are passed over.</summary>
    public int Port { get; init; } = 6379;
}

/// <summary>A group of servers on this machine that this tool started.</summary>
public sealed class LocalGroup : IDisposable
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, NodeProcess> _processes = [];
    private readonly HashSet<string> _reportedDead = [];
    private GroupFile _file;

    private LocalGroup(string folder, GroupFile file)
    {
        Folder = folder;
        _file = file;
    }

    /// <summary>The group's folder.</summary>
    public string Folder { get; }

    /// <summary>Its nodes, by name.</summary>
    public IReadOnlyList<LocalNode> Nodes => _file.Nodes;

    /// <summary>Whether at least one of its processes still runs.</summary>
    public bool AnyAlive => _processes.Values.Any(process => process.IsAlive);

    /// <summary>Names for reports.</summary>
    public IReadOnlyDictionary<NodeAddress, string> Names => _file.Nodes.ToDictionary(node => node.Address, node => node.Name);

    /// <summary><c>$XDG_DATA_HOME/redoubt/default</c> where that variable is set, <c>~/.redoubt/default</c> elsewhere.</summary>
    public static string DefaultFolder
    {
        get
        {
            string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            return Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } data
                ? Path.Combine(data, "redoubt", "default")
                : Path.Combine(home, ".redoubt", "default");
        }
    }

    /// <summary>The folder's group if at least one of its processes runs; otherwise null.</summary>
    public static LocalGroup? Find(string folder)
    {
        if (GroupFile.Load(folder) is not { } file)
            return null;
        var group = new LocalGroup(folder, file);
        foreach (LocalNode node in file.Nodes)
        {
            if (NodeProcess.Find(node) is { } process)
                group._processes[node.Name] = process;
        }

        return group._processes.Count > 0 ? group : null;
    }

    /// <summary>Starts the servers; they may still be loading and synchronising when this returns.</summary>
    public static LocalGroup Start(LocalGroupRequest request)
    {
        CreateFolder(request.Folder);
        using FileStream guard = Lock(request.Folder);
        if (Find(request.Folder) is { } running)
        {
            running.Dispose();
            throw new LocalGroupException($"A group already runs in {request.Folder}: see it with 'redoubt status', stop it with 'redoubt down', or choose another folder with --dir.");
        }

        GroupFile? earlier = GroupFile.Load(request.Folder);
        string master = earlier?.Master ?? "node-1";
        IReadOnlyList<int> ports = FreePorts(request.Port, request.Replicas + 1);
        LocalNode[] nodes = [.. NamesFor(master, request.Replicas + 1).Select((name, index) => new LocalNode { Name = name, Port = ports[index] })];
        var group = new LocalGroup(request.Folder, new GroupFile { Server = request.Server, Master = master, Nodes = nodes });
        try
        {
            // The master first, so that the replicas' first attempt to reach it has a chance.
            foreach (LocalNode node in nodes.OrderBy(node => node.Name != master))
                group.StartNode(node);
            return group;
        }
        catch
        {
            foreach (NodeProcess process in group._processes.Values)
                process.Signal("KILL");
            group.Dispose();
            throw;
        }
    }

    /// <summary>Whether a process has ended because somebody else took its port between the look and the start. Redis and Redoubt log that in the system's words.</summary>
    public bool LostAPort => Nodes.Any(node =>
        _processes.TryGetValue(node.Name, out NodeProcess? process) && !process.IsAlive
        && LastWords(node).Any(line => line.Contains("Address already in use", StringComparison.OrdinalIgnoreCase)));

    /// <summary>Waits until the master serves and every replica is online, as long as all processes live; loading and full resyncs take
    /// as long as they take, silence at most <paramref name="limit"/>. Null when ready, otherwise why not.</summary>
    public async Task<string?> WaitUntilReadyAsync(GroupProbe probe, TimeSpan limit, Action<string> progress, CancellationToken cancellation)
    {
        long quietSince = Stopwatch.GetTimestamp();
        string last = "";
        while (true)
        {
            if (NewlyDead() is [var dead, ..])
                return dead;
            GroupObservation seen = await probe.ObserveAsync(cancellation).ConfigureAwait(false);
            NodeObservation[] own = [.. Nodes.Select(node => seen.Find(node.Address)).OfType<NodeObservation>()];
            if (own.Length == Nodes.Count && own.All(node => IsReady(seen, node)))
            {
                NoteMaster(seen);
                return null;
            }

            string state = string.Join(", ", Nodes.Select(node => $"{node.Name} {StateOf(seen.Find(node.Address))}"));
            if (state != last)
            {
                progress(state);
                (last, quietSince) = (state, Stopwatch.GetTimestamp());
            }

            bool working = own.Any(node => node.Vitals.Loading || node.Replication?.Master?.Sync is not null);
            if (!working && Stopwatch.GetElapsedTime(quietSince) > limit)
                return $"The group is not ready after {limit.TotalSeconds:0} s: {state}. The logs are in {Folder}/node-*/redis.log.";
            await Task.Delay(20, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>One message for each process that has ended since the last call, with the end of its log.</summary>
    public IReadOnlyList<string> NewlyDead()
    {
        List<string> messages = [];
        foreach (LocalNode node in Nodes)
        {
            if (!_processes.TryGetValue(node.Name, out NodeProcess? process) || process.IsAlive || !_reportedDead.Add(node.Name))
                continue;
            string how = process.ExitCode is { } code ? (code > 128 ? $" (signal {code - 128})" : $" (exit code {code})") : "";
            var message = new StringBuilder($"{node.Name} on port {node.Port} has ended{how}. Its last words:");
            foreach (string line in LastWords(node))
                message.Append("\n    ").Append(line);
            messages.Add(message.ToString());
        }

        return messages;
    }

    /// <summary>Records who the master is, if that has changed: the next start relies on it.</summary>
    public void NoteMaster(GroupObservation seen)
    {
        if (seen.Master is not { } master || Nodes.FirstOrDefault(node => master.IsAt(node.Address)) is not { } node || node.Name == _file.Master)
            return;
        _file = _file with { Master = node.Name };
        _file.Save(Folder);
    }

    /// <summary>Stops every process: SIGTERM, a wait, SIGKILL as the last resort. Replicas go first, so that none of them starts to look for a
    /// master that is being stopped. Returns what had to be said.</summary>
    public async Task<IReadOnlyList<string>> StopAsync()
    {
        using FileStream guard = Lock(Folder);
        List<string> messages = [];
        LocalNode[][] order = [[.. Nodes.Where(node => node.Name != _file.Master)], [.. Nodes.Where(node => node.Name == _file.Master)]];
        foreach (LocalNode[] batch in order)
        {
            foreach (LocalNode node in batch)
                _processes.GetValueOrDefault(node.Name)?.Signal("TERM");
            foreach (LocalNode node in batch)
            {
                if (!_processes.TryGetValue(node.Name, out NodeProcess? process) || await process.WaitForExitAsync(StopLimit).ConfigureAwait(false))
                    continue;
                process.Signal("KILL");
                await process.WaitForExitAsync(StopLimit).ConfigureAwait(false);
                messages.Add($"{node.Name} did not stop within {StopLimit.TotalSeconds:0} s of SIGTERM and was killed; what it had not saved is lost. Its log: {LogOf(node)}");
            }
        }

        _file = _file with { Nodes = [.. Nodes.Select(node => node with { ProcessId = 0, StartedTicks = 0 })] };
        _file.Save(Folder);
        return messages;
    }

    /// <summary>Lets go of the processes without stopping them.</summary>
    public void Dispose()
    {
        foreach (NodeProcess process in _processes.Values)
            process.Dispose();
    }

    private void StartNode(LocalNode node)
    {
        string folder = Path.Combine(Folder, node.Name);
        CreateFolder(folder);
        string configuration = Path.Combine(folder, "redis.conf");
        File.WriteAllText(configuration, ConfigurationOf(node, folder));
        NodeProcess process = NodeProcess.Start(_file.Server, configuration, folder, OutputOf(node));
        _processes[node.Name] = process;
        _file = _file with
        {
            Nodes = [.. Nodes.Select(other => other.Name == node.Name ? node with { ProcessId = process.ProcessId, StartedTicks = process.StartedTicks } : other)],
        };
        // Saved after each one: a tool that dies here leaves no process that cannot be found again.
        _file.Save(Folder);
    }

    private string ConfigurationOf(LocalNode node, string folder)
    {
        var text = new StringBuilder("# Written by redoubt at every start of the group; changes here are lost.\n");
        text.Append($"port {node.Port}\nbind 127.0.0.1\ndir \"{folder}\"\nlogfile \"{LogOf(node)}\"\n");
        // A replica that asks for a full resync gets it at once instead of after five seconds of waiting for others to join in.
        text.Append("repl-diskless-sync-delay 0\n");
        if (node.Name != _file.Master)
            text.Append($"replicaof 127.0.0.1 {Nodes.Single(other => other.Name == _file.Master).Port}\n");
        return text.ToString();
    }

    private string LogOf(LocalNode node) => Path.Combine(Folder, node.Name, "redis.log");

    private string OutputOf(LocalNode node) => Path.Combine(Folder, node.Name, "server.out");

    /// <summary>What it printed last, or else logged last: a server that rejects its configuration says so before it opens its log.</summary>
    private string[] LastWords(LocalNode node)
    {
        string[] printed = Tail(OutputOf(node), 4);
        string[] logged = Tail(LogOf(node), 6);
        return printed.Length == 0 && logged.Length == 0 ? ["(nothing)"] : [.. logged, .. printed];
    }

    private static string[] Tail(string path, int lines)
    {
        try
        {
            return [.. File.ReadLines(path).TakeLast(lines)];
        }
        catch (IOException)
        {
            return [];
        }
    }

    private static bool IsReady(GroupObservation seen, NodeObservation node) =>
        node.Replication is { } info && !node.Vitals.Loading
        && (info.Role == Role.Master
            ? info.Replicas.All(line => line.State == ReplicaState.Online)
            : info.Master!.IsUp && seen.MasterOf(node) is { } master && GroupObservation.LineFor(master, node) is { State: ReplicaState.Online });

    private static string StateOf(NodeObservation? node) => node switch
    {
        null or { Failure.Kind: NodeFailureKind.Unreachable } => "starting",
        { Failure: { } failure } => failure.Message,
        { Vitals.Loading: true } => "loading",
        { Replication.Master.Sync: not null } => "receives a full resync",
        { Replication.Master.IsUp: false } => "connects to its master",
        _ => "ready",
    };

    /// <summary>The master's name and the lowest others, in order.</summary>
    private static IEnumerable<string> NamesFor(string master, int count) =>
        Enumerable.Range(1, count + 1).Select(number => $"node-{number}").Where(name => name != master).Take(count - 1).Append(master)
            .OrderBy(name => name.Length).ThenBy(name => name, StringComparer.Ordinal);

    private static List<int> FreePorts(int from, int count)
    {
        List<int> free = [];
        for (int port = from; free.Count < count; port++)
        {
            if (port > 65535)
                throw new LocalGroupException($"There are no {count} free ports from {from} on.");
            if (IsFree(port))
                free.Add(port);
        }

        return free;
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static void CreateFolder(string folder)
    {
        try
        {
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(folder);
            else
                Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new LocalGroupException($"The folder {folder} cannot be made: {error.Message} Choose another one with --dir.");
        }
    }

    private static FileStream Lock(string folder)
    {
        try
        {
            return new FileStream(Path.Combine(folder, "group.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            throw new LocalGroupException($"Another redoubt is starting or stopping the group in {folder} right now; try again in a moment.");
        }
        catch (UnauthorizedAccessException error)
        {
            throw new LocalGroupException($"The folder {folder} cannot be written: {error.Message} Choose another one with --dir.");
        }
    }
}
