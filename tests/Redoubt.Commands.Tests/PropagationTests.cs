using Redoubt.Keyspace;

namespace Redoubt.Commands.Tests;

/// <summary>What replicas are told. The rig's clock stands at 1,700,000,000,000 ms.</summary>
public sealed class PropagationTests
{
    [Theory]
    [InlineData("SET k v", "SET k v")]
    [InlineData("set k v nx", "set k v nx")]
    [InlineData("SET k v EX 10", "SET k v PXAT 1700000010000")]
    [InlineData("SET k v PX 10", "SET k v PXAT 1700000000010")]
    [InlineData("SET k v EXAT 1800000000 GET", "SET k v PXAT 1800000000000")]
    [InlineData("SET k v GET KEEPTTL get", "SET k v KEEPTTL")]
    [InlineData("SETEX k 10 v", "SET k v PXAT 1700000010000")]
    [InlineData("PSETEX k 10 v", "SET k v PXAT 1700000000010")]
    [InlineData("SETNX k v", "SETNX k v")]
    [InlineData("GETSET k v", "SET k v")]
    [InlineData("APPEND k v", "APPEND k v")]
    [InlineData("SETRANGE k 1 v", "SETRANGE k 1 v")]
    [InlineData("MSET a 1 b 2", "MSET a 1 b 2")]
    [InlineData("INCR n", "INCR n")]
    [InlineData("INCRBYFLOAT n 1.5", "SET n 1.5 KEEPTTL")]
    [InlineData("FLUSHALL", "FLUSHALL")]
    [InlineData("FLUSHDB async", "FLUSHDB async")]
    [InlineData("SWAPDB 1 1", "SWAPDB 1 1")]
    public void On_an_empty_server_is_propagated(string command, string propagated)
    {
        using var rig = new CommandRig();
        rig.Run(command);
        Assert.Equal([propagated], rig.Propagated);
    }

    [Theory]
    [InlineData("EXPIRE k 10", "PEXPIREAT k 1700000010000")]
    [InlineData("expire k 10 nx", "PEXPIREAT k 1700000010000 nx")]
    [InlineData("PEXPIRE k 10", "PEXPIREAT k 1700000000010")]
    [InlineData("EXPIREAT k 1800000000", "PEXPIREAT k 1800000000000")]
    [InlineData("pexpireat k 1800000000000", "pexpireat k 1800000000000")]
    [InlineData("EXPIRE k -1", "DEL k")]
    [InlineData("EXPIREAT k 1", "DEL k")]
    [InlineData("GETEX k EX 10", "PEXPIREAT k 1700000010000")]
    [InlineData("GETEX k PXAT 1", "DEL k")]
    [InlineData("GETEX t PERSIST", "PERSIST t")]
    [InlineData("PERSIST t", "PERSIST t")]
    [InlineData("GETDEL k", "DEL k")]
    [InlineData("DEL k nokey", "DEL k nokey")]
    [InlineData("UNLINK k", "UNLINK k")]
    [InlineData("RENAME k z", "RENAME k z")]
    [InlineData("COPY k z DB 1", "COPY k z DB 1")]
    [InlineData("MOVE k 1", "MOVE k 1")]
    [InlineData("SET k v XX GET", "SET k v XX")]
    public void On_existing_keys_is_propagated(string command, string propagated)
    {
        using var rig = WithKeys();
        rig.Run(command);
        Assert.Equal([propagated], rig.Propagated);
    }

    [Theory]
    [InlineData("SET k v NX")]
    [InlineData("SET nokey v XX GET")]
    [InlineData("SET k v EX 0")]
    [InlineData("SETNX k v")]
    [InlineData("MSETNX a 1 k 2")]
    [InlineData("GETEX k")]
    [InlineData("GETEX k PERSIST")]
    [InlineData("GETEX nokey EX 10")]
    [InlineData("GETDEL nokey")]
    [InlineData("PERSIST k")]
    [InlineData("EXPIRE nokey 10")]
    [InlineData("EXPIRE nokey -1")]
    [InlineData("EXPIRE t 10 NX")]
    [InlineData("EXPIRE k 10 GT")]
    [InlineData("DEL nokey")]
    [InlineData("RENAME k k")]
    [InlineData("RENAMENX k t")]
    [InlineData("COPY k t")]
    [InlineData("MOVE nokey 1")]
    [InlineData("SETRANGE k 0 ")]
    [InlineData("INCR k")]
    [InlineData("INCRBYFLOAT k 1")]
    [InlineData("DEBUG POPULATE 3")]
    public void What_changes_nothing_is_not_propagated(string command)
    {
        using var rig = WithKeys();
        rig.Run(command);
        Assert.Empty(rig.Propagated);
    }

    [Theory]
    [InlineData("RESTORE new 0 x", "RESTORE new 0 x")]
    [InlineData("RESTORE k 0 x REPLACE", "RESTORE k 0 x REPLACE")]
    [InlineData("RESTORE new 500 x", "RESTORE new 1700000000500 x ABSTTL")]
    [InlineData("RESTORE k 500 x REPLACE FREQ 3", "RESTORE k 1700000000500 x REPLACE FREQ 3 ABSTTL")]
    [InlineData("RESTORE new 1700000000500 x ABSTTL", "RESTORE new 1700000000500 x ABSTTL")]
    [InlineData("RESTORE k 1699999999999 x ABSTTL REPLACE", "DEL k")]
    [InlineData("RESTORE new 1699999999999 x ABSTTL", "")]
    [InlineData("RESTORE k 0 x", "")]
    [InlineData("RESTORE k 0 format REPLACE", "")]
    [InlineData("RESTORE k 0 footer REPLACE", "")]
    public void A_restored_value_is_propagated_with_its_expiry_as_a_moment(string command, string propagated)
    {
        using var rig = WithKeys();
        rig.Run(command);
        Assert.Equal(propagated, string.Join('|', rig.Propagated));
        Assert.Equal(0, rig.Keyspace.Anteroom.Count);
    }

    [Theory]
    [InlineData("GET t", "DEL t")]
    [InlineData("INCR t", "DEL t|INCR t")]
    [InlineData("RENAME k t", "DEL t|RENAME k t")]
    [InlineData("SETNX t v", "DEL t|SETNX t v")]
    [InlineData("DEL t", "DEL t")]
    [InlineData("EXPIRE t 10", "DEL t")]
    [InlineData("SET t v EX 10", "DEL t|SET t v PXAT 1700000210000")]
    public void An_expired_key_is_deleted_for_the_replicas_before_the_command(string command, string propagated)
    {
        using var rig = WithKeys();
        rig.Keyspace.NowMs += 200_000;
        rig.Run(command);
        Assert.Equal(propagated, string.Join('|', rig.Propagated));
    }

    [Theory]
    [InlineData("EXPIRE k -1", ":1", "PEXPIREAT k 1699999999000")]
    [InlineData("GETEX k PXAT 5", "$1|v", "PEXPIREAT k 5")]
    public void A_replica_keeps_a_key_whose_time_is_past_until_its_master_deletes_it(string command, string reply, string propagated)
    {
        using var rig = WithKeys();
        rig.Keyspace.ExpiryMode = ExpiryMode.Hide;
        Assert.Equal(reply, rig.Run(command));
        Assert.Equal([propagated], rig.Propagated);
        Assert.Equal("$-1", rig.Run("GET k"));
        Assert.Empty(rig.Propagated);
        Assert.Equal(":2", rig.Run("DBSIZE"));
    }

    [Fact]
    public void Lazy_deletion_is_propagated_as_unlink()
    {
        using var rig = WithKeys();
        rig.Context.Ports.Settings.IsUserDeletionLazy = true;
        rig.Context.Ports.Settings.IsExpiryLazy = true;
        rig.Run("GETDEL k");
        Assert.Equal(["UNLINK k"], rig.Propagated);
        rig.Run("EXPIRE t -1");
        Assert.Equal(["UNLINK t"], rig.Propagated);
    }

    [Fact]
    public void Words_that_nobody_hears_are_not_put_together()
    {
        var target = new Target();
        var propagation = new Propagation { Target = target };
        propagation.Instead(2).Word("DEL"u8).Word(7);
        Assert.Equal((true, 0, 0), (propagation.IsReplaced, propagation.CommandCount, propagation.Commands.Length));
        target.IsHeard = true;
        propagation.Also(2).Word("DEL"u8).Word(8);
        Assert.Equal((true, 1), (propagation.IsReplaced, propagation.CommandCount));
        Assert.Equal(["DEL 8"], RespText.Commands(propagation.Commands));
    }

    private sealed class Target : IPropagationTarget
    {
        public bool IsHeard { get; set; }
    }

    /// <summary>k without expiry, t with 100 s to live.</summary>
    private static CommandRig WithKeys()
    {
        var rig = new CommandRig();
        rig.Run("SET k v");
        rig.Run("SET t v EX 100");
        return rig;
    }
}
