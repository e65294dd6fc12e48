using System.Text;
using Redoubt.Topology;

namespace Redoubt.Replication.Tests;

// The byte strings a replica sends here were recorded from redis-server 7.0.15 (started with --replicaof against a listener
// that played the master); so were the log lines.
public sealed class ReplicaHandshakeTests
{
    private const string Id = "0123456789abcdef0123456789abcdef01234567";
    private const string OtherId = "76543210fedcba9876543210fedcba9876543210";

    private readonly RecordingLog _log = new();

    [Fact]
    public void A_plain_handshake_sends_what_redis_sends()
    {
        ReplicaHandshake handshake = Connected(new HandshakeOptions(39341));
        Assert.Equal("*1\r\n$4\r\nPING\r\n", Sent(handshake));
        Assert.Equal(LinkState.Handshake, handshake.State);

        Assert.Equal(HandshakeEvent.Waiting, Feed(handshake, "+PONG\r\n"));
        Assert.Equal(
            "*3\r\n$8\r\nREPLCONF\r\n$14\r\nlistening-port\r\n$5\r\n39341\r\n*5\r\n$8\r\nREPLCONF\r\n$4\r\ncapa\r\n$3\r\neof\r\n$4\r\ncapa\r\n$6\r\npsync2\r\n",
            Sent(handshake));
        Feed(handshake, "+OK\r\n");
        Assert.Equal("", Sent(handshake));
        Feed(handshake, "+OK\r\n");
        Assert.Equal("*3\r\n$5\r\nPSYNC\r\n$1\r\n?\r\n$2\r\n-1\r\n", Sent(handshake));

        Assert.Equal(HandshakeEvent.FullResync, Feed(handshake, $"\n\n+FULLRESYNC {Id} 42\r\n"));
        Assert.Equal((Id, 42L), (handshake.MasterId.ToString(), handshake.MasterOffset!.Value.Value));
        Assert.Equal(HandshakeEvent.PayloadBegins, Feed(handshake, "\n$5\r\n"));
        Assert.Equal((5L, false), (handshake.Payload.LengthBytes, handshake.Payload.EndsWithMark));
        Assert.Equal(LinkState.Sync, handshake.State);
        handshake.OnSnapshotLoaded(0);
        Assert.Equal(LinkState.Connected, handshake.State);
        Assert.Equal(
            [
                "* MASTER <-> REPLICA sync started",
                "* Non blocking connect for SYNC fired the event.",
                "* Master replied to PING, replication can continue...",
                "* Partial resynchronization not possible (no cached master)",
                $"* Full resync from master: {Id}:42",
                "* MASTER <-> REPLICA sync: receiving 5 bytes from master to parser",
                "* MASTER <-> REPLICA sync: Finished with success",
            ],
            _log.Lines);
    }

    [Fact]
    public void User_password_and_announced_address_go_out_in_one_piece_and_errors_of_replconf_are_forgiven()
    {
        ReplicaHandshake handshake = Connected(new HandshakeOptions(7777)
        {
            MasterAuth = "secret"u8.ToArray(),
            MasterUser = "joe"u8.ToArray(),
            AnnounceIp = "10.1.2.3",
        });
        Sent(handshake);
        Feed(handshake, "-NOAUTH Authentication required.\r\n");
        Assert.Equal(
            "*3\r\n$4\r\nAUTH\r\n$3\r\njoe\r\n$6\r\nsecret\r\n*3\r\n$8\r\nREPLCONF\r\n$14\r\nlistening-port\r\n$4\r\n7777\r\n"
            + "*3\r\n$8\r\nREPLCONF\r\n$10\r\nip-address\r\n$8\r\n10.1.2.3\r\n*5\r\n$8\r\nREPLCONF\r\n$4\r\ncapa\r\n$3\r\neof\r\n$4\r\ncapa\r\n$6\r\npsync2\r\n",
            Sent(handshake));
        Feed(handshake, "+OK\r\n-ERR Unrecognized REPLCONF option: listening-port\r\n+OK\r\n+OK\r\n");
        Assert.Equal("*3\r\n$5\r\nPSYNC\r\n$1\r\n?\r\n$2\r\n-1\r\n", Sent(handshake));
        Assert.Contains("* (Non critical) Master does not understand REPLCONF listening-port: -ERR Unrecognized REPLCONF option: listening-port", _log.Lines);

        Assert.Equal(HandshakeEvent.Failed, Feed(handshake, "-LOADING Redis is loading the dataset in memory\r\n"));
        Assert.Equal("* Master is currently unable to PSYNC but should be in the future: -LOADING Redis is loading the dataset in memory", _log.Lines[^1]);
        Assert.Equal(LinkState.Connect, handshake.State);
    }

    [Fact]
    public void A_refused_password_ends_the_attempt()
    {
        ReplicaHandshake handshake = Connected(new HandshakeOptions(50525) { MasterAuth = "secret"u8.ToArray() });
        Sent(handshake);
        Feed(handshake, "+PONG\r\n");
        Assert.StartsWith("*2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n*3\r\n", Sent(handshake), StringComparison.Ordinal);
        Assert.Equal(HandshakeEvent.Failed, Feed(handshake, "-WRONGPASS invalid username-password pair or user is disabled.\r\n"));
        Assert.Equal("# Unable to AUTH to MASTER: -WRONGPASS invalid username-password pair or user is disabled.", _log.Lines[^1]);
    }

    [Fact]
    public void A_user_without_a_password_sends_no_auth()
    {
        ReplicaHandshake handshake = Connected(new HandshakeOptions(6379) { MasterUser = "joe"u8.ToArray() });
        Sent(handshake);
        Feed(handshake, "+PONG\r\n");
        Assert.DoesNotContain("AUTH", Sent(handshake), StringComparison.Ordinal);
    }

    [Fact]
    public void A_bad_reply_to_ping_ends_the_attempt()
    {
        ReplicaHandshake handshake = Connected(new HandshakeOptions(6379));
        Assert.Equal(HandshakeEvent.Failed, Feed(handshake, "-MASTERDOWN x\r\n"));
        Assert.Equal("# Error reply to PING from master: '-MASTERDOWN x'", _log.Lines[^1]);
    }

    [Theory]
    [InlineData("-ERR unknown command", "* Master does not support PSYNC or is in error state (reply: -ERR unknown command)")]
    [InlineData("+WHAT", "# Unexpected reply to PSYNC from master: +WHAT")]
    public void A_master_without_psync_is_asked_with_sync(string reply, string line)
    {
        ReplicaHandshake handshake = AtPsync(null);
        Assert.Equal(HandshakeEvent.FullResync, Feed(handshake, reply + "\r\n"));
        Assert.Equal("SYNC\r\n", Sent(handshake));
        Assert.Null(handshake.MasterOffset);
        Assert.Equal([line, "* Retrying with SYNC..."], _log.Lines[^2..]);
    }

    [Fact]
    public void A_partial_resync_asks_for_the_byte_after_the_last_applied()
    {
        ReplicaHandshake handshake = AtPsync(new ResumePoint(ReplicationId.Parse(Id), new ReplicationOffset(50)), failover: true);
        Assert.Equal($"*4\r\n$5\r\nPSYNC\r\n$40\r\n{Id}\r\n$2\r\n51\r\n$8\r\nFAILOVER\r\n", Sent(handshake));
        Assert.True(handshake.FailoverSent);
        Assert.Contains($"* Trying a partial resynchronization (request {Id}:51).", _log.Lines);
    }

    [Theory]
    [InlineData("+CONTINUE\r\n", Id)]
    [InlineData("+CONTINUE " + Id + "\r\n", Id)]
    [InlineData("+CONTINUE " + OtherId + "\r\n", OtherId)]
    public void Continue_keeps_the_id_unless_the_master_names_another(string reply, string id)
    {
        ReplicaHandshake handshake = AtPsync(new ResumePoint(ReplicationId.Parse(Id), new ReplicationOffset(50)));
        byte[] received = Encoding.ASCII.GetBytes(reply + "*1\r\n$4\r\nPING\r\n");
        Assert.Equal(HandshakeEvent.Continued, handshake.Feed(received, 0, out int consumed));
        Assert.Equal(reply.Length, consumed);
        Assert.Equal(id, handshake.MasterId.ToString());
        Assert.Equal(LinkState.Connected, handshake.State);
        Assert.Equal(id == OtherId, _log.Lines.Contains($"# Master replication ID changed to {OtherId}"));
    }

    [Theory]
    [InlineData("-ERR PSYNC FAILOVER replid must match my replid.", HandshakeEvent.FailoverRejected)]
    [InlineData("-NOMASTERLINK Can't SYNC while not connected with my master", HandshakeEvent.FailoverRejected)]
    [InlineData("-ERR PSYNC FAILOVER can't be sent to a master.", HandshakeEvent.FailoverTargetIsMaster)]
    public void During_a_failover_a_refusal_is_told_apart(string reply, HandshakeEvent outcome) =>
        Assert.Equal(outcome, Feed(AtPsync(new ResumePoint(ReplicationId.Parse(Id), ReplicationOffset.Zero), failover: true), reply + "\r\n"));

    [Fact]
    public void Without_a_resume_point_a_continue_is_unexpected()
    {
        ReplicaHandshake handshake = AtPsync(null);
        Feed(handshake, "+CONTINUE\r\n");
        Assert.Contains("# Unexpected reply to PSYNC from master: +CONTINUE", _log.Lines);
    }

    [Fact]
    public void A_wrong_fullresync_line_is_noted_and_the_masters_error_after_it_ends_the_attempt()
    {
        ReplicaHandshake handshake = AtPsync(null);
        Assert.Equal(HandshakeEvent.FullResync, Feed(handshake, "+FULLRESYNC abc\r\n"));
        Assert.Equal(HandshakeEvent.Failed, Feed(handshake, "-ERR no\r\n"));
        Assert.Equal(["# Master replied with wrong +FULLRESYNC syntax.", "# MASTER aborted replication with an error: ERR no"], _log.Lines[^2..]);
    }

    [Fact]
    public void What_is_no_announcement_is_a_protocol_error()
    {
        ReplicaHandshake handshake = AtPsync(null);
        Feed(handshake, $"+FULLRESYNC {Id} 42\r\n");
        Assert.Equal(HandshakeEvent.Failed, Feed(handshake, "hello\r\n"));
        Assert.Equal("# Bad protocol from MASTER, the first byte is not '$' (we received 'hello'), are you sure the host and port are right?", _log.Lines[^1]);
    }

    [Fact]
    public void A_mark_is_announced_and_the_payload_stays_unread()
    {
        ReplicaHandshake handshake = AtPsync(null);
        Feed(handshake, $"+FULLRESYNC {Id} 42\r\n");
        byte[] received = Encoding.ASCII.GetBytes($"$EOF:{OtherId}\r\nREDIS0010");
        Assert.Equal(HandshakeEvent.PayloadBegins, handshake.Feed(received, 0, out int consumed));
        Assert.Equal(received.Length - 9, consumed);
        Assert.True(handshake.Payload.EndsWithMark);
        Assert.Equal(OtherId, Encoding.ASCII.GetString(handshake.Payload.EofMark.Span));
    }

    [Fact]
    public void A_line_that_arrives_byte_by_byte_is_read_once_it_is_whole()
    {
        ReplicaHandshake handshake = Connected(new HandshakeOptions(6379));
        Sent(handshake);
        byte[] line = "+PONG\r\n"u8.ToArray();
        for (int length = 1; length < line.Length; length++)
        {
            handshake.Feed(line.AsSpan(0, length), 0, out int none);
            Assert.Equal(0, none);
        }

        handshake.Feed(line, 0, out int consumed);
        Assert.Equal(line.Length, consumed);
        Assert.NotEqual("", Sent(handshake));
    }

    [Fact]
    public void A_line_without_end_is_not_collected_for_ever() =>
        Assert.Equal(HandshakeEvent.Failed, Feed(Connected(new HandshakeOptions(6379)), new string('+', 1025)));

    [Fact]
    public void Silence_longer_than_the_timeout_ends_every_state_with_its_own_words()
    {
        var handshake = new ReplicaHandshake(new HandshakeOptions(6379) { TimeoutSeconds = 10 }, _log);
        handshake.OnConnecting(null, failover: false, nowMs: 1000);
        Assert.Equal(LinkState.Connecting, handshake.State);
        Assert.True(handshake.OnTimer(11_999));
        Assert.False(handshake.OnTimer(12_000));
        Assert.Equal("# Timeout connecting to the MASTER...", _log.Lines[^1]);

        handshake = AtPsync(null, timeoutSeconds: 10);
        Feed(handshake, $"+FULLRESYNC {Id} 42\r\n");
        Assert.False(handshake.OnTimer(11_000));
        Assert.StartsWith("# Timeout receiving bulk data from MASTER...", _log.Lines[^1], StringComparison.Ordinal);

        handshake = AtPsync(new ResumePoint(ReplicationId.Parse(Id), ReplicationOffset.Zero), timeoutSeconds: 10);
        Feed(handshake, "+CONTINUE\r\n");
        handshake.OnTraffic(5000);
        Assert.True(handshake.OnTimer(15_999));
        Assert.False(handshake.OnTimer(16_000));
        Assert.Equal("# MASTER timeout: no data nor PING received...", _log.Lines[^1]);
    }

    [Fact]
    public void A_failed_connection_is_logged_with_the_systems_words()
    {
        var handshake = new ReplicaHandshake(new HandshakeOptions(6379), _log);
        handshake.OnConnecting(null, failover: false, 0);
        handshake.OnConnectionLost("Connection refused");
        Assert.Equal("# Error condition on socket for SYNC: Connection refused", _log.Lines[^1]);
        Assert.Equal(LinkState.Connect, handshake.State);
        Assert.Equal("connect"u8, handshake.State.ToWire());
    }

    [Fact]
    public void Reconnecting_is_immediate_once_and_then_doubles_up_to_a_second()
    {
        var backoff = new ReconnectBackoff();
        Assert.Equal([0, 50, 100, 200, 400, 800, 1000, 1000], Enumerable.Range(0, 8).Select(_ => backoff.NextDelayMs(1)));
        backoff.Reset();
        Assert.Equal([0, 25, 50, 100], Enumerable.Range(0, 4).Select(_ => backoff.NextDelayMs(0)));
    }

    [Fact]
    public void A_master_of_refused_snapshots_is_asked_again_after_a_second_and_then_twice_as_long_up_to_a_minute()
    {
        var backoff = new ReconnectBackoff();
        int[] waits = [.. Enumerable.Range(0, 9).Select(_ => { backoff.SnapshotRefused(); return backoff.NextDelayMs(1); })];
        Assert.Equal([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000], waits);

        // A connection that fails meanwhile does not shorten the wait; one that reached the stream ends all of it.
        Assert.Equal(60_000, backoff.NextDelayMs(1));
        backoff.Reset();
        Assert.Equal(0, backoff.NextDelayMs(1));
    }

    [Fact]
    public void An_ack_has_redis_form()
    {
        byte[] buffer = new byte[ReplicaAck.LengthMax];
        int length = ReplicaAck.Write(buffer, new ReplicationOffset(1234));
        Assert.Equal("*3\r\n$8\r\nREPLCONF\r\n$3\r\nACK\r\n$4\r\n1234\r\n", Encoding.ASCII.GetString(buffer, 0, length));
        length = ReplicaAck.Write(buffer, new ReplicationOffset(1234), new ReplicationOffset(99));
        Assert.Equal("*5\r\n$8\r\nREPLCONF\r\n$3\r\nACK\r\n$4\r\n1234\r\n$4\r\nFACK\r\n$2\r\n99\r\n", Encoding.ASCII.GetString(buffer, 0, length));
        Assert.InRange(ReplicaAck.Write(buffer, new ReplicationOffset(long.MaxValue), new ReplicationOffset(long.MaxValue)), 1, ReplicaAck.LengthMax);
    }

    private ReplicaHandshake Connected(HandshakeOptions options, ResumePoint? resume = null, bool failover = false)
    {
        var handshake = new ReplicaHandshake(options, _log);
        handshake.OnConnecting(resume, failover, 0);
        handshake.OnConnected(0);
        return handshake;
    }

    private ReplicaHandshake AtPsync(ResumePoint? resume, bool failover = false, int timeoutSeconds = 60)
    {
        ReplicaHandshake handshake = Connected(new HandshakeOptions(45721) { TimeoutSeconds = timeoutSeconds }, resume, failover);
        Feed(handshake, "+PONG\r\n");
        Sent(handshake);
        Feed(handshake, "+OK\r\n+OK\r\n");
        if (resume is null)
            Sent(handshake);
        return handshake;
    }

    private static HandshakeEvent Feed(ReplicaHandshake handshake, string received) =>
        handshake.Feed(Encoding.ASCII.GetBytes(received), 0, out _);

    private static string Sent(ReplicaHandshake handshake)
    {
        string sent = Encoding.ASCII.GetString(handshake.Output);
        handshake.OutputSent();
        return sent;
    }
}
