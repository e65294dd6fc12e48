using System.Text;
using Redoubt.Topology;

namespace Redoubt.Replication;

// FAILOVER: a planned change of master, run by the old one.
//
//   1. Hold the writes. From here on the last write has a fixed offset, the fence.
//   2. Wait until the target (the named one, or whichever is first) has acknowledged the fence.
//   3. Become its replica, with FAILOVER in the PSYNC: the target promotes itself and continues us from where we are.
//
// Redis looks at steps 2 and 3 in a timer that fires once a second, which makes a gap of some 400 ms in the writes. Here each
// step follows the event that allows it: GETACK goes out with the pause, the ACK that reaches the fence starts the
// handover in the same turn of the loop, and a target that is level already is followed at once. What remains is round trips.
//
// Why the fence and not the master's offset. GETACK travels in the stream and so moves the offset by 37 bytes, and the
// replica's answer, composed while it executes GETACK, does not count them: waiting for equality with the moved offset would wait
// for the replica's next ACK by the clock, up to a second later. The 37 bytes carry no data. The replica that sent the
// answer has read them, so when it promotes itself its history ends where ours does and the PSYNC continues. (Should an ACK by the
// clock reach the fence just before the GETACK arrives, and the GETACK be delayed beyond three round trips of the handshake, the PSYNC would
// ask for 37 bytes too many and cost a full resync of the old master; no write is lost.)
//
// The rules are a table (FailoverTable) that can be printed; each step is logged in Redis's words and with its rule's name.
//
// Two things to know. A connection to the target that breaks is tried again until ABORT, as in Redis, for the target may have
// taken over already: to go back to being a master on a mere silence would make two. And if a PSYNC FAILOVER got no answer
// and the target then says that it is a master, it heard us the first time: we stay its replica (rule took-over-unheard), where
// Redis would abort and leave two masters.

/// <summary>The outcome of an event: the rule that fired, or none.</summary>
/// <param name="Rule">Null when nothing changes.</param>
public readonly record struct FailoverStep(FailoverRule? Rule)
{
    /// <summary>What to do, in order.</summary>
    public IReadOnlyList<FailoverAction> Actions => Rule?.Actions ?? [];

    /// <summary>The error text to reply, without its dash; empty for +OK. For the two events that are commands.</summary>
    public string Error => Rule?.Error ?? "";
}

/// <summary>The state of a FAILOVER on the node that hands over.</summary>
public sealed class FailoverMachine(ReplicaRegistry replicas, IReplicationLog log)
{
    private FailoverCommand? _command;
    private ReplicationOffset _fence;
    private bool _answerWasLost;

    /// <summary><c>master_failover_state</c>. Unless it is no-failover, SYNC, PSYNC and REPLICAOF are refused.</summary>
    public FailoverState State { get; private set; }

    /// <summary>Who takes over; null while any replica may.</summary>
    public (string Host, int Port)? Target { get; private set; }

    /// <summary>When <see cref="OnTimer"/> will have something to say, or null.</summary>
    public long? DeadlineMs { get; private set; }

    /// <summary>FAILOVER, with or without ABORT.</summary>
    /// <param name="command">Its arguments.</param>
    /// <param name="role">This node's role.</param>
    /// <param name="offset">The stream's offset now: all writes up to here must reach the target.</param>
    /// <param name="nowMs">The present.</param>
    public FailoverStep OnCommand(FailoverCommand command, Role role, ReplicationOffset offset, long nowMs)
    {
        if (command.IsAbort)
            return Fire(FailoverEvent.AbortRequested, Facts(nowMs));
        ReplicaSession? named = command.Host is null ? null : replicas.Find(command.Host, command.Port);
        ReplicaSession? level = command.Host is null ? replicas.MostAdvanced() : named;
        bool synced = level is { State: SessionState.Online } && level.AckedOffset >= offset;
        var facts = new FailoverFacts(
            role, replicas.Count, command, named is not null, named is { State: SessionState.Online }, synced, false, command.Force, false);
        FailoverRule? rule = FailoverTable.Find(State, FailoverEvent.Requested, facts);
        if (rule is null || rule.Error.Length > 0)
            return new FailoverStep(rule);

        _command = command;
        _fence = offset;
        _answerWasLost = false;
        DeadlineMs = command.TimeoutMs > 0 ? nowMs + command.TimeoutMs : null;
        Target = named is null ? null : (command.Host!, (int)command.Port);
        log.Notice(named is null ? "FAILOVER requested to any replica." : $"FAILOVER requested to {TargetText}.");
        if (synced)
            Choose(level!);
        return Fire(rule);
    }

    /// <summary>A replica acknowledged: call it right after <see cref="ReplicaSession.OnAck"/>.</summary>
    public FailoverStep OnAck(ReplicaSession session, long nowMs)
    {
        if (State != FailoverState.WaitingForSync || session.State != SessionState.Online || session.AckedOffset < _fence)
            return default;
        if (Target is { } target && !ReferenceEquals(session, replicas.Find(target.Host, target.Port)))
            return default;
        Choose(session);
        return Fire(FailoverEvent.Acknowledged, Facts(nowMs) with { Synced = true });
    }

    /// <summary>Time passed; needed at <see cref="DeadlineMs"/>, harmless at any time.</summary>
    public FailoverStep OnTimer(long nowMs) => Fire(FailoverEvent.Timer, Facts(nowMs));

    /// <summary>The handshake with the target came to a result; any may be passed on, in any state. A result that is neither an
    /// acceptance nor a refusal of PSYNC FAILOVER, such as a wrong password, is tried again like a lost connection.</summary>
    public FailoverStep OnHandshake(HandshakeEvent outcome, long nowMs) => outcome switch
    {
        HandshakeEvent.Continued or HandshakeEvent.FullResync => Fire(FailoverEvent.Accepted, Facts(nowMs)),
        HandshakeEvent.FailoverRejected => Fire(FailoverEvent.Rejected, Facts(nowMs)),
        HandshakeEvent.FailoverTargetIsMaster => Fire(FailoverEvent.TargetIsMaster, Facts(nowMs)),
        HandshakeEvent.Failed => OnConnectionLost(failoverSent: false, nowMs),
        _ => default,
    };

    /// <summary>The connection to the target could not be made or broke before its answer.</summary>
    /// <param name="failoverSent">PSYNC FAILOVER had gone out: <see cref="ReplicaHandshake.FailoverSent"/>.</param>
    /// <param name="nowMs">The present.</param>
    public FailoverStep OnConnectionLost(bool failoverSent, long nowMs)
    {
        if (State == FailoverState.FailoverInProgress)
            _answerWasLost |= failoverSent;
        return Fire(FailoverEvent.ConnectionLost, Facts(nowMs));
    }

    private string TargetText => Target is { } target ? $"{target.Host}:{target.Port}" : "any replica";

    private FailoverFacts Facts(long nowMs) => new(
        Role.Master, replicas.Count, _command, false, false, false, DeadlineMs is { } deadline && deadline <= nowMs, _command is { Force: true }, _answerWasLost);

    private void Choose(ReplicaSession session) => Target ??= (session.Host, session.ListeningPort);

    private FailoverStep Fire(FailoverEvent on, FailoverFacts facts)
    {
        FailoverRule? rule = FailoverTable.Find(State, on, facts);
        return rule is null ? default : Fire(rule);
    }

    private FailoverStep Fire(FailoverRule rule)
    {
        if (rule.Error.Length > 0)
            return new FailoverStep(rule);
        FailoverState before = State;
        State = rule.Next ?? State;
        if (rule.AbortReason.Length > 0)
            log.Notice($"FAILOVER to {TargetText} aborted: {rule.AbortReason}");
        else if (rule.Actions.Contains(FailoverAction.FollowTarget))
            log.Notice(rule.On == FailoverEvent.Timer ? $"FAILOVER to {TargetText} time out exceeded, failing over." : $"Failover target {TargetText} is synced, failing over.");
        log.Notice($"FAILOVER rule {rule.Name}: {Word(before)} -> {Word(State)}");
        if (State == FailoverState.NoFailover)
        {
            _command = null;
            DeadlineMs = null;
            if (!rule.Actions.Contains(FailoverAction.ReconnectPlainly))
                Target = null;
        }
        else if (State == FailoverState.FailoverInProgress)
        {
            // The timeout was for the wait; a handover is not given up by the clock.
            DeadlineMs = null;
        }

        return new FailoverStep(rule);
    }

    private static string Word(FailoverState state) => Encoding.ASCII.GetString(state.ToWire());
}
