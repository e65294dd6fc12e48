using System.Text;
using Redoubt.Testing;

namespace Redoubt.Interop.Replication;

/// <summary>PSYNC to the byte. Run on both kinds of master, so that the expectation is Redis's.</summary>
public sealed class Psync_by_hand
{
    public static TheoryData<ServerKind> Kinds => [.. Enum.GetValues<ServerKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_snapshot_comes_between_marks_to_those_who_know_them_and_with_a_length_otherwise(ServerKind kind)
    {
        using ServerProcess diskless = Nodes.Start(kind, "--repl-diskless-sync", "yes");
        using ServerProcess byDisk = Nodes.Start(kind, "--repl-diskless-sync", "no");
        Assert.True(SnapshotHasEndMark(diskless, "eof", "psync2"));
        Assert.False(SnapshotHasEndMark(diskless, "psync2"));
        Assert.False(SnapshotHasEndMark(byDisk, "eof", "psync2"));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_snapshot_is_a_file_that_redis_check_rdb_accepts(ServerKind kind)
    {
        using ServerProcess master = Nodes.Start(kind);
        WriteLoad.Fill(master, seed: 91, count: 1_000);
        using ReplicaSession replica = ReplicaSession.Open(master, "eof", "psync2");
        replica.Psync();
        Assert.StartsWith("REDIS00", Encoding.Latin1.GetString(replica.Snapshot), StringComparison.Ordinal);
        string file = Path.Combine(master.Folder, "sent.rdb");
        File.WriteAllBytes(file, replica.Snapshot);
        Assert.Contains("RDB looks OK", ToolRun.Of("/usr/bin/redis-check-rdb", [file]).Succeeded(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_offset_counts_exactly_the_bytes_of_the_stream(ServerKind kind)
    {
        using ServerProcess master = Nodes.Start(kind);
        using ReplicaSession replica = ReplicaSession.Open(master, "eof", "psync2");
        string answer = replica.Psync();
        Assert.Equal($"+FULLRESYNC {replica.ReplicationId} {replica.Offset}", answer);
        Assert.Matches("^[0-9a-f]{40}$", replica.ReplicationId);
        WriteLoad.Fill(master, seed: 92, count: 500);
        master.Call("SET", "last", "v").OrThrow();
        replica.Until("last");
        Assert.Equal(master.Position().Offset, replica.Offset);
        Assert.Equal(master.Position().ReplicationId, replica.ReplicationId);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void From_the_next_byte_on_the_stream_continues(ServerKind kind)
    {
        using ServerProcess master = Nodes.Start(kind);
        (string id, long end) = History(master);
        using ReplicaSession again = ReplicaSession.Open(master, "eof", "psync2");
        Assert.Equal($"+CONTINUE {id}", again.Psync(id, end + 1));
        master.Call("SET", "next", "v").OrThrow();
        Assert.Equal("SET next v", Wire.ShowCommand(again.Until("next")[^1]));
        Assert.Equal(master.Position().Offset, again.Offset);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void From_a_byte_in_the_backlog_on_the_same_bytes_come_again(ServerKind kind)
    {
        using ServerProcess master = Nodes.Start(kind);
        using ReplicaSession first = ReplicaSession.Open(master, "eof", "psync2");
        first.Psync();
        master.Call("SET", "start", "v").OrThrow();
        first.Until("start");
        long start = first.Offset;
        WriteLoad.Fill(master, seed: 93, count: 500);
        master.Call("SET", "last", "v").OrThrow();
        List<byte[][]> sent = first.Until("last");
        using ReplicaSession again = ReplicaSession.Open(master, "eof", "psync2");
        Assert.StartsWith("+CONTINUE", again.Psync(first.ReplicationId, start + 1), StringComparison.Ordinal);
        Assert.Equal(sent.Select(Wire.ShowCommand), again.Until("last").Select(Wire.ShowCommand));
        Assert.Equal(first.Offset, again.Offset);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Two_bytes_past_the_end_a_snapshot_is_needed(ServerKind kind)
    {
        using ServerProcess master = Nodes.Start(kind);
        (string id, long end) = History(master);
        using ReplicaSession again = ReplicaSession.Open(master, "eof", "psync2");
        Assert.StartsWith("+FULLRESYNC", again.Psync(id, end + 2), StringComparison.Ordinal);
        Assert.Equal(1, SyncCounts.Of(master).PartialErr);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Before_the_backlog_a_snapshot_is_needed(ServerKind kind)
    {
        using ServerProcess master = Nodes.Start(kind, "--repl-backlog-size", "16kb");
        using ReplicaSession first = ReplicaSession.Open(master, "eof", "psync2");
        first.Psync();
        long start = first.Offset;
        for (int i = 0; i < 20; i++)
        {
            master.Call("SET", $"big{i}", new string('x', 10_000)).OrThrow();
        }

        first.Until("big19");
        using ReplicaSession again = ReplicaSession.Open(master, "eof", "psync2");
        Assert.StartsWith("+FULLRESYNC", again.Psync(first.ReplicationId, start + 1), StringComparison.Ordinal);
        long kept = master.InfoNumber("replication", "repl_backlog_first_byte_offset");
        Assert.True(kept > start + 1);
        using ReplicaSession third = ReplicaSession.Open(master, "eof", "psync2");
        Assert.StartsWith("+CONTINUE", third.Psync(first.ReplicationId, kept), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Of_another_history_a_snapshot_is_needed(ServerKind kind)
    {
        using ServerProcess master = Nodes.Start(kind);
        (_, long end) = History(master);
        using ReplicaSession again = ReplicaSession.Open(master, "eof", "psync2");
        Assert.StartsWith("+FULLRESYNC", again.Psync(new string('0', 40), end + 1), StringComparison.Ordinal);
        Assert.Equal(new SyncCounts(2, 0, 1), SyncCounts.Of(master));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_replica_that_does_not_know_PSYNC2_is_not_told_the_id(ServerKind kind)
    {
        using ServerProcess master = Nodes.Start(kind);
        (string id, long end) = History(master);
        using ReplicaSession again = ReplicaSession.Open(master);
        Assert.Equal("+CONTINUE", again.Psync(id, end + 1));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void WAIT_asks_for_an_acknowledgement_and_takes_it(ServerKind kind)
    {
        using ServerProcess master = Nodes.Start(kind);
        using ReplicaSession replica = ReplicaSession.Open(master, "eof", "psync2");
        replica.Psync();
        Wait.Until(() => IsOnline(master, replica), "the replica to be online");
        using RespConnection client = master.Connect();
        client.Call("SET", "k", "v").OrThrow();
        client.Send("WAIT", "1", "10000");
        List<byte[][]> stream = replica.Until("GETACK");
        Assert.Equal("REPLCONF GETACK *", Wire.ShowCommand(stream[^1]));
        replica.Acknowledge(replica.Offset);
        Assert.Equal(1, client.ReadReply().Integer);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void PINGs_are_part_of_the_stream_and_of_the_offset(ServerKind kind)
    {
        using ServerProcess master = Nodes.Start(kind, "--repl-ping-replica-period", "1");
        using ReplicaSession replica = ReplicaSession.Open(master, "eof", "psync2");
        replica.Psync();
        Assert.Equal("PING", Encoding.Latin1.GetString(replica.Next()[0]), ignoreCase: true);
        Assert.True(master.Position().Offset >= replica.Offset);
    }

    private static bool SnapshotHasEndMark(ServerProcess master, params string[] capabilities)
    {
        using ReplicaSession replica = ReplicaSession.Open(master, capabilities);
        Assert.StartsWith("+FULLRESYNC", replica.Psync(), StringComparison.Ordinal);
        return replica.SnapshotHadEndMark;
    }

    private static bool IsOnline(ServerProcess master, ReplicaSession replica)
    {
        replica.Acknowledge(replica.Offset);
        return master.OnlineReplicas() == 1;
    }

    /// <summary>Gives a master a history with a backlog, read to its end by a replica that then leaves.</summary>
    private static (string Id, long End) History(ServerProcess master)
    {
        using ReplicaSession replica = ReplicaSession.Open(master, "eof", "psync2");
        replica.Psync();
        master.Call("SET", "last", "v").OrThrow();
        replica.Until("last");
        return (replica.ReplicationId, replica.Offset);
    }
}
