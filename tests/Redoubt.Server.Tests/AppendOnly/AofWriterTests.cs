using Redoubt.Native.Sockets;
using Redoubt.Persistence.AppendOnly;
using Redoubt.Server.AppendOnly;
using Redoubt.Server.Configuration;
using Redoubt.Server.Logging;
using Redoubt.Server.Loop;
using Redoubt.Testing;

namespace Redoubt.Server.Tests.AppendOnly;

/// <summary>What may be said to clients, and when, on a disk that fails.</summary>
public sealed class AofWriterTests : IDisposable
{
    private readonly PortableLoop _sockets = new();
    private readonly FaultyDisk _disk = new();
    private readonly MemoryStream _logged = new();
    private readonly ServerLog _log;
    private readonly Mailbox _mailbox;
    private ServerConfig? _config;

    public AofWriterTests()
    {
        _log = new ServerLog("", LogLevel.Notice, _logged);
        _mailbox = new Mailbox(_sockets);
    }

    public void Dispose()
    {
        _log.Dispose();
        _sockets.Dispose();
    }

    [Fact]
    public void With_always_a_reply_waits_until_the_disk_has_what_it_tells_of()
    {
        using AofWriter writer = Open("always");
        long reached = 0;
        writer.BecameDurable = () => reached = writer.Durable;
        _disk.SyncGate.Reset();

        writer.Append("first;"u8);
        long first = writer.MarkToAwait();
        writer.Append("second;"u8);
        long second = writer.MarkToAwait();

        Assert.True(0 < first && first < second);
        Wait.Until(() => _disk.Written == "first;", "the first batch to be written");
        _mailbox.Run();
        Assert.Equal(0, reached);

        _disk.SyncGate.Set();
        RunUntil(() => reached == first);
        Assert.Equal("first;", _disk.Synced);
        // The other turn's replies are the next batch's.
        Assert.Equal(second, writer.MarkToAwait());
        RunUntil(() => reached == second);
        Assert.Equal("first;second;", _disk.Synced);
        Assert.Equal(0, writer.MarkToAwait());
    }

    [Fact]
    public void With_everysec_who_waits_for_the_disk_does_not_wait_for_the_second()
    {
        using AofWriter writer = Open("everysec");
        writer.Append("a;"u8);
        RunUntil(() => writer.Synchronised == 2, writer);
        // The next regular one is due in a second.
        for (int i = 0; i < 20; i++)
        {
            writer.Append("b;"u8);
            writer.SyncSoon();
            long position = writer.Appended;
            writer.Flush();
            RunUntil(() => writer.Synchronised == position);
        }
        Assert.Equal(21, _disk.Syncs);
        Assert.Equal(_disk.Written, _disk.Synced);
    }

    [Fact]
    public void A_policy_that_becomes_always_lets_the_synchronisation_under_way_end_first()
    {
        using AofWriter writer = Open("everysec");
        writer.Append("a;"u8);
        _disk.SyncGate.Reset();
        writer.SyncSoon();
        writer.Flush();
        Assert.True(writer.IsSyncing);
        Assert.Null(_config!.Set([new("appendfsync", "always")]));

        writer.Append("b;"u8);
        long mark = writer.MarkToAwait();
        Assert.Equal(4, mark);
        Assert.Equal(0, writer.Synchronised);

        _disk.SyncGate.Set();
        RunUntil(() => writer.MarkToAwait() == 0 && writer.Synchronised == 4);
        Assert.Equal((4, "a;b;"), (writer.Synchronised, _disk.Synced));
    }

    [Fact]
    public void Slow_writes_and_synchronisations_are_latency_events()
    {
        using AofWriter writer = Open("everysec");
        writer.Latency.ThresholdMs = 20;
        _disk.WriteMs = 25;
        writer.Append("a;"u8);
        writer.Flush();
        Assert.Equal(["aof-write", "aof-write-alone"], writer.Latency.Series.Keys.Order());
        Assert.InRange(writer.Latency.Find("aof-write")!.WorstMs, 24, 20_000);

        Assert.Null(_config!.Set([new("appendfsync", "always")]));
        RunUntil(() => writer.Synchronised == 2, writer);
        writer.Append("b;"u8);
        writer.Flush();
        RunUntil(() => writer.Synchronised == 4);
        Assert.InRange(writer.Latency.Find("aof-fsync-always")!.WorstMs, 24, 20_000);
    }

    [Fact]
    public void With_always_what_comes_during_a_synchronisation_shares_the_next_one()
    {
        using AofWriter writer = Open("always");
        _disk.SyncGate.Reset();
        writer.Append("0;"u8);
        _ = writer.MarkToAwait();
        for (int i = 1; i <= 100; i++)
        {
            writer.Append("x;"u8);
            _ = writer.MarkToAwait();
        }
        long mark = writer.MarkToAwait();

        _disk.SyncGate.Set();
        RunUntil(() => writer.MarkToAwait() == 0);

        Assert.Equal(mark, writer.Durable);
        Assert.Equal(2, _disk.Syncs);
    }

    [Theory]
    [InlineData("everysec")]
    [InlineData("no")]
    public void Without_always_replies_leave_once_the_system_has_the_bytes(string policy)
    {
        using AofWriter writer = Open(policy);
        writer.Append("first;"u8);

        Assert.Equal(0, writer.MarkToAwait());
        Assert.Equal("first;", _disk.Written);
    }

    [Fact]
    public void A_full_disk_refuses_writers_keeps_what_they_wrote_and_accepts_them_again_once_there_is_room()
    {
        using AofWriter writer = Open("everysec");
        List<string?> errors = [];
        writer.ErrorChanged = () => errors.Add(writer.Error);
        _disk.Capacity = 10;

        writer.Append("12345678;"u8);
        writer.Flush();
        writer.Append("abcdefgh;"u8);
        writer.Flush();

        Assert.Equal(["No space left on device"], errors);
        Assert.Equal("12345678;", _disk.Written);
        Assert.Contains("Error writing to the AOF file: No space left on device", Logged);

        _disk.Capacity = 100;
        RunUntil(() => writer.Error is null, writer);
        Assert.Equal("12345678;abcdefgh;", _disk.Written);
        Assert.Contains("AOF write error looks solved, Redis can write again.", Logged);
    }

    [Fact]
    public void After_a_failed_synchronisation_the_file_is_rewritten_once_it_works_again()
    {
        using AofWriter writer = Open("everysec");
        int rewrites = 0;
        writer.SyncRecovered = () => rewrites++;
        _disk.FailsToSync = true;
        writer.Append("1;"u8);
        RunUntil(() => writer.Error is not null, writer);

        Assert.Equal("Input/output error", writer.Error);
        Assert.Equal(0, rewrites);
        _disk.FailsToSync = false;
        RunUntil(() => writer.Error is null, writer);

        Assert.Equal(1, rewrites);
        Assert.Equal("1;", _disk.Synced);
    }

    [Fact]
    public void While_a_synchronisation_takes_long_the_loop_keeps_its_bytes_for_two_seconds()
    {
        using AofWriter writer = Open("everysec");
        writer.Append("1;"u8);
        _disk.SyncGate.Reset();
        RunUntil(() => writer.IsSyncing, writer);

        writer.Append("2;"u8);
        writer.Flush();
        Assert.Equal("1;", _disk.Written);
        RunUntil(() => _disk.Written == "1;2;", writer);

        Assert.Equal(1, writer.DelayedSyncs);
        Assert.Contains("Asynchronous AOF fsync is taking too long", Logged);
        _disk.SyncGate.Set();
    }

    [Fact]
    public void A_place_in_the_history_is_noted_after_the_commands_that_lead_there_and_only_when_it_is_another()
    {
        string id = new('a', 40);
        AofStamp stamp = new(id, 100, 0);
        using AofWriter writer = Open("no");
        writer.StampSource = () => stamp;
        writer.Append("1;"u8);
        writer.Flush();
        writer.Flush();
        writer.Append("2;"u8);
        stamp = new AofStamp(id, 150, 0);
        writer.Flush();

        Assert.Equal($"1;#REPL:{id} 100 0\r\n2;#REPL:{id} 150 0\r\n", _disk.Written);
    }

    private string Logged => System.Text.Encoding.UTF8.GetString(_logged.ToArray());

    private AofWriter Open(string policy)
    {
        _config = ServerConfig.Load(["--appendfsync", policy]).Config!;
        AofWriter writer = new(_config, _log, _mailbox);
        writer.Open(_disk.Open("incr"));
        return writer;
    }

    /// <summary>Runs what the disk thread posts, and the loop's turns if a writer is given.</summary>
    private void RunUntil(Func<bool> condition, AofWriter? turning = null) => Wait.Until(
        () =>
        {
            turning?.Flush();
            _mailbox.Run();
            return condition();
        },
        "the disk thread");
}
