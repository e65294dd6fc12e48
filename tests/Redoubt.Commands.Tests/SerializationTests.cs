namespace Redoubt.Commands.Tests;

public class SerializationTests
{
    [Theory]
    [InlineData("RESTORE k 0 x", "-BUSYKEY Target key name already exists.")]
    [InlineData("RESTORE k x x", "-BUSYKEY Target key name already exists.")]
    [InlineData("RESTORE new x x", "-ERR value is not an integer or out of range")]
    [InlineData("RESTORE new -1 x", "-ERR Invalid TTL value, must be >= 0")]
    [InlineData("RESTORE new 0 footer", "-ERR DUMP payload version or checksum are wrong")]
    [InlineData("RESTORE new 0 format", "-ERR Bad data format")]
    [InlineData("RESTORE new 0 x IDLETIME -1", "-ERR Invalid IDLETIME value, must be >= 0")]
    [InlineData("RESTORE new 0 x IDLETIME x", "-ERR value is not an integer or out of range")]
    [InlineData("RESTORE new 0 x FREQ 256", "-ERR Invalid FREQ value, must be >= 0 and <= 255")]
    [InlineData("RESTORE new 0 x FREQ 1 IDLETIME 1", "-ERR syntax error")]
    [InlineData("RESTORE new 0 x IDLETIME", "-ERR syntax error")]
    [InlineData("RESTORE new 0 x NX", "-ERR syntax error")]
    public void A_refused_restore_says_why_and_leaves_everything_as_it_was(string command, string reply)
    {
        using var rig = new CommandRig();
        rig.Run("SET k v");
        Assert.Equal(reply, rig.Run(command));
        Assert.Equal("$1|v", rig.Run("GET k"));
        Assert.Equal(":1", rig.Run("DBSIZE"));
        Assert.Equal(0, rig.Keyspace.Anteroom.Count);
    }

    [Fact]
    public void A_bad_payload_does_not_cost_the_key_that_it_was_to_replace()
    {
        using var rig = new CommandRig();
        rig.Run("SET k v");
        Assert.Equal("-ERR Bad data format", rig.Run("RESTORE k 0 format REPLACE"));
        Assert.Equal("$1|v", rig.Run("GET k"));
    }

    [Fact]
    public void A_restored_key_has_the_expiry_and_the_idle_time_it_was_given()
    {
        using var rig = new CommandRig();
        Assert.Equal("+OK", rig.Run("RESTORE a 5000 x"));
        Assert.Equal(":5000", rig.Run("PTTL a"));
        Assert.Equal("+OK", rig.Run("RESTORE b 1700000009000 x ABSTTL IDLETIME 1000"));
        Assert.Equal(":9000", rig.Run("PTTL b"));
        Assert.Equal(":1000", rig.Run("OBJECT IDLETIME b"));
        Assert.Equal("+OK", rig.Run("RESTORE b 0 y REPLACE"));
        Assert.Equal(":-1", rig.Run("PTTL b"));
        Assert.Equal("$1|y", rig.Run("GET b"));
    }

    [Fact]
    public void What_is_past_already_is_not_restored_and_removes_what_it_replaces()
    {
        using var rig = new CommandRig();
        rig.Run("SET k v");
        Assert.Equal("+OK", rig.Run("RESTORE k 5 x ABSTTL REPLACE"));
        Assert.Equal("+OK", rig.Run("RESTORE new 5 x ABSTTL"));
        Assert.Equal(":0", rig.Run("DBSIZE"));
        Assert.Equal(0, rig.Keyspace.Anteroom.Count);
    }
}
