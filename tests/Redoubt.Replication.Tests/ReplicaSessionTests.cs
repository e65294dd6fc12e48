using System.Text;
using Redoubt.Topology;

namespace Redoubt.Replication.Tests;

public sealed class ReplicaSessionTests
{
    private readonly ReplicaRegistry _registry = new();

    // Replies recorded from redis-server 7.0.15, but for the last two, which differ on purpose.
    [Theory]
    [InlineData("", ReplconfOutcome.Ok, "")]
    [InlineData("listening-port", ReplconfOutcome.Error, "ERR syntax error")]
    [InlineData("listening-port x", ReplconfOutcome.Error, "ERR value is not an integer or out of range")]
    [InlineData("listening-port 99999", ReplconfOutcome.Ok, "")]
    [InlineData("nope 1", ReplconfOutcome.Error, "ERR Unrecognized REPLCONF option: nope")]
    [InlineData("rdb-only 2", ReplconfOutcome.Error, "ERR value is out of range, value must between 0 and 1")]
    [InlineData("rdb-only x", ReplconfOutcome.Error, "ERR value is not an integer or out of range")]
    [InlineData("capa zzz", ReplconfOutcome.Ok, "")]
    [InlineData("ack x", ReplconfOutcome.Silent, "")]
    [InlineData("ack 5", ReplconfOutcome.Silent, "")]
    [InlineData("getack *", ReplconfOutcome.SendAck, "")]
    [InlineData("rdb-filter-only keys", ReplconfOutcome.Error, "ERR Unsupported rdb-filter-only option: keys")]
    [InlineData("rdb-filter-only functions", ReplconfOutcome.Error, "ERR Unsupported rdb-filter-only option: functions")]
    [InlineData("version 8.0", ReplconfOutcome.Ok, "")]
    public void Replconf_answers_as_recorded(string arguments, ReplconfOutcome outcome, string error)
    {
        Assert.Equal(outcome, Replconf.Apply(new Words("REPLCONF " + arguments), new ReplicaSession(1, "10.0.0.1"), 0, out string text));
        Assert.Equal(error, text);
    }

    [Fact]
    public void An_ack_may_tell_of_the_disk()
    {
        var session = new ReplicaSession(1, "a");
        session.BeginSnapshot(new ReplicationOffset(10), null);
        Replconf.Apply(new Words("REPLCONF ACK 20 FACK x"), session, 0, out _);
        Assert.Null(session.DiskOffset);
        Replconf.Apply(new Words("REPLCONF ack 20 fack 15"), session, 0, out _);
        Assert.Equal((new ReplicationOffset(20), new ReplicationOffset(15)), (session.AckedOffset, session.DiskOffset!.Value));
        Replconf.Apply(new Words("REPLCONF ACK 21 FACK 14"), session, 0, out _);
        Assert.Equal(new ReplicationOffset(15), session.DiskOffset);
    }

    [Fact]
    public void An_ip_address_may_have_255_bytes_and_not_256()
    {
        var session = new ReplicaSession(1, "10.0.0.1");
        Assert.Equal(ReplconfOutcome.Ok, Replconf.Apply(new Words("REPLCONF ip-address " + new string('a', 255)), session, 0, out _));
        Assert.Equal(ReplconfOutcome.Error, Replconf.Apply(new Words("REPLCONF ip-address " + new string('a', 256)), session, 0, out string error));
        Assert.Equal("ERR REPLCONF ip-address provided by replica instance is too long: 256 bytes", error);
    }

    [Fact]
    public void Replconf_applies_its_pairs_in_order_and_in_any_case()
    {
        var session = new ReplicaSession(1, "10.0.0.1");
        Assert.Equal("client id #1", session.Name);
        Replconf.Apply(new Words("replconf LISTENING-PORT 6380 Capa EOF capa psync2 ip-address 1.2.3.4"), session, 0, out _);
        Assert.Equal("1.2.3.4:6380", session.Name);
        Assert.Equal(ReplicaCapabilities.Eof | ReplicaCapabilities.Psync2, session.Capabilities);
    }

    [Fact]
    public void The_states_have_infos_words()
    {
        var session = new ReplicaSession(1, "a");
        session.AwaitSnapshot();
        Assert.Equal("wait_bgsave"u8, session.WireState.ToWire());
        session.BeginSnapshot(ReplicationOffset.Zero, null);
        Assert.Equal("wait_bgsave"u8, session.WireState.ToWire());
        session.BeginBulk();
        Assert.Equal("send_bulk"u8, session.WireState.ToWire());
        session.PutOnline(0, waitForAck: false);
        Assert.Equal("online"u8, session.WireState.ToWire());
    }

    [Fact]
    public void After_a_snapshot_with_a_mark_the_stream_starts_with_the_first_ack()
    {
        var session = new ReplicaSession(1, "a");
        session.BeginSnapshot(new ReplicationOffset(10), null);
        Assert.Equal(ReplconfOutcome.Acknowledged, Replconf.Apply(new Words("REPLCONF ACK 0"), session, 0, out _));
        session.PutOnline(0, waitForAck: true);
        Assert.False(session.MaySendStream);
        Assert.Equal(ReplconfOutcome.StartStream, Replconf.Apply(new Words("REPLCONF ACK 10"), session, 0, out _));
        Assert.True(session.MaySendStream);
        Assert.Equal(ReplconfOutcome.Acknowledged, Replconf.Apply(new Words("REPLCONF ACK 10"), session, 0, out _));
    }

    [Fact]
    public void An_ack_of_the_snapshot_that_comes_before_its_end_is_noticed_counts_for_the_stream()
    {
        var session = new ReplicaSession(1, "a");
        session.BeginSnapshot(new ReplicationOffset(10), null);
        session.OnAck(new ReplicationOffset(10), 0);
        session.PutOnline(0, waitForAck: true);
        Assert.True(session.MaySendStream);
    }

    [Fact]
    public void An_acknowledged_offset_never_falls_but_renews_the_time()
    {
        ReplicaSession session = Online("a", 1, acked: 100, nowMs: 1000);
        session.OnAck(new ReplicationOffset(90), 5000);
        Assert.Equal(100, session.AckedOffset.Value);
        Assert.Equal(0, session.LagSeconds(5999));
        Assert.Equal(1, session.LagSeconds(6000));
    }

    [Fact]
    public void Wait_counts_online_replicas_that_reached_the_offset_exactly_or_more()
    {
        Online("a", 1, acked: 99);
        Online("b", 2, acked: 100);
        Online("c", 3, acked: 101);
        var loading = new ReplicaSession(4, "d");
        loading.AwaitSnapshot();
        loading.OnAck(new ReplicationOffset(500), 0);
        _registry.Add(loading);

        Assert.Equal(2, _registry.CountAcknowledged(new ReplicationOffset(100)));
        Assert.Equal(4, _registry.Count);
    }

    [Fact]
    public void Writes_need_enough_replicas_within_the_lag_and_zero_switches_the_rule_off()
    {
        Online("a", 1, acked: 0, nowMs: 0);
        Online("b", 2, acked: 0, nowMs: 5000);
        Assert.Equal(2, _registry.CountGood(10, 10_999));
        Assert.Equal(1, _registry.CountGood(10, 11_000));
        Assert.True(_registry.MayWrite(2, 10, Role.Master, 10_999));
        Assert.False(_registry.MayWrite(2, 10, Role.Master, 11_000));
        Assert.True(_registry.MayWrite(0, 10, Role.Master, 11_000));
        Assert.True(_registry.MayWrite(2, 0, Role.Master, 11_000));
        Assert.True(_registry.MayWrite(2, 10, Role.Replica, 11_000));
    }

    [Fact]
    public void A_replica_is_found_by_its_announced_host_and_port()
    {
        ReplicaSession session = Online("10.0.0.1", 7, acked: 0);
        session.ListeningPort = 6380;
        Assert.Same(session, _registry.Find("10.0.0.1", 6380));
        session.AnnouncedIp = "Replica-One";
        Assert.Same(session, _registry.Find("replica-one", 6380));
        Assert.Null(_registry.Find("10.0.0.1", 6380));
        Assert.Null(_registry.Find("replica-one", 6381));
    }

    [Fact]
    public void Removing_a_replica_releases_its_blocks_and_the_last_one_starts_the_backlogs_clock()
    {
        var stream = new ReplicationStream(1024);
        stream.Create(ReplicationOffset.Zero);
        ReplicaSession session = Online("a", 1, acked: 0);
        session.Continue(stream.CursorAtEnd(), 0);
        Assert.Equal(1, stream.OpenCursors);
        Assert.True(_registry.Remove(session, 4242));
        Assert.Equal(0, stream.OpenCursors);
        Assert.Equal(4242, _registry.LastLeftMs);
        Assert.False(_registry.Remove(session, 5000));
    }

    [Fact]
    public void A_replica_is_timed_out_only_after_more_than_the_timeout()
    {
        ReplicaSession session = Online("a", 1, acked: 0, nowMs: 0);
        Assert.False(ReplicaRegistry.IsTimedOut(session, 60, 60_999));
        Assert.True(ReplicaRegistry.IsTimedOut(session, 60, 61_000));
    }

    private ReplicaSession Online(string ip, long id, long acked, long nowMs = 0)
    {
        var session = new ReplicaSession(id, ip);
        session.PutOnline(nowMs, waitForAck: false);
        session.OnAck(new ReplicationOffset(acked), nowMs);
        _registry.Add(session);
        return session;
    }
}

internal readonly struct Words(string line) : IArguments
{
    private readonly string[] _words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    public int Count => _words.Length;

    public ReadOnlySpan<byte> this[int index] => Encoding.UTF8.GetBytes(_words[index]);
}
