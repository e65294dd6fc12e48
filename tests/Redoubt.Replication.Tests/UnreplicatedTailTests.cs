using System.Text;
using Redoubt.Topology;

namespace Redoubt.Replication.Tests;

public sealed class UnreplicatedTailTests
{
    private const string Id = "0123456789abcdef0123456789abcdef01234567";

    [Theory]
    [InlineData("", 0, 0)]
    [InlineData("*1\r\n$4\r\nping\r\n*3\r\n$8\r\nREPLCONF\r\n$6\r\nGETACK\r\n$1\r\n*\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n", 3, 0)]
    [InlineData("*1\r\n$4\r\nping\r\n*2\r\n$3\r\nDEL\r\n$1\r\nk\r\n", 2, 1)]
    [InlineData("*1\r\n$4\r\nping\r\n*1\r\n$4\r\npi", 2, 1)]
    [InlineData("*1\r\n!4\r\nping\r\n", 1, 1)]
    public void Only_heartbeats_and_selections_are_no_writes(string bytes, int commands, int writes) =>
        Assert.Equal(new UnreplicatedTail(commands, writes), UnreplicatedTail.Read(Encoding.ASCII.GetBytes(bytes)));

    [Fact]
    public void More_commands_than_are_read_at_once_are_all_counted()
    {
        string bytes = string.Concat(Enumerable.Repeat("*1\r\n$4\r\nping\r\n", 1000)) + "*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n";
        Assert.Equal(new UnreplicatedTail(1001, 1), UnreplicatedTail.Read(Encoding.ASCII.GetBytes(bytes)));
    }

    [Fact]
    public void What_is_taken_back_from_the_stream_is_written_again_in_its_place()
    {
        ReplicationStream stream = new(1024 * 1024);
        stream.Create(new ReplicationOffset(1000));
        byte[] filler = new byte[300_000];
        stream.Append("abc"u8);
        stream.Append(filler);
        stream.TakeBackTo(new ReplicationOffset(1002));
        stream.Verify();
        Assert.Equal(new ReplicationOffset(1002), stream.Offset);
        stream.Append("xyz"u8);
        using ReplicaCursor cursor = stream.CursorAt(new StreamPosition(1001));
        Assert.Equal("abxyz"u8, cursor.Next());
        Assert.Throws<InvalidOperationException>(() => stream.TakeBackTo(new ReplicationOffset(1001)));
        cursor.Dispose();
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.TakeBackTo(new ReplicationOffset(2000)));
        stream.TakeBackTo(new ReplicationOffset(1000));
        stream.Verify();
        Assert.Equal(0, stream.HistoryLength);
    }

    [Fact]
    public void The_database_of_any_place_is_known_for_the_last_thousand_selections()
    {
        ReplicationStream stream = new(1024 * 1024);
        stream.Create(ReplicationOffset.Zero);
        StreamEncoder encoder = new(stream);
        List<StreamPosition> places = [];
        for (int i = 0; i < 5000; i++)
        {
            encoder.AppendRaw(i % 16, "*1\r\n$1\r\nx\r\n"u8);
            places.Add(stream.Offset.NextByte + -"*1\r\n$1\r\nx\r\n".Length);
        }
        for (int i = 5000 - 1024; i < 5000; i++)
            Assert.Equal(i % 16, stream.DatabaseAt(places[i]));
        Assert.Null(stream.DatabaseAt(places[5000 - 1025]));
    }

    [Fact]
    public void An_old_master_asks_where_the_new_one_parted_before_it_asks_for_a_resync()
    {
        ReplicationId own = ReplicationId.Parse(Id);
        ReplicaHandshake handshake = AtFork(new ResumePoint(own, new ReplicationOffset(500), AsksForFork: true));
        Assert.Equal("*2\r\n$4\r\nINFO\r\n$11\r\nreplication\r\n", Sent(handshake));
        string info = $"# Replication\r\nrole:master\r\nconnected_slaves:0\r\nmaster_failover_state:no-failover\r\nmaster_replid:{new string('a', 40)}\r\nmaster_replid2:{Id}\r\n"
            + "master_repl_offset:600\r\nsecond_repl_offset:451\r\nrepl_backlog_active:1\r\nrepl_backlog_size:1048576\r\nrepl_backlog_first_byte_offset:1\r\nrepl_backlog_histlen:600\r\n";
        Assert.Equal(HandshakeEvent.ForkKnown, handshake.Feed(Encoding.ASCII.GetBytes($"${info.Length}\r\n{info}\r\n"), 0, out _));
        Assert.Equal(new StreamPosition(451), handshake.Fork);

        handshake.AskForResync(new ResumePoint(own, new ReplicationOffset(450)));
        Assert.Contains($"PSYNC\r\n$40\r\n{Id}\r\n$3\r\n451\r\n", Sent(handshake), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-NOPERM no\r\n")]
    [InlineData("$17\r\nrole:nobody\r\nx:1\r\n\r\n")]
    public void A_master_that_does_not_say_where_it_parted_is_asked_as_ever(string reply)
    {
        ResumePoint resume = new(ReplicationId.Parse(Id), new ReplicationOffset(500), AsksForFork: true);
        ReplicaHandshake handshake = AtFork(resume);
        Sent(handshake);
        Assert.Equal(HandshakeEvent.ForkKnown, handshake.Feed(Encoding.ASCII.GetBytes(reply), 0, out _));
        Assert.Null(handshake.Fork);
        handshake.AskForResync(resume);
        Assert.Contains("$3\r\n501\r\n", Sent(handshake), StringComparison.Ordinal);
    }

    private static ReplicaHandshake AtFork(ResumePoint resume)
    {
        ReplicaHandshake handshake = new(new HandshakeOptions(6379), new RecordingLog());
        handshake.OnConnecting(resume, failover: false, 0);
        handshake.OnConnected(0);
        handshake.Feed("+PONG\r\n"u8, 0, out _);
        Sent(handshake);
        handshake.Feed("+OK\r\n+OK\r\n"u8, 0, out _);
        return handshake;
    }

    private static string Sent(ReplicaHandshake handshake)
    {
        string sent = Encoding.ASCII.GetString(handshake.Output);
        handshake.OutputSent();
        return sent;
    }
}
