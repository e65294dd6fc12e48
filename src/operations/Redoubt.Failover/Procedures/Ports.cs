using Redoubt.Failover.Names;
using Redoubt.Topology;

namespace Redoubt.Failover.Procedures;

// A procedure decides; these are the hands and eyes it decides with. Behind them are real servers, files and a terminal, or in a test a cluster
// that exists only in memory, with a clock that jumps and a process that can die between any two acts. The same code runs on both, so
// what a random walk over a hundred thousand faults has found true holds for the procedure that runs at night.

/// <summary>What became of a command.</summary>
public enum AnswerKind
{
    /// <summary>Carried out.</summary>
    Done,

    /// <summary>The node answered with an error.</summary>
    Refused,

    /// <summary>It never reached the node.</summary>
    NotSent,

    /// <summary>No answer: it may have been carried out.</summary>
    Unknown,
}

/// <summary>What became of a command, and the reply, the error or the reason.</summary>
public sealed record NodeAnswer(AnswerKind Kind, string Text)
{
    /// <summary>Carried out.</summary>
    public bool IsDone => Kind == AnswerKind.Done;
}

/// <summary>One client of a node, as its list shows it.</summary>
public sealed record ClientLine(long Id, string Name, string User, string Address, string Library, int Subscriptions, long IdleSeconds, string Flags)
{
    /// <summary>A connection of replication, or of this tool.</summary>
    public bool IsInternal => Flags.AsSpan().ContainsAny('S', 'M', 'O') || Name.StartsWith("redoubt", StringComparison.Ordinal);

    /// <summary>As people are asked about it.</summary>
    public override string ToString() =>
        $"id={Id} name={(Name.Length > 0 ? Name : "-")} addr={Address} user={User}{(Library.Length > 0 ? $" lib={Library}" : "")}{(Subscriptions > 0 ? $" sub={Subscriptions}" : "")} idle={IdleSeconds}s";
}

/// <summary>Looking at nodes and acting on them. Nothing here throws for what a node does or does not do.</summary>
public interface IGroupActs
{
    /// <summary>A clock that only runs forward.</summary>
    TimeSpan Now { get; }

    /// <summary>The time of day; only to tell how old a record of another process is.</summary>
    DateTimeOffset WallClock { get; }

    /// <summary>Lets that much time pass.</summary>
    Task WaitAsync(TimeSpan time);

    /// <summary>The node's replication section, now.</summary>
    Task<NodeObservation> LookAsync(NodeAddress node);

    /// <summary>Every node of the group, and all of its INFO.</summary>
    Task<GroupObservation> ObserveAsync();

    /// <summary>Sends one command.</summary>
    Task<NodeAnswer> SendAsync(NodeAddress node, params string[] command);

    /// <summary>The node's clients; null when it does not tell.</summary>
    Task<IReadOnlyList<ClientLine>?> ClientsAsync(NodeAddress node);

    /// <summary>Cuts off the connections that an earlier process of this operation may have left, so that nothing it sent can still arrive.</summary>
    Task CutEarlierAsync(IReadOnlyList<NodeAddress> nodes);

    /// <summary>What a node's configuration file says after <c>replicaof</c>, where the file can be seen from here; null elsewhere, empty for nothing.</summary>
    Task<string?> ReplicaOfInFileAsync(NodeAddress node);
}

/// <summary>The kinds of records.</summary>
public enum JournalMark
{
    /// <summary>An operation begins; its facts are what it wants.</summary>
    Begin,

    /// <summary>A step is about to be done.</summary>
    Intent,

    /// <summary>A step has passed its gate.</summary>
    Done,

    /// <summary>A step has not.</summary>
    Failed,

    /// <summary>Another process goes on with the operation.</summary>
    Resumed,

    /// <summary>The operation is over.</summary>
    End,
}

/// <summary>One record of an operation.</summary>
public sealed record JournalRecord(JournalMark Mark, string Step, DateTimeOffset At, IReadOnlyDictionary<string, string> Facts);

/// <summary>Where a procedure writes down what it is about to do and what came of it.</summary>
public interface IProcedureJournal
{
    /// <summary>Returns once the record would survive a crash of this machine.</summary>
    void Write(JournalMark mark, string step, params ReadOnlySpan<(string Name, string Value)> facts);
}

/// <summary>The person who runs the procedure, if there is one.</summary>
public interface IOperator
{
    /// <summary>It was asked to stop. Honoured as long as everything can be undone.</summary>
    bool WantsToStop { get; }

    /// <summary>Tells of a step that is done.</summary>
    void Tell(string step, string seen);

    /// <summary>Asks; false when nobody answers.</summary>
    bool Ask(string question);
}

/// <summary>Runs the programs that an operator has put at fixed moments.</summary>
public interface IProcedureHooks
{
    /// <summary>Null when all succeeded or there are none; otherwise which one failed and how.</summary>
    Task<string?> RunAsync(string moment, IReadOnlyDictionary<string, string> facts);
}

/// <summary>Feels the write pause as a client would.</summary>
public interface IWritePauseMeter
{
    /// <summary>Writes flow once this returns.</summary>
    Task BeginAsync(NodeAddress oldMaster, NodeAddress target);

    /// <summary>The longest time without an acknowledged write.</summary>
    Task<WritePause> EndAsync();
}

/// <summary>How long writes were held up, and how that is known.</summary>
public sealed record WritePause(TimeSpan Time, string Source);

/// <summary>All that a procedure touches.</summary>
/// <param name="Meter">Null when nothing is to be written for measuring.</param>
public sealed record ProcedurePorts(
    IGroupActs Acts, IProcedureJournal Journal, IOperator Operator, INameProvider Names, IProcedureHooks Hooks, IWritePauseMeter? Meter);

/// <summary>How a procedure ended.</summary>
public enum ProcedureOutcome
{
    /// <summary>Done and proven; nothing is left to do.</summary>
    Done,

    /// <summary>Done; the follow-ups say what is left to do or to prove.</summary>
    DoneWithFollowUps,

    /// <summary>A check refused; nothing was changed.</summary>
    Refused,

    /// <summary>No node of the group answered.</summary>
    Unreachable,

    /// <summary>Begun and undone: everything is as before.</summary>
    RolledBack,

    /// <summary>Begun, and what became of it cannot be told without the risk of two masters.</summary>
    Unknown,

    /// <summary>The operator stopped it before anything was changed.</summary>
    Interrupted,
}

/// <summary>How a procedure ended, in a sentence, with what is left to do.</summary>
public sealed record ProcedureEnd(ProcedureOutcome Outcome, string Summary, IReadOnlyList<string> FollowUps)
{
    /// <summary>Null when it never came to a promotion.</summary>
    public LossProof? Proof { get; init; }

    /// <summary>Null when there was none to measure.</summary>
    public WritePause? Pause { get; init; }
}
