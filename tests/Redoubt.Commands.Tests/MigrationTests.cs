using System.Text;

namespace Redoubt.Commands.Tests;

/// <summary>What MIGRATE makes of a target's answers. Whole moves between servers of both makes are for the tests of interoperation.</summary>
public sealed class MigrationTests
{
    [Fact]
    public void A_key_that_the_target_took_in_goes_here_and_replicas_are_told_so()
    {
        using var rig = new CommandRig();
        rig.Run("SET k v");
        var link = new ScriptedLink("+OK", "+OK");
        rig.Ports.Links.Enqueue(link);
        Assert.Equal("+OK", rig.Run("MIGRATE h 1 k 0 100"));
        Assert.Equal(["DEL k"], rig.Propagated);
        Assert.Equal(":0", rig.Run("EXISTS k"));
        Assert.StartsWith("*2|$6|SELECT|$1|0|*4|$7|RESTORE|$1|k|$1|0|", link.Sent, StringComparison.Ordinal);
        Assert.Equal(0, link.Database);
    }

    [Fact]
    public void Of_several_keys_those_go_that_the_target_took_in()
    {
        using var rig = new CommandRig();
        rig.Run("MSET a 1 b 2 c 3");
        rig.Ports.Links.Enqueue(new ScriptedLink("+OK", "+OK", "-BUSYKEY Target key name already exists.", "+OK"));
        Assert.Equal("-ERR Target instance replied with error: BUSYKEY Target key name already exists.", rig.Run("MIGRATE h 1  0 100 KEYS a nokey b c"));
        Assert.Equal(["DEL a c"], rig.Propagated);
        Assert.Equal(":1", rig.Run("EXISTS a b c"));
    }

    [Fact]
    public void A_copy_leaves_the_key_and_tells_nobody()
    {
        using var rig = new CommandRig();
        rig.Run("SET k v PX 5000");
        var link = new ScriptedLink("+OK", "+OK", "+OK");
        rig.Ports.Links.Enqueue(link);
        Assert.Equal("+OK", rig.Run("MIGRATE h 1 k 3 100 COPY REPLACE AUTH2 u p"));
        Assert.Empty(rig.Propagated);
        Assert.Equal(":1", rig.Run("EXISTS k"));
        Assert.StartsWith("*3|$4|AUTH|$1|u|$1|p|*2|$6|SELECT|$1|3|*5|$7|RESTORE|$1|k|$4|5000|", link.Sent, StringComparison.Ordinal);
        Assert.EndsWith("|$7|REPLACE|", link.Sent, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_goes_when_the_password_was_wrong_whatever_the_target_says_of_the_keys()
    {
        using var rig = new CommandRig();
        rig.Run("SET k v");
        rig.Ports.Links.Enqueue(new ScriptedLink("-WRONGPASS no", "+OK", "+OK"));
        Assert.Equal("-ERR Target instance replied with error: WRONGPASS no", rig.Run("MIGRATE h 1 k 0 100 AUTH x"));
        Assert.Equal(":1", rig.Run("EXISTS k"));
        Assert.Equal("(redacted)", Encoding.ASCII.GetString(Shown(rig, "MIGRATE h 1 k 0 100 AUTH x", 7)));
    }

    [Fact]
    public void A_dead_connection_is_opened_once_more_a_silent_one_is_not()
    {
        using var rig = new CommandRig();
        rig.Run("SET k v");
        var dead = new ScriptedLink();
        rig.Ports.Links.Enqueue(dead);
        rig.Ports.Links.Enqueue(new ScriptedLink("+OK", "+OK"));
        Assert.Equal("+OK", rig.Run("MIGRATE h 1 k 0 100"));
        Assert.True(dead.IsClosed);

        rig.Run("SET k v");
        rig.Ports.Links.Enqueue(new ScriptedLink { IsTimedOut = true });
        rig.Ports.Links.Enqueue(new ScriptedLink("+OK", "+OK"));
        Assert.Equal("-IOERR error or timeout reading to target instance", rig.Run("MIGRATE h 1 k 0 100"));
        Assert.Single(rig.Ports.Links);
    }

    [Fact]
    public void A_connection_that_breaks_between_keys_is_not_tried_again()
    {
        using var rig = new CommandRig();
        rig.Run("MSET a 1 b 2");
        rig.Ports.Links.Enqueue(new ScriptedLink("+OK", "+OK"));
        rig.Ports.Links.Enqueue(new ScriptedLink("+OK", "+OK", "+OK"));
        Assert.Equal("-IOERR error or timeout reading to target instance", rig.Run("MIGRATE h 1  0 100 KEYS a b"));
        Assert.Equal(["DEL a"], rig.Propagated);
        Assert.Single(rig.Ports.Links);
    }

    [Theory]
    [InlineData("MIGRATE h 1 nokey 0 0", "+NOKEY")]
    [InlineData("MIGRATE h 1  0 0 KEYS", "+NOKEY")]
    [InlineData("MIGRATE h 1 k 0 0 KEYS a", "-ERR When using MIGRATE KEYS option, the key argument must be set to the empty string")]
    [InlineData("MIGRATE h 1 k x y AUTH2 a", "-ERR syntax error")]
    [InlineData("MIGRATE h 1 k x 0", "-ERR value is not an integer or out of range")]
    [InlineData("MIGRATE h 1 k 0 0", "-IOERR error or timeout connecting to the client")]
    public void What_is_not_begun_is_answered(string line, string reply)
    {
        using var rig = new CommandRig();
        rig.Run("SET k v");
        Assert.Equal(reply, rig.Run(line));
    }

    private static byte[] Shown(CommandRig rig, string line, int argument)
    {
        rig.Run(line);
        return rig.Context.Shown(argument).ToArray();
    }

    /// <summary>Takes what is sent and answers with these lines; then the connection is over.</summary>
    private sealed class ScriptedLink(params string[] answers) : IMigrationLink
    {
        private readonly List<byte> _sent = [];
        private int _next;

        public string Sent => Encoding.Latin1.GetString([.. _sent]).Replace("\r\n", "|");

        public long Database { get; set; } = -1;

        public bool IsTimedOut { get; init; }

        public bool IsClosed { get; private set; }

        public bool TrySend(ReadOnlySpan<byte> bytes, long timeoutMs)
        {
            _sent.AddRange(bytes);
            return true;
        }

        public bool TryReadLine(long timeoutMs, out ReadOnlySpan<byte> line)
        {
            bool isThere = _next < answers.Length;
            line = isThere ? Encoding.ASCII.GetBytes(answers[_next++]) : [];
            return isThere;
        }

        public void Close() => IsClosed = true;
    }
}
