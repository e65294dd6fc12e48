using Redoubt.Topology;

namespace Redoubt.Replication.Tests;

public sealed class FailoverMachineTests
{
    private const string NotInProgress = "ERR No failover in progress.";

    private readonly RecordingLog _log = new();
    private readonly ReplicaRegistry _replicas = new();
    private readonly FailoverMachine _machine;
    private ReplicationOffset _offset = new(1000);

    public FailoverMachineTests() => _machine = new FailoverMachine(_replicas, _log);

    // Replies recorded from redis-server 7.0.15.
    [Theory]
    [InlineData("FAILOVER TIMEOUT 0", "ERR FAILOVER timeout must be greater than 0")]
    [InlineData("FAILOVER TIMEOUT x", "ERR value is not an integer or out of range")]
    [InlineData("FAILOVER TO h x", "ERR value is not an integer or out of range")]
    [InlineData("FAILOVER TO h", "ERR syntax error")]
    [InlineData("FAILOVER FORCE FORCE", "ERR syntax error")]
    [InlineData("FAILOVER ABORT TO", "ERR syntax error")]
    [InlineData("FAILOVER TIMEOUT 5 TIMEOUT 5", "ERR syntax error")]
    [InlineData("FAILOVER TIMEOUT", "ERR syntax error")]
    public void Arguments_that_make_no_sense_are_refused_in_redis_words(string line, string error)
    {
        Assert.False(FailoverCommand.TryParse(new Words(line), out _, out string text));
        Assert.Equal(error, text);
    }

    [Theory]
    [InlineData("FAILOVER", "ERR FAILOVER requires connected replicas.", false)]
    [InlineData("FAILOVER ABORT", NotInProgress, false)]
    [InlineData("FAILOVER FORCE", "ERR FAILOVER with force option requires both a timeout and target HOST and IP.", true)]
    [InlineData("FAILOVER FORCE TIMEOUT 5", "ERR FAILOVER with force option requires both a timeout and target HOST and IP.", true)]
    [InlineData("FAILOVER TO 10.0.0.1 6380 FORCE", "ERR FAILOVER with force option requires both a timeout and target HOST and IP.", true)]
    [InlineData("FAILOVER TO 10.0.0.1 1", "ERR FAILOVER target HOST and PORT is not a replica.", true)]
    public void What_cannot_be_is_refused_in_redis_words(string line, string error, bool withReplica)
    {
        if (withReplica)
            Replica("10.0.0.1", 6380, acked: 1000);
        FailoverStep step = Command(line);
        Assert.Equal(error, step.Error);
        Assert.Empty(step.Actions);
        Assert.Equal(FailoverState.NoFailover, _machine.State);
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public void A_replica_refuses()
    {
        Replica("10.0.0.1", 6380, acked: 1000);
        Assert.Equal("ERR FAILOVER is not valid when server is a replica.", Command("FAILOVER", Role.Replica).Error);
    }

    [Fact]
    public void A_target_that_is_still_loading_is_refused()
    {
        var session = new ReplicaSession(1, "10.0.0.1") { ListeningPort = 6380 };
        session.AwaitSnapshot();
        _replicas.Add(session);
        Assert.Equal("ERR FAILOVER target replica is not online.", Command("FAILOVER TO 10.0.0.1 6380").Error);
        Assert.Equal("", Command("FAILOVER").Error);
        Assert.Equal(FailoverState.WaitingForSync, _machine.State);
    }

    [Fact]
    public void A_lagging_target_is_asked_at_once_and_followed_with_the_ack_that_reaches_the_fence()
    {
        ReplicaSession target = Replica("10.0.0.1", 6380, acked: 900);
        FailoverStep step = Command("FAILOVER TO 10.0.0.1 6380");
        Assert.Equal([FailoverAction.PauseWrites, FailoverAction.RequestAcks], step.Actions);
        Assert.Equal(FailoverState.WaitingForSync, _machine.State);

        // GETACK moves the stream by 37 bytes; the answer does not count them.
        _offset += 37;
        Assert.Null(Ack(target, 999).Rule);
        step = Ack(target, 1000);
        Assert.Equal([FailoverAction.FollowTarget], step.Actions);
        Assert.Equal(("10.0.0.1", 6380), _machine.Target);
        Assert.Equal(FailoverState.FailoverInProgress, _machine.State);

        step = _machine.OnHandshake(HandshakeEvent.Continued, 0);
        Assert.Equal([FailoverAction.ResumeWrites], step.Actions);
        Assert.Equal(FailoverState.NoFailover, _machine.State);
        Assert.Equal(
            [
                "* FAILOVER requested to 10.0.0.1:6380.",
                "* FAILOVER rule start: no-failover -> waiting-for-sync",
                "* Failover target 10.0.0.1:6380 is synced, failing over.",
                "* FAILOVER rule target-synced: waiting-for-sync -> failover-in-progress",
                "* FAILOVER rule handed-over: failover-in-progress -> no-failover",
            ],
            _log.Lines);
    }

    [Fact]
    public void A_target_that_is_level_is_followed_without_waiting()
    {
        Replica("10.0.0.1", 6380, acked: 1000);
        FailoverStep step = Command("FAILOVER TO 10.0.0.1 6380 TIMEOUT 100");
        Assert.Equal([FailoverAction.PauseWrites, FailoverAction.FollowTarget], step.Actions);
        Assert.Equal(FailoverState.FailoverInProgress, _machine.State);
        Assert.Null(_machine.DeadlineMs);
    }

    [Fact]
    public void Without_a_target_the_first_replica_that_reaches_the_fence_takes_over()
    {
        ReplicaSession first = Replica("10.0.0.1", 6380, acked: 10);
        ReplicaSession second = Replica("10.0.0.2", 6381, acked: 5);
        Command("FAILOVER");
        Assert.Null(_machine.Target);
        Assert.Null(Ack(first, 999).Rule);
        Assert.NotNull(Ack(second, 1001).Rule);
        Assert.Equal(("10.0.0.2", 6381), _machine.Target);
        Assert.Null(Ack(first, 1001).Rule);
    }

    [Fact]
    public void Another_replica_than_the_named_one_does_not_take_over()
    {
        Replica("10.0.0.1", 6380, acked: 10);
        ReplicaSession other = Replica("10.0.0.2", 6381, acked: 1000);
        Command("FAILOVER TO 10.0.0.1 6380");
        Assert.Null(Ack(other, 1000).Rule);
        Assert.Equal(FailoverState.WaitingForSync, _machine.State);
    }

    [Fact]
    public void At_its_timeout_and_not_before_it_gives_up_and_writes_go_on()
    {
        Replica("10.0.0.1", 6380, acked: 10);
        Command("FAILOVER TO 10.0.0.1 6380 TIMEOUT 300", nowMs: 5000);
        Assert.Equal(5300, _machine.DeadlineMs);
        Assert.Null(_machine.OnTimer(5299).Rule);
        Assert.Equal([FailoverAction.ResumeWrites], _machine.OnTimer(5300).Actions);
        Assert.Contains("* FAILOVER to 10.0.0.1:6380 aborted: Replica never caught up before timeout", _log.Lines);
        Assert.Equal(FailoverState.NoFailover, _machine.State);
        Assert.Equal(NotInProgress, Command("FAILOVER ABORT").Error);
    }

    [Fact]
    public void With_force_the_timeout_hands_over_all_the_same()
    {
        Replica("10.0.0.1", 6380, acked: 10);
        Command("FAILOVER TO 10.0.0.1 6380 FORCE TIMEOUT 300", nowMs: 5000);
        Assert.Equal([FailoverAction.FollowTarget], _machine.OnTimer(5300).Actions);
        Assert.Contains("* FAILOVER to 10.0.0.1:6380 time out exceeded, failing over.", _log.Lines);
    }

    [Fact]
    public void While_one_runs_a_second_is_refused()
    {
        Replica("10.0.0.1", 6380, acked: 10);
        Command("FAILOVER TIMEOUT 20000");
        Assert.Equal("ERR FAILOVER already in progress.", Command("FAILOVER TIMEOUT 5000").Error);
        Assert.Equal("ERR FAILOVER already in progress.", Command("FAILOVER FORCE").Error);
        Assert.Equal(20000, _machine.DeadlineMs);
    }

    [Fact]
    public void Abort_while_waiting_only_resumes_the_writes()
    {
        Replica("10.0.0.1", 6380, acked: 10);
        Command("FAILOVER");
        FailoverStep step = Command("FAILOVER ABORT");
        Assert.Equal([FailoverAction.ResumeWrites], step.Actions);
        Assert.Equal("", step.Error);
        Assert.Contains("* FAILOVER to any replica aborted: Failover manually aborted", _log.Lines);
    }

    [Fact]
    public void Abort_during_the_handover_makes_it_a_master_again()
    {
        Replica("10.0.0.1", 6380, acked: 1000);
        Command("FAILOVER");
        Assert.Equal([FailoverAction.BecomeMasterAgain, FailoverAction.ResumeWrites], Command("FAILOVER ABORT", Role.Replica).Actions);
        Assert.Contains("* FAILOVER to 10.0.0.1:6380 aborted: Failover manually aborted", _log.Lines);
    }

    [Theory]
    [InlineData(HandshakeEvent.FailoverRejected, "target-refused")]
    [InlineData(HandshakeEvent.FailoverTargetIsMaster, "target-was-master")]
    public void A_refusal_of_the_target_makes_it_a_master_again(HandshakeEvent refusal, string rule)
    {
        Replica("10.0.0.1", 6380, acked: 1000);
        Command("FAILOVER");
        FailoverStep step = _machine.OnHandshake(refusal, 0);
        Assert.Equal(rule, step.Rule!.Name);
        Assert.Equal([FailoverAction.BecomeMasterAgain, FailoverAction.ResumeWrites], step.Actions);
        Assert.Contains("* FAILOVER to 10.0.0.1:6380 aborted: Failover target rejected psync request", _log.Lines);
    }

    [Fact]
    public void A_lost_connection_is_tried_again_and_never_makes_two_masters()
    {
        Replica("10.0.0.1", 6380, acked: 1000);
        Command("FAILOVER TIMEOUT 100");
        Assert.Equal([FailoverAction.ReconnectWithFailover], _machine.OnConnectionLost(failoverSent: false, 0).Actions);
        Assert.Null(_machine.OnTimer(1_000_000).Rule);
        Assert.Equal([FailoverAction.ReconnectWithFailover], _machine.OnHandshake(HandshakeEvent.Failed, 0).Actions);
        Assert.Equal(FailoverState.FailoverInProgress, _machine.State);

        _machine.OnConnectionLost(failoverSent: true, 0);
        FailoverStep step = _machine.OnHandshake(HandshakeEvent.FailoverTargetIsMaster, 0);
        Assert.Equal("took-over-unheard", step.Rule!.Name);
        Assert.Equal([FailoverAction.ReconnectPlainly, FailoverAction.ResumeWrites], step.Actions);
        Assert.Equal(("10.0.0.1", 6380), _machine.Target);
    }

    [Fact]
    public void Events_without_a_failover_change_nothing()
    {
        ReplicaSession replica = Replica("10.0.0.1", 6380, acked: 1000);
        Assert.Null(Ack(replica, 2000).Rule);
        Assert.Null(_machine.OnTimer(1).Rule);
        Assert.Null(_machine.OnConnectionLost(true, 1).Rule);
        Assert.Null(_machine.OnHandshake(HandshakeEvent.Continued, 1).Rule);
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public void The_table_prints_a_row_per_rule_and_names_are_unique()
    {
        string[] rows = FailoverTable.Print().TrimEnd('\n').Split('\n');
        Assert.Equal(FailoverTable.Rules.Count + 1, rows.Length);
        Assert.Matches("^state +event +guard +actions +next +rule$", rows[0]);
        Assert.Contains(rows, row => row.StartsWith("waiting-for-sync", StringComparison.Ordinal) && row.EndsWith("target-synced", StringComparison.Ordinal));
        Assert.Distinct(FailoverTable.Rules.Select(rule => rule.Name));
    }

    [Fact]
    public void Whoever_pauses_the_writes_resumes_them()
    {
        // From every state a failover can be in, each rule that ends it resumes the writes, and only those do.
        foreach (FailoverRule rule in FailoverTable.Rules)
        {
            bool ends = rule.From is not FailoverState.NoFailover && rule.Next == FailoverState.NoFailover;
            bool starts = rule.From == FailoverState.NoFailover && rule.Next is not null;
            Assert.Equal(ends, rule.Actions.Contains(FailoverAction.ResumeWrites));
            Assert.Equal(starts, rule.Actions.Contains(FailoverAction.PauseWrites));
        }
    }

    private FailoverStep Command(string line, Role role = Role.Master, long nowMs = 0)
    {
        Assert.True(FailoverCommand.TryParse(new Words(line), out FailoverCommand command, out string error), error);
        return _machine.OnCommand(command, role, _offset, nowMs);
    }

    private FailoverStep Ack(ReplicaSession session, long offset)
    {
        session.OnAck(new ReplicationOffset(offset), 0);
        return _machine.OnAck(session, 0);
    }

    private ReplicaSession Replica(string ip, int port, long acked)
    {
        var session = new ReplicaSession(port, ip) { ListeningPort = port };
        session.PutOnline(0, waitForAck: false);
        session.OnAck(new ReplicationOffset(acked), 0);
        _replicas.Add(session);
        return session;
    }
}
