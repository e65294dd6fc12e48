using System.Text;
using Redoubt.Failover.MissedWrites;
using Redoubt.Topology;

namespace Redoubt.Failover.Tests.MissedWrites;

public class LossJudgementTests
{
    private static readonly ReplicationId History = ReplicationId.Parse("0123456789abcdef0123456789abcdef01234567");

    [Fact]
    public void Commands_are_read_with_their_places_databases_and_transactions()
    {
        string text = Wire("SELECT", "2") + Wire("SET", "a", "b") + Wire("MULTI") + Wire("DEL", "a") + Wire("EXEC") + Wire("SET", "c", "d");
        CommandStream stream = Read(text, 101);
        Assert.Equal(["SELECT", "SET", "MULTI", "DEL", "EXEC", "SET"], stream.Commands.Select(command => command.Name));
        Assert.Equal(101, stream.Commands[0].Start);
        Assert.Equal(100 + text.Length, stream.Commands[^1].End);
        Assert.Equal([null, 2, 2, 2, 2, 2], stream.Commands.Select(command => command.Database));
        Assert.Equal([null, null, null, 1, 1, null], stream.Commands.Select(command => command.Transaction));
    }

    [Fact]
    public void A_piece_cut_out_of_a_stream_is_read_from_its_first_whole_command()
    {
        string imitation = Wire("SET", "k", Wire("DEL", "everything") + "tail");
        string text = Wire("SET", "first", "x") + imitation + Wire("INCR", "n");
        for (int cut = 1; cut < text.Length; cut++)
        {
            CommandStream stream = CommandStream.ReadFromMiddle(Encoding.ASCII.GetBytes(text[cut..]), cut + 1);
            Assert.DoesNotContain(stream.Commands, command => command.Name == "DEL");
            Assert.True(stream.Commands.Count == 0 || stream.Commands[^1].End == text.Length);
        }
    }

    [Theory]
    [InlineData("*1\r\n$4\r\nPIN")]
    [InlineData("*2147483647\r\n$1\r\nx\r\n")]
    [InlineData("*1\r\n$2147483647\r\nx\r\n")]
    [InlineData("*-1\r\n")]
    [InlineData("$3\r\nGET\r\n")]
    [InlineData("*1\r\n$1\r\nxyz\r\n")]
    public void What_is_torn_or_damaged_ends_the_reading(string damage)
    {
        CommandStream stream = Read(Wire("SET", "a", "b") + damage, 1);
        Assert.Single(stream.Commands);
        Assert.Equal(Wire("SET", "a", "b").Length, stream.ReadTo);
    }

    [Fact]
    public void Heartbeats_behind_the_fork_are_no_writes()
    {
        string text = Wire("SET", "a", "b");
        string noise = Wire("PING") + Wire("REPLCONF", "GETACK", "*");
        var fork = new ForkPoint(History, new ReplicationOffset(text.Length));
        var end = new ReplicationOffset(text.Length + noise.Length);
        Assert.Equal(LossVerdict.None, LossJudgement.OfStream(fork, end, Read(text + noise, 1)).Verdict);
        LossFindings cut = LossJudgement.OfStream(fork, end, Read(text + Wire("PING"), 1));
        Assert.Equal((LossVerdict.Possible, noise.Length), (cut.Verdict, cut.BytesMax));
        Assert.Equal(LossVerdict.None, LossJudgement.OfStream(fork, new ReplicationOffset(3), Read("", 1)).Verdict);
    }

    [Fact]
    public void A_note_in_the_file_at_the_fork_makes_alignment_needless()
    {
        string shared = Wire("SELECT", "0") + Wire("INCR", "n") + Wire("INCR", "n");
        string file = shared + $"#REPL:{History} 500 0\r\n" + Wire("INCR", "n") + $"#REPL:{History} 523 0\r\n";
        LossFindings findings = LossJudgement.OfAppendOnlyFile(new ForkPoint(History, new ReplicationOffset(500)), Read(file, 0), null);
        Assert.Equal(LossVerdict.Found, findings.Verdict);
        Assert.Single(findings.Commands);
    }

    [Fact]
    public void A_tail_that_repeats_itself_is_a_range_and_not_a_finding()
    {
        CommandStream tail = Read(Wire("SELECT", "0") + Wire("INCR", "n"), 1);
        long end = tail.Commands[^1].End;
        string file = Wire("SELECT", "0") + Wire("INCR", "n") + Wire("INCR", "n") + Wire("INCR", "n");
        LossFindings findings = LossJudgement.OfAppendOnlyFile(new ForkPoint(History, new ReplicationOffset(end)), Read(file, 0), tail);
        Assert.Equal(LossVerdict.Possible, findings.Verdict);
        Assert.Equal(2, findings.Commands.Count);
    }

    [Fact]
    public void A_file_that_begins_after_the_tail_does_is_placed_only_by_enough_commands()
    {
        string tail = string.Concat(Enumerable.Range(0, 20).Select(i => Wire("SET", $"k{i}", "v")));
        var fork = new ForkPoint(History, new ReplicationOffset(tail.Length));
        LossFindings enough = LossJudgement.OfAppendOnlyFile(fork, Read(string.Concat(Enumerable.Range(10, 12).Select(i => Wire("SET", $"k{i}", "v"))), 0), Read(tail, 1));
        Assert.Equal((LossVerdict.Found, 2), (enough.Verdict, enough.Commands.Count));
        LossFindings few = LossJudgement.OfAppendOnlyFile(fork, Read(string.Concat(Enumerable.Range(18, 4).Select(i => Wire("SET", $"k{i}", "v"))), 0), Read(tail, 1));
        Assert.Equal(LossVerdict.Possible, few.Verdict);
        LossFindings foreign = LossJudgement.OfAppendOnlyFile(fork, Read(Wire("SET", "other", "v"), 0), Read(tail, 1));
        Assert.Equal(LossVerdict.Unknown, foreign.Verdict);
    }

    private static CommandStream Read(string text, long position) => CommandStream.Read(Encoding.ASCII.GetBytes(text), position);

    private static string Wire(params string[] words) => $"*{words.Length}\r\n" + string.Concat(words.Select(word => $"${word.Length}\r\n{word}\r\n"));
}
