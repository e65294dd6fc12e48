using System.Globalization;
using Redoubt.Testing;

namespace Redoubt.Interop.Replication;

/// <summary>An old master that is told to follow its successor. Redis takes a full resync in all of these.</summary>
public sealed class Old_masters
{
    public static TheoryData<ServerKind> Successors => new() { ServerKind.Redis, ServerKind.Redoubt };

    [Theory]
    [MemberData(nameof(Successors))]
    public void Take_back_heartbeats_that_the_new_one_never_saw_and_continue(ServerKind kind)
    {
        using ServerProcess old = Nodes.StartStill(ServerKind.Redoubt, "--repl-ping-replica-period", "1");
        using ServerProcess promoted = Nodes.Start(kind);
        using ServerProcess other = Nodes.Start(ServerKind.Redoubt);
        other.Follow(old);
        promoted.Follow(old);
        WriteLoad.Fill(old, seed: 81, count: 200);
        promoted.WaitUntilCaughtUp(old);
        promoted.Promote();
        long fork = long.Parse(promoted.Info("replication", "second_repl_offset"), CultureInfo.InvariantCulture);
        // The other replica is still there, so heartbeats go on and move the offset.
        Wait.Until(() => old.Position().Offset >= fork + 20, "heartbeats beyond the fork");

        WriteLoad.Fill(promoted, seed: 82, count: 100);
        old.Follow(promoted);
        Nodes.AssertSame(promoted, old);
        Assert.Equal(new SyncCounts(0, 1, 0), SyncCounts.Of(promoted));
        Wait.Until(() => old.Log.Contains("Stepping back", StringComparison.Ordinal), "the log line");
        Assert.DoesNotContain("missed_writes_file", old.Call("INFO", "replication").Text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Successors))]
    public void Save_the_writes_that_the_new_one_never_saw(ServerKind kind)
    {
        using ServerProcess old = Nodes.StartStill(ServerKind.Redoubt);
        using ServerProcess promoted = Nodes.Start(kind);
        promoted.Follow(old);
        using RespConnection client = old.Connect();
        client.Pipeline([["SELECT", "5"], ["SET", "known", "1"]]);
        promoted.WaitUntilCaughtUp(old);
        (string history, _) = old.Position();
        promoted.Promote();
        string fork = promoted.Info("replication", "second_repl_offset");
        client.Pipeline([["SET", "missed", "1"], ["RPUSH", "list", "a", "b"], ["SELECT", "2"], ["INCR", "n"]]);
        promoted.Call("SET", "new", "1").OrThrow();

        old.Follow(promoted);
        Nodes.AssertSame(promoted, old);
        Assert.Equal(1, SyncCounts.Of(promoted).Full);
        string path = old.Info("replication", "missed_writes_file");
        Assert.Equal($"missed-writes-{history}-{fork}.aof", Path.GetFileName(path));
        Assert.Equal("3", old.Info("replication", "missed_writes_commands"));
        Wait.Until(() => old.Log.Contains("never reached the new master", StringComparison.Ordinal), "the log line");

        // A server of either kind reads it as what it is.
        string text = File.ReadAllText(path);
        Assert.StartsWith($"#missed-writes replid:{history} first-byte:{fork} ", text, StringComparison.Ordinal);
        using ServerProcess reader = Nodes.Start(ServerKind.Redis);
        using RespConnection replay = reader.Connect();
        replay.SendRaw(text[(text.IndexOf('\n', StringComparison.Ordinal) + 1)..]);
        Wait.Until(() => reader.Info("keyspace", "db2").StartsWith("keys=1", StringComparison.Ordinal), "the file to be replayed");
        Assert.StartsWith("keys=2", reader.Info("keyspace", "db5"), StringComparison.Ordinal);
        Assert.Equal("keys=1", reader.Info("keyspace", "db2").Split(',')[0]);
    }

    [Fact]
    public void Keep_their_dataset_while_their_writes_cannot_be_saved()
    {
        using ServerProcess old = Nodes.StartStill(ServerKind.Redoubt);
        using ServerProcess promoted = Nodes.Start(ServerKind.Redoubt);
        promoted.Follow(old);
        old.Call("SET", "known", "1").OrThrow();
        promoted.WaitUntilCaughtUp(old);
        (string history, _) = old.Position();
        promoted.Promote();
        old.Call("SET", "missed", "1").OrThrow();
        // A folder stands where the temporary file would be written: that fails for root too.
        string obstacle = Path.Combine(old.Folder, $"temp-missed-writes-{history}-{promoted.Info("replication", "second_repl_offset")}.aof");
        Directory.CreateDirectory(obstacle);
        old.StartFollowing(promoted.Port);
        Wait.Until(() => old.Log.Contains("cannot be saved", StringComparison.Ordinal), "the refusal");
        Assert.Equal("1", old.Call("GET", "missed").Text);

        Directory.Delete(obstacle);
        old.WaitUntilLinked();
        Nodes.AssertSame(promoted, old);
        Assert.True(File.Exists(old.Info("replication", "missed_writes_file")));
    }

    [Fact]
    public void Save_what_a_forced_failover_left_behind()
    {
        using ServerProcess old = Nodes.StartStill(ServerKind.Redoubt);
        using ServerProcess target = Nodes.Start(ServerKind.Redoubt);
        using CuttingProxy link = new(old.Port);
        target.Follow(link);
        old.Call("SET", "known", "1").OrThrow();
        target.WaitUntilCaughtUp(old);
        link.Stall();
        old.Call("SET", "missed", "1").OrThrow();
        old.Call("FAILOVER", "TO", "127.0.0.1", target.Port.ToString(CultureInfo.InvariantCulture), "FORCE", "TIMEOUT", "200").OrThrow();
        Wait.For("slave", old.Role, "the handover");
        old.WaitUntilLinked();
        Nodes.AssertSame(target, old);
        Assert.Contains("missed", File.ReadAllText(old.Info("replication", "missed_writes_file")), StringComparison.Ordinal);
    }
}
