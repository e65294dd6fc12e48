using System.Globalization;
using Redoubt.Testing;

namespace Redoubt.Interop.Replication;

/// <summary>What a replica makes of its master's stream, byte by byte. Redis runs through the same tests where it has the same answer.</summary>
public sealed class A_replica_of_a_scripted_master : IDisposable
{
    private const long SnapshotOffset = 1_000;

    private readonly ScriptedMaster _master = new();
    private ServerProcess? _replica;

    public static TheoryData<ServerKind> Both => new() { ServerKind.Redis, ServerKind.Redoubt };

    private ServerProcess Replica => _replica!;

    public void Dispose()
    {
        _replica?.Dispose();
        _master.Dispose();
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void Resumes_from_before_a_transaction_that_broke_off(ServerKind kind)
    {
        long offset = Synchronise(kind);
        offset += _master.Stream(["SELECT", "3"], ["SET", "before", "1"]);
        _master.Stream(["MULTI"], ["SET", "half", "1"]);
        Wait.Until(() => Replica.Call("INFO", "replication").Text.Contains("slave_read_repl_offset:", StringComparison.Ordinal) && Exists(3, "before"), "the stream to be applied");
        _master.Drop();

        string[] psync = _master.Handshake();
        Assert.Equal([ScriptedMaster.HistoryId, Text(offset + 1)], psync[1..3]);
        _master.Continue();
        Assert.False(Exists(3, "half"));

        // No SELECT: the database of the stream is still the one selected before the link broke.
        offset += _master.Stream(["MULTI"], ["SET", "half", "1"], ["SET", "whole", "1"], ["EXEC"]);
        Wait.Until(() => Exists(3, "half") && Exists(3, "whole"), "the transaction to be applied");
        Assert.Equal(offset, Replica.Position().Offset);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void Answers_GETACK_with_the_offset_before_it(ServerKind kind)
    {
        long offset = Synchronise(kind);
        offset += _master.Stream(["SET", "k", "v"]);
        int question = _master.Stream(["REPLCONF", "GETACK", "*"]);
        _master.WaitForAcknowledgement(offset);

        // The clock's acknowledgement then counts the question.
        _master.WaitForAcknowledgement(offset + question);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void Goes_on_under_the_masters_new_id_after_a_partial_resync(ServerKind kind)
    {
        const string other = "0123456789012345678901234567890123456789";
        long offset = Synchronise(kind);
        _master.Drop();
        _master.Handshake();
        _master.Continue(other);
        Wait.For(other, () => Replica.Info("replication", "master_replid"), "the id");
        Assert.Equal(ScriptedMaster.HistoryId, Replica.Info("replication", "master_replid2"));
        Assert.Equal(Text(offset + 1), Replica.Info("replication", "second_repl_offset"));
        offset += _master.Stream(["SET", "k", "v"]);
        Wait.For(offset, () => Replica.Position().Offset, "the offset");
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void Needs_a_new_snapshot_after_bytes_that_are_no_commands(ServerKind kind)
    {
        Synchronise(kind);
        _master.Connection.SendRaw("*1\r\n!3\r\nbad\r\n");
        string[] psync = _master.Handshake();
        Assert.Equal("?", psync[1]);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void Serves_on_what_it_holds_until_a_new_snapshot_has_arrived_whole(ServerKind kind)
    {
        long offset = Synchronise(kind);
        offset += _master.Stream(["SET", "held", "1"]);
        Wait.For(offset, () => Replica.Position().Offset, "the offset");
        _master.Drop();
        _master.Handshake();
        _master.Connection.SendRaw($"+FULLRESYNC {ScriptedMaster.HistoryId} 5000\r\n$100000\r\nREDIS0010");
        Wait.For("1", () => Replica.Info("replication", "master_sync_in_progress"), "the transfer");
        Assert.True(Exists(0, "held"));
        _master.Drop();
        _master.Handshake();
        Assert.True(Exists(0, "held"));
    }

    [Fact]
    public void Ends_the_link_at_a_command_it_does_not_have_rather_than_go_on_without_it()
    {
        long offset = Synchronise(ServerKind.Redoubt);
        offset += _master.Stream(["SET", "k", "v"]);
        _master.Stream(["NOSUCHCOMMAND", "k"], ["SET", "after", "v"]);
        string[] psync = _master.Handshake();

        // It asks for the same byte again, for nothing has changed; what came before stays.
        Assert.Equal([ScriptedMaster.HistoryId, Text(offset + 1)], psync[1..3]);
        Assert.True(Exists(0, "k"));
        Assert.False(Exists(0, "after"));
        Assert.Contains("NOSUCHCOMMAND", Replica.Log, StringComparison.Ordinal);
    }

    [Fact]
    public void Passes_over_messages_to_subscribers()
    {
        long offset = Synchronise(ServerKind.Redoubt);
        offset += _master.Stream(["PUBLISH", "channel", "message"], ["SET", "after", "v"]);
        Wait.For(offset, () => Replica.Position().Offset, "the offset");
        Assert.True(Exists(0, "after"));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void Gives_up_a_master_that_is_silent_for_longer_than_the_timeout(ServerKind kind)
    {
        Synchronise(kind, "--repl-timeout", "2");
        string[] psync = _master.Handshake();
        Assert.Equal(ScriptedMaster.HistoryId, psync[1]);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void Takes_empty_lines_before_the_snapshot_as_signs_of_life(ServerKind kind)
    {
        _replica = Nodes.Start(kind, "--repl-timeout", "3");
        Replica.StartFollowing(_master.Port);
        _master.Handshake();
        for (int second = 0; second < 5; second++)
        {
            _master.Connection.SendRaw("\n");
            Assert.False(_master.Connection.IsClosedByPeer(1_000));
        }

        _master.SendSnapshot(EmptySnapshot(), SnapshotOffset);
        Replica.WaitUntilLinked();
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void Can_be_promoted_while_the_master_keeps_it_waiting(ServerKind kind)
    {
        _replica = Nodes.Start(kind);
        Replica.Call("SET", "own", "v").OrThrow();
        Replica.StartFollowing(_master.Port);
        _master.Handshake();
        Replica.Promote();
        Assert.Equal("master", Replica.Role());
        Assert.True(_master.Connection.IsClosedByPeer(5_000));

        Replica.StartFollowing(_master.Port);
        _master.Handshake();
        _master.Connection.SendRaw($"+FULLRESYNC {ScriptedMaster.HistoryId} 5000\r\n$100000\r\nREDIS0010");
        Wait.For("1", () => Replica.Info("replication", "master_sync_in_progress"), "the transfer");
        Replica.Promote();
        Assert.Equal("master", Replica.Role());
        Assert.True(Exists(0, "own"));
        Assert.Equal("OK", Replica.Call("SET", "k", "v").Text);
    }

    [Fact]
    public void Keeps_its_dataset_when_an_unknown_master_offers_an_empty_one_until_it_is_told_to_accept()
    {
        const string unknown = "0123456789012345678901234567890123456789";
        long offset = Synchronise(ServerKind.Redoubt);
        for (int i = 0; i < 20; i++)
            offset += _master.Stream(["SET", $"held:{i}", "1"]);
        Wait.For(offset, () => Replica.Position().Offset, "the offset");
        byte[] empty = EmptySnapshot();
        _master.Drop();
        _master.Handshake();
        _master.SendSnapshot(empty, 7, unknown);

        // It turns the snapshot down, goes on to serve, and asks for what it would like instead.
        string[] psync = _master.Handshake();
        Assert.Equal([ScriptedMaster.HistoryId, Text(offset + 1)], psync[1..3]);
        Assert.Equal(20, Replica.Call("DBSIZE").Integer);
        Assert.Contains(unknown, Replica.Info("replication", "master_resync_refused"), StringComparison.Ordinal);
        Assert.Contains("Full resync refused", Replica.Log, StringComparison.Ordinal);

        // The right master returns.
        _master.Continue();
        Replica.WaitUntilLinked();
        Assert.DoesNotContain("master_resync_refused", Replica.Call("INFO", "replication").Text, StringComparison.Ordinal);

        // An operator who wants the new dataset says so.
        Assert.Equal("ERR syntax error", Replica.Call("REPLICAOF", "127.0.0.1", Text(_master.Port), "PLEASE").Text);
        Assert.Equal("OK", Replica.Call("REPLICAOF", "127.0.0.1", Text(_master.Port), "ACCEPT").Text);
        _master.Handshake();
        _master.SendSnapshot(empty, 7, unknown);
        Replica.WaitUntilLinked();
        Assert.Equal(0, Replica.Call("DBSIZE").Integer);
        Assert.Equal((unknown, 7L), Replica.Position());
    }

    [Fact]
    public void Takes_an_empty_dataset_when_its_guard_is_off()
    {
        long offset = Synchronise(ServerKind.Redoubt, "--replica-guard", "no");
        offset += _master.Stream(["SET", "held", "1"]);
        Wait.For(offset, () => Replica.Position().Offset, "the offset");
        byte[] empty = EmptySnapshot();
        _master.Drop();
        _master.Handshake();
        _master.SendSnapshot(empty, 7, "0123456789012345678901234567890123456789");
        Wait.For(0, () => Replica.Call("DBSIZE").Integer, "the new dataset");
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void Ends_when_a_command_of_the_stream_fails_and_it_was_told_to(ServerKind kind)
    {
        Synchronise(kind, "--propagation-error-behavior", "panic-on-replicas");
        _master.Stream(["SELECT", "0"], ["SET", "k", "text"], ["INCR", "k"]);
        Replica.WaitForExit(TimeSpan.FromSeconds(20));
        Assert.Contains("This replica panicked sending an error to its master after processing the command 'incr'", Replica.Log, StringComparison.Ordinal);
    }

    /// <summary>Starts the replica and plays a full resync of an empty dataset.</summary>
    private long Synchronise(ServerKind kind, params string[] directives)
    {
        _replica = Nodes.Start(kind, directives);
        Replica.StartFollowing(_master.Port);
        _master.Handshake();
        _master.SendSnapshot(EmptySnapshot(), SnapshotOffset);
        Replica.WaitUntilLinked();
        Assert.Equal((ScriptedMaster.HistoryId, SnapshotOffset), Replica.Position());
        return SnapshotOffset;
    }

    private static byte[] EmptySnapshot()
    {
        using ServerProcess empty = Nodes.Start(ServerKind.Redis, "--repl-diskless-sync", "no");
        return ScriptedMaster.SnapshotOf(empty);
    }

    private bool Exists(int database, string key)
    {
        using RespConnection connection = Replica.Connect();
        connection.Call("SELECT", Text(database)).OrThrow();
        return connection.Call("EXISTS", key).Integer == 1;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
