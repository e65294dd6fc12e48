using Redoubt.Failover.Names;
using Redoubt.Failover.Procedures;
using Redoubt.Topology;

namespace Redoubt.Failover.Tests.Procedures;

// A group that exists only in memory: two or three nodes, a name, a clock that jumps. It behaves as redis-server 7 was seen to in what a switchover
// touches: FAILOVER and its states, CLIENT PAUSE, REPLICAOF, the two histories, and commands that a frozen process carries out when
// it thaws, long after the one who sent them has gone. Faults come from a seeded source between any two acts of the tool, and so does its
// death. After every tick the one thing that must never be is checked: two masters that would both accept a write.

/// <summary>The tool was killed.</summary>
internal sealed class ToolDied : Exception;

internal sealed class FakeNode(NodeAddress address)
{
    public NodeAddress Address { get; } = address;
    public NodeAddress? Follows { get; set; }
    public ReplicationId Id { get; set; }
    public ReplicationId Id2 { get; set; }
    public long SecondOffset { get; set; } = -1;
    public long Offset { get; set; }
    public FailoverState State { get; set; }
    public NodeAddress SuccessorIs { get; set; }
    public TimeSpan StateUntil { get; set; }
    public TimeSpan PausedUntil { get; set; }
    public bool Frozen { get; set; }
    public bool CutFromTool { get; set; }
    public bool CutFromPeers { get; set; }
    public TimeSpan? PromotesAt { get; set; }
    public bool TurnsSuccessionDown { get; set; }
    public bool Fenced { get; set; }
    public List<string[]> Late { get; } = [];

    public bool IsMaster => Follows is null;

    public bool WouldWrite(TimeSpan now) => IsMaster && !Fenced && State == FailoverState.NoFailover && now >= PausedUntil;
}

internal sealed class FakeCluster : IGroupActs, INameProvider
{
    // What was sent before an abort arrives within this time, or the connection is gone. A little more than a round trip, and less than
    // the procedure waits between its two looks.
    private const int LastWordMs = 80;

    private readonly Random _random;
    private readonly double _faults;

    public FakeCluster(int seed, int siblings = 0, double faults = 0)
    {
        _random = new Random(seed);
        _faults = faults;
        Nodes = [.. Enumerable.Range(1, 2 + siblings).Select(port => new FakeNode(Groups.At(port)) { Id = Groups.History, Offset = 100, Follows = port == 1 ? null : Groups.At(1) })];
    }

    public FakeNode[] Nodes { get; }
    public FakeNode Old => Nodes[0];
    public FakeNode Target => Nodes[1];
    public string NameValue { get; set; } = "old";
    public List<string> Told { get; } = [];

    /// <summary>The tool dies before that many more acts; negative is never.</summary>
    public int DiesAfter { get; set; } = -1;

    public TimeSpan Now { get; private set; }
    public DateTimeOffset WallClock => DateTimeOffset.UnixEpoch + Now;
    public string Name => "orders.";
    public string Kind => "fake";

    public Task WaitAsync(TimeSpan time)
    {
        Act();
        TimeSpan until = Now + time;
        while (Now < until)
            Tick(TimeSpan.FromMilliseconds(Math.Min(50, Math.Max(1, (until - Now).TotalMilliseconds))));
        return Task.CompletedTask;
    }

    public Task<NodeObservation> LookAsync(NodeAddress address)
    {
        Act();
        return Task.FromResult(Observe(Find(address)));
    }

    public Task<GroupObservation> ObserveAsync()
    {
        Act();
        return Task.FromResult(new GroupObservation([.. Nodes.Select(Observe)]));
    }

    public Task<NodeAnswer> SendAsync(NodeAddress address, params string[] command)
    {
        Act();
        FakeNode node = Find(address);
        if (node.CutFromTool)
            return Task.FromResult(new NodeAnswer(_random.Next(2) == 0 ? AnswerKind.NotSent : AnswerKind.Unknown, "cut off"));
        if (node.Frozen)
        {
            node.Late.Add(command);
            return Task.FromResult(new NodeAnswer(AnswerKind.Unknown, "no answer"));
        }

        NodeAnswer answer = Run(node, command);
        Check(string.Join(' ', command));
        // The answer may be lost on its way.
        return Task.FromResult(_random.NextDouble() < _faults / 4 ? new NodeAnswer(AnswerKind.Unknown, "connection lost") : answer);
    }

    public Task<IReadOnlyList<ClientLine>?> ClientsAsync(NodeAddress node)
    {
        Act();
        return Task.FromResult<IReadOnlyList<ClientLine>?>([]);
    }

    public Task CutEarlierAsync(IReadOnlyList<NodeAddress> nodes)
    {
        Act();
        foreach (FakeNode node in nodes.Select(Find).Where(node => !node.Frozen && !node.CutFromTool))
            node.Late.Clear();
        return Task.CompletedTask;
    }

    public Task<string?> ReplicaOfInFileAsync(NodeAddress node) => Task.FromResult<string?>(null);

    public Task<IReadOnlyList<NameAnswer>> ShowAsync(CancellationToken cancellation) => Task.FromResult<IReadOnlyList<NameAnswer>>([new NameAnswer("fake", true, [NameValue])]);

    public Task<NameChange> ChangeAsync(string expected, string wanted, CancellationToken cancellation)
    {
        Act();
        if (_random.NextDouble() < _faults / 4)
            return Task.FromResult(new NameChange(NameChangeOutcome.Refused, "refused"));
        if (NameValue != expected && NameValue != wanted)
            return Task.FromResult(new NameChange(NameChangeOutcome.Conflict, NameValue));
        NameValue = wanted;
        return Task.FromResult(_random.NextDouble() < _faults / 4 ? new NameChange(NameChangeOutcome.Unknown, "no answer") : new NameChange(NameChangeOutcome.Changed, "changed"));
    }

    public Task<NameVerdict> VerifyAsync(string wanted, TimeSpan limit, CancellationToken cancellation)
    {
        Act();
        bool agreed = NameValue == wanted && _random.NextDouble() >= _faults / 4;
        return Task.FromResult(new NameVerdict(agreed, [], NameValue));
    }

    public Task<NameChange?> RehearseAsync(CancellationToken cancellation) => Task.FromResult<NameChange?>(null);

    /// <summary>Ends all faults, and lets the nodes come to rest.</summary>
    public void Heal()
    {
        foreach (FakeNode node in Nodes)
        {
            Thaw(node);
            node.CutFromTool = node.CutFromPeers = node.TurnsSuccessionDown = false;
        }

        for (int i = 0; i < 20; i++)
            Tick(TimeSpan.FromMilliseconds(5), faults: false);
    }

    /// <summary>Time passes while no tool runs.</summary>
    public void Pass(TimeSpan time)
    {
        for (TimeSpan until = Now + time; Now < until;)
            Tick(TimeSpan.FromMilliseconds(500));
    }

    private void Act()
    {
        if (DiesAfter == 0)
            throw new ToolDied();
        if (DiesAfter > 0)
            DiesAfter--;
        Tick(TimeSpan.FromMilliseconds(_random.Next(1, 4)));
    }

    private void Tick(TimeSpan time, bool faults = true)
    {
        Now += time;
        if (faults && _random.NextDouble() < _faults)
            Fault(Nodes[_random.Next(Nodes.Length)]);
        foreach (FakeNode node in Nodes.Where(node => !node.Frozen))
        {
            if (node.WouldWrite(Now))
                node.Offset += _random.Next(3);
            Advance(node);
            Promote(node);
        }

        Check("a tick");
    }

    private void Fault(FakeNode node)
    {
        switch (_random.Next(8))
        {
            case 0: node.Frozen = true; break;
            case 1 or 2: Thaw(node); break;
            case 3: node.CutFromTool = !node.CutFromTool; break;
            case 4: node.CutFromPeers = true; break;
            case 5: node.CutFromPeers = false; break;
            case 6: Target.TurnsSuccessionDown = true; break;
            default: Target.TurnsSuccessionDown = false; break;
        }
    }

    private void Thaw(FakeNode node)
    {
        node.Frozen = false;
        foreach (string[] command in node.Late.ToArray())
            Run(node, command);
        node.Late.Clear();
        Check("a thaw");
    }

    private void Advance(FakeNode node)
    {
        if (node.State == FailoverState.WaitingForSync)
        {
            FakeNode successor = Find(node.SuccessorIs);
            if (Linked(successor, node) && successor.Id == node.Id && successor.Offset == node.Offset && _random.Next(2) == 0)
                (node.State, node.Follows) = (FailoverState.FailoverInProgress, successor.Address);
            else if (Now >= node.StateUntil)
                node.State = FailoverState.NoFailover;
        }
        else if (node.State == FailoverState.FailoverInProgress)
        {
            TakeOver(node, Find(node.SuccessorIs));
        }
        else if (node.Follows is { } master && Linked(node, Find(master)))
        {
            Replicate(node, Find(master));
        }
    }

    /// <summary>The old master asks its successor to take over; the word is on its way for some time, and an abort does not call it back.</summary>
    private void TakeOver(FakeNode old, FakeNode successor)
    {
        if (old.CutFromPeers || successor.CutFromPeers || successor.Frozen || successor.TurnsSuccessionDown)
            return;
        if (successor.IsMaster)
        {
            // It was promoted for this very hand-over a moment ago; the old one now joins its history.
            Replicate(old, successor);
            old.State = FailoverState.NoFailover;
        }
        else if (successor.PromotesAt is null && successor.Id == old.Id && _random.Next(3) == 0)
        {
            successor.PromotesAt = Now + TimeSpan.FromMilliseconds(_random.Next(LastWordMs));
        }
    }

    private void Promote(FakeNode successor)
    {
        if (successor.PromotesAt is not { } at || Now < at)
            return;
        successor.PromotesAt = null;
        if (successor.IsMaster)
            return;
        (successor.Id2, successor.SecondOffset) = (successor.Id, successor.Offset + 1);
        successor.Id = ReplicationId.Random(_random.NextBytes);
        successor.Follows = null;
    }

    private bool Linked(FakeNode replica, FakeNode master) =>
        replica.Follows == master.Address && !replica.CutFromPeers && !master.CutFromPeers && !replica.Frozen && !master.Frozen;

    private void Replicate(FakeNode replica, FakeNode master)
    {
        if (_random.Next(3) == 0)
            return;
        (replica.Id, replica.Id2, replica.SecondOffset, replica.Offset) = (master.Id, master.Id2, master.SecondOffset, master.Offset);
    }

    private NodeAnswer Run(FakeNode node, string[] command)
    {
        switch (command)
        {
            case ["FAILOVER", "ABORT"]:
                if (node.State == FailoverState.NoFailover)
                    return new NodeAnswer(AnswerKind.Refused, "ERR No failover in progress.");
                if (node.State == FailoverState.FailoverInProgress)
                {
                    (node.Id2, node.SecondOffset, node.Follows) = (node.Id, node.Offset + 1, null);
                    node.Id = ReplicationId.Random(_random.NextBytes);
                }

                node.State = FailoverState.NoFailover;
                break;
            case ["FAILOVER", "TO", _, var port, "TIMEOUT", var timeout]:
                if (node.State != FailoverState.NoFailover)
                    return new NodeAnswer(AnswerKind.Refused, "ERR FAILOVER already in progress.");
                FakeNode successor = Find(Groups.At(int.Parse(port)));
                if (!node.IsMaster || !Linked(successor, node))
                    return new NodeAnswer(AnswerKind.Refused, "ERR FAILOVER target HOST and PORT is not a replica.");
                (node.State, node.SuccessorIs, node.StateUntil) = (FailoverState.WaitingForSync, successor.Address, Now + TimeSpan.FromMilliseconds(long.Parse(timeout)));
                break;
            case ["CLIENT", "PAUSE", var time, "WRITE"]:
                node.PausedUntil = Now + TimeSpan.FromMilliseconds(long.Parse(time));
                break;
            case ["CLIENT", "UNPAUSE"]:
                node.PausedUntil = TimeSpan.Zero;
                break;
            case ["REPLICAOF", "NO", "ONE"]:
                if (node.IsMaster)
                    break;
                (node.Id2, node.SecondOffset, node.Follows) = (node.Id, node.Offset + 1, null);
                node.Id = ReplicationId.Random(_random.NextBytes);
                break;
            case ["REPLICAOF", _, var port]:
                node.Follows = Groups.At(int.Parse(port));
                node.State = FailoverState.NoFailover;
                break;
            case ["DEL", _] when !node.WouldWrite(Now):
                return new NodeAnswer(AnswerKind.Refused, "READONLY");
        }

        return new NodeAnswer(AnswerKind.Done, "OK");
    }

    private NodeObservation Observe(FakeNode node)
    {
        if (node.Frozen || node.CutFromTool)
            return new NodeObservation { Address = node.Address, Failure = new NodeFailure(NodeFailureKind.Unreachable, "no answer") };
        return new NodeObservation
        {
            Address = node.Address,
            Vitals = new NodeVitals { Version = "7.0.15" },
            Replication = new ReplicationInfo
            {
                Role = node.IsMaster ? Role.Master : Role.Replica,
                Master = node.Follows is not { } master ? null : new MasterLink { Address = master, IsUp = Linked(node, Find(master)), AppliedOffset = new ReplicationOffset(node.Offset) },
                FailoverState = node.State,
                ReplicationId = node.Id,
                SecondReplicationId = node.Id2,
                SecondOffset = node.SecondOffset < 0 ? StreamPosition.None : new StreamPosition(node.SecondOffset),
                Offset = new ReplicationOffset(node.Offset),
                Replicas = [.. Nodes.Where(other => Linked(other, node)).Select(other => new ConnectedReplica(other.Address, ReplicaState.Online, new ReplicationOffset(other.Offset), 0))],
            },
        };
    }

    private void Check(string after)
    {
        if (Nodes.Count(node => node.WouldWrite(Now)) > 1)
            throw new InvalidOperationException($"two masters accept writes at {Now} after {after}: {string.Join(' ', Nodes.Where(node => node.WouldWrite(Now)).Select(node => node.Address))}\n{string.Join('\n', Told)}");
    }

    private FakeNode Find(NodeAddress address) => Nodes.Single(node => node.Address == address);
}

/// <summary>A journal in memory, which the tool's death may cut off after any record.</summary>
internal sealed class FakeJournal(FakeCluster cluster) : IProcedureJournal
{
    public List<JournalRecord> Records { get; } = [];

    /// <summary>The tool dies once that many records are written; negative is never.</summary>
    public int DiesAtRecord { get; set; } = -1;

    public void Write(JournalMark mark, string step, params ReadOnlySpan<(string Name, string Value)> facts)
    {
        Records.Add(new JournalRecord(mark, step, cluster.WallClock, facts.ToArray().ToDictionary(fact => fact.Name, fact => fact.Value)));
        cluster.Told.Add($"{cluster.Now} {mark} {step} {string.Join(' ', facts.ToArray().Select(fact => fact.Value))}");
        if (Records.Count == DiesAtRecord)
            throw new ToolDied();
    }
}

internal sealed class FakeOperator(FakeCluster cluster) : IOperator
{
    public bool WantsToStop { get; set; }

    public void Tell(string step, string seen) => cluster.Told.Add($"{cluster.Now} {step}: {seen}");

    public bool Ask(string question) => false;
}

internal sealed class NoHooks : IProcedureHooks
{
    public Task<string?> RunAsync(string moment, IReadOnlyDictionary<string, string> facts) => Task.FromResult<string?>(null);
}
