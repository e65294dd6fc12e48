using System.Diagnostics;
using Redoubt.Testing;

namespace Redoubt.Interop.Replication;

/// <summary>
/// What a replica does with a damaged snapshot while it holds a dataset: it reads all of it before it lets go of anything, and does not ask for the
/// same again at once. Redis gives up the old dataset first, and ends when the new one turns out to be damaged.
/// </summary>
public sealed class A_snapshot_that_cannot_be_loaded : IDisposable
{
    private readonly ScriptedMaster _master = new();
    private readonly ServerProcess _replica = Nodes.Start(ServerKind.Redoubt);
    private readonly byte[] _snapshot = SnapshotOf("new", 2_000);

    public void Dispose()
    {
        _replica.Dispose();
        _master.Dispose();
    }

    public enum Damage
    {
        ChangedByte,
        UnknownType,
        EndsEarly,
        NoSnapshotAtAll,
    }

    [Theory]
    [InlineData(Damage.ChangedByte, false)]
    [InlineData(Damage.UnknownType, false)]
    [InlineData(Damage.UnknownType, true)]
    [InlineData(Damage.EndsEarly, false)]
    [InlineData(Damage.EndsEarly, true)]
    [InlineData(Damage.NoSnapshotAtAll, false)]
    public void Leaves_the_old_dataset_as_it_was(Damage damage, bool endsWithMark)
    {
        HoldOldDataset();
        _master.Drop();
        _master.Handshake();
        Send(Damaged(damage), endsWithMark);

        string[] next = _master.Handshake();
        // The dataset is still the old one, and so is its history: it would be content with the rest of that.
        Assert.Equal(ScriptedMaster.HistoryId, next[1]);
        Assert.Equal("old", _replica.Call("GET", "whose").Text);
        Assert.Equal(101, _replica.Call("DBSIZE").Integer);
        Assert.Equal("slave", _replica.Role());
        Assert.Equal("down", _replica.Info("replication", "master_link_status"));
        Assert.Empty(Directory.GetFiles(_replica.Folder, "temp-*"));

        // One that can be loaded takes its place.
        Send(_snapshot, endsWithMark);
        _replica.WaitUntilLinked();
        Assert.Equal("new", _replica.Call("GET", "whose").Text);
        Assert.Equal(2_001, _replica.Call("DBSIZE").Integer);
        Assert.Empty(Directory.GetFiles(_replica.Folder, "temp-*"));
    }

    [Fact]
    public void Is_served_over_by_the_old_dataset_to_its_last_byte()
    {
        HoldOldDataset();
        _master.Drop();
        _master.Handshake();
        byte[] damaged = Damaged(Damage.ChangedByte);
        _master.Connection.SendRaw($"+FULLRESYNC {ScriptedMaster.HistoryId} 5000\r\n${damaged.Length}\r\n");
        _master.Connection.SendRaw(damaged.AsSpan(0, damaged.Length - 1));
        Wait.For("1", () => _replica.Info("replication", "master_sync_in_progress"), "the transfer");
        Assert.Equal("old", _replica.Call("GET", "whose").Text);
        _master.Connection.SendRaw(damaged.AsSpan(damaged.Length - 1));
        _master.Handshake();
        Assert.Equal("old", _replica.Call("GET", "whose").Text);
    }

    [Fact]
    public void Is_asked_for_again_after_waits_that_grow()
    {
        HoldOldDataset();
        _master.Drop();
        _master.Handshake();
        byte[] damaged = Damaged(Damage.UnknownType);

        // Up to half of each wait of 1, 2 and 4 s is left to chance.
        foreach (int leastMs in new[] { 500, 1_000, 2_000 })
        {
            Send(damaged, endsWithMark: false);
            var clock = Stopwatch.StartNew();
            _master.Handshake();
            Assert.InRange(clock.ElapsedMilliseconds, leastMs, 20_000);
        }

        Assert.Equal("old", _replica.Call("GET", "whose").Text);
    }

    private void HoldOldDataset()
    {
        _replica.StartFollowing(_master.Port);
        _master.Handshake();
        _master.SendSnapshot(SnapshotOf("old", 100), 1_000);
        _replica.WaitUntilLinked();
        Assert.Equal("old", _replica.Call("GET", "whose").Text);
    }

    private void Send(byte[] snapshot, bool endsWithMark)
    {
        if (!endsWithMark)
        {
            _master.SendSnapshot(snapshot, 5_000);
            return;
        }

        string mark = new('m', 40);
        _master.Connection.SendRaw($"+FULLRESYNC {ScriptedMaster.HistoryId} 5000\r\n$EOF:{mark}\r\n");
        _master.Connection.SendRaw(snapshot);
        _master.Connection.SendRaw(mark);
    }

    /// <summary>Each is found somewhere else: by the checksum after the last key, at a key, at the end, at the first byte.</summary>
    private byte[] Damaged(Damage damage)
    {
        byte[] file = [.. _snapshot];
        int value = file.AsSpan().IndexOf("value of 1000"u8);
        switch (damage)
        {
            case Damage.ChangedByte:
                file[value]++;
                return file;
            case Damage.UnknownType:
                // Before the value stand its length, the key "k1000", the key's length, and the type.
                Assert.Equal(0, file[value - 8]);
                file[value - 8] = 200;
                return file;
            case Damage.EndsEarly:
                return file[..(value + 3)];
            default:
                return "-ERR this is no snapshot"u8.ToArray();
        }
    }

    private static byte[] SnapshotOf(string whose, int keys)
    {
        using ServerProcess source = Nodes.Start(ServerKind.Redis, "--repl-diskless-sync", "no");
        using RespConnection client = source.Connect();
        client.Call("SET", "whose", whose).OrThrow();
        client.Pipeline(Enumerable.Range(0, keys).Select(i => new[] { "SET", $"k{i}", $"value of {i}" }));
        return ScriptedMaster.SnapshotOf(source);
    }
}
