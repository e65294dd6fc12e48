using Redoubt.Topology;

namespace Redoubt.Replication.Tests;

public sealed class ReplicationStreamTests
{
    private const int Seed = 20260514;

    [Fact]
    public void An_inactive_stream_has_an_offset_but_keeps_no_bytes()
    {
        var stream = new ReplicationStream(16384);
        stream.SetOffset(new ReplicationOffset(77));

        Assert.False(stream.IsActive);
        Assert.Null(stream.Window);
        Assert.Equal(77, stream.Offset.Value);
        Assert.Throws<InvalidOperationException>(() => stream.Append("x"u8));
    }

    [Fact]
    public void The_first_byte_after_an_offset_has_the_next_number()
    {
        ReplicationStream stream = Active(1024, offset: 100);
        stream.Append("abc"u8);

        Assert.Equal(new StreamPosition(101), stream.FirstByte);
        Assert.Equal(3, stream.HistoryLength);
        Assert.Equal(new ReplicationOffset(103), stream.Offset);
    }

    [Fact]
    public void A_cursor_one_past_the_last_byte_is_valid_and_gets_what_comes_next()
    {
        ReplicationStream stream = Active(1024, offset: 0);
        stream.Append("abc"u8);
        using ReplicaCursor cursor = stream.CursorAt(new StreamPosition(4));

        Assert.True(cursor.Next().IsEmpty);
        stream.Append("d"u8);
        Assert.Equal("d"u8, cursor.Next());
        Assert.Equal(1, cursor.PendingBytes);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public void A_cursor_outside_the_window_is_refused(long position)
    {
        ReplicationStream stream = Active(1024, offset: 0);
        stream.Append("abc"u8);

        Assert.Throws<ArgumentOutOfRangeException>(() => stream.CursorAt(new StreamPosition(position)));
    }

    [Fact]
    public void The_backlog_keeps_at_least_its_size_and_at_most_one_block_more()
    {
        ReplicationStream stream = Active(64 * 1024, offset: 0);
        byte[] piece = new byte[1000];
        for (int i = 0; i < 1000; i++)
        {
            stream.Append(piece);
            if (stream.Offset.Value >= 64 * 1024)
                Assert.InRange(stream.HistoryLength, 64 * 1024, 64 * 1024 + 2 * 4096);
        }

        stream.Verify();
        Assert.True(stream.BlockMemoryBytes <= 64 * 1024 + 2 * 4096, $"{stream.BlockMemoryBytes} bytes are held");
    }

    [Fact]
    public void A_slow_replica_pins_the_blocks_from_its_place_on_and_releasing_it_lets_them_go()
    {
        ReplicationStream stream = Active(16384, offset: 0);
        ReplicaCursor slow = stream.CursorAtEnd();
        stream.Append(new byte[500_000]);

        Assert.Equal(500_000, slow.PendingBytes);
        Assert.Equal(new StreamPosition(1), stream.FirstByte);
        Assert.Equal(500_000, stream.HistoryLength);

        slow.Dispose();
        slow.Dispose();
        Assert.Equal(0, stream.OpenCursors);
        Assert.InRange(stream.HistoryLength, 16384, 16384 + 2048);
        stream.Verify();
    }

    [Fact]
    public void The_bytes_of_a_write_are_stored_once_however_many_replicas_there_are()
    {
        ReplicationStream stream = Active(16384, offset: 0);
        ReplicaCursor[] cursors = [.. Enumerable.Range(0, 8).Select(_ => stream.CursorAtEnd())];
        stream.Append(new byte[200_000]);

        Assert.InRange(stream.BlockMemoryBytes, 200_000, 202_000);
        foreach (ReplicaCursor cursor in cursors)
            cursor.Dispose();
    }

    [Fact]
    public void A_forked_cursor_reads_the_same_bytes_as_its_origin()
    {
        ReplicationStream stream = Active(1024, offset: 0);
        using ReplicaCursor first = stream.CursorAtEnd();
        stream.Append("hello"u8);
        first.Advance(2);
        using ReplicaCursor second = first.Fork();

        Assert.Equal("llo"u8, second.Next());
    }

    [Fact]
    public void Shrinking_the_backlog_lets_history_go_and_growing_keeps_it()
    {
        ReplicationStream stream = Active(1 << 20, offset: 0);
        stream.Append(new byte[1 << 20]);
        stream.SetBacklogSize(1 << 16);
        Assert.InRange(stream.HistoryLength, 1 << 16, (1 << 16) + ReplicationStream.BlockBytesMax);

        stream.SetBacklogSize(1 << 20);
        stream.Append(new byte[1 << 19]);
        Assert.InRange(stream.HistoryLength, (1 << 16) + (1 << 19), 1 << 20);
        stream.Verify();
    }

    [Fact]
    public void Freeing_under_a_replica_is_refused_and_otherwise_keeps_the_offset()
    {
        ReplicationStream stream = Active(1024, offset: 0);
        stream.Append("abc"u8);
        ReplicaCursor cursor = stream.CursorAtEnd();
        Assert.Throws<InvalidOperationException>(stream.Free);

        cursor.Dispose();
        stream.Free();
        Assert.False(stream.IsActive);
        Assert.Equal(0, stream.BlockMemoryBytes);
        Assert.Equal(3, stream.Offset.Value);
    }

    [Fact]
    public void A_steady_stream_allocates_nothing()
    {
        ReplicationStream stream = Active(64 * 1024, offset: 0);
        using ReplicaCursor cursor = stream.CursorAtEnd();
        byte[] command = new byte[777];
        Assert.Equal(0, Allocations.Least(() =>
        {
            for (int i = 0; i < 5000; i++)
            {
                stream.Append(command);
                while (cursor.Next() is { IsEmpty: false } bytes)
                    cursor.Advance(bytes.Length);
            }
        }));
    }

    [Fact]
    public void In_place_writes_are_in_one_piece_even_at_the_end_of_a_block()
    {
        ReplicationStream stream = Active(16384, offset: 0);
        using ReplicaCursor cursor = stream.CursorAtEnd();
        stream.Append(new byte[1020]);
        stream.GetSpan(10)[..10].Fill((byte)'x');
        stream.Advance(10);

        Assert.Equal(1030, stream.Offset.Value);
        cursor.Advance(cursor.Next().Length);
        Assert.Equal("xxxxxxxxxx"u8, cursor.Next());
        stream.Verify();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Random_operations_agree_with_a_plain_list_of_bytes(int round)
    {
        var random = new Random(Seed + round);
        long start = random.Next(0, 1000);
        ReplicationStream stream = Active(random.Next(1024, 40_000), start);
        var model = new List<byte>();
        var cursors = new List<(ReplicaCursor Cursor, long Next)>();

        long promised = 0;
        for (int step = 0; step < 4000; step++)
        {
            long before = stream.Offset.Value;
            switch (random.Next(10))
            {
                case < 4:
                    byte[] bytes = new byte[random.Next(0, random.Next(10) == 0 ? 20_000 : 200)];
                    random.NextBytes(bytes);
                    stream.Append(bytes);
                    model.AddRange(bytes);
                    break;
                case 4:
                    int length = random.Next(1, ReplicationStream.BlockBytesMin + 1);
                    Span<byte> room = stream.GetSpan(length)[..length];
                    random.NextBytes(room);
                    model.AddRange(room);
                    stream.Advance(length);
                    break;
                case 5 when cursors.Count < 6:
                    long position = stream.FirstByte.Value + random.NextInt64(0, stream.HistoryLength + 1);
                    cursors.Add((stream.CursorAt(new StreamPosition(position)), position));
                    break;
                case 6 when cursors.Count > 0:
                    int gone = random.Next(cursors.Count);
                    cursors[gone].Cursor.Dispose();
                    cursors.RemoveAt(gone);
                    break;
                case 7 when random.Next(20) == 0:
                    stream.SetBacklogSize(random.Next(1024, 200_000));
                    break;
                default:
                    for (int i = 0; i < cursors.Count; i++)
                        cursors[i] = Read(cursors[i], random.Next(1, 5000));
                    break;
            }

            Assert.Equal(start + model.Count, stream.Offset.Value);
            promised = Math.Min(promised + stream.Offset.Value - before, stream.BacklogSizeBytes);
            Assert.True(stream.HistoryLength >= promised, $"seed {Seed + round}, step {step}: {stream.HistoryLength} bytes of history, {promised} are promised");
            if (step % 16 == 0)
                stream.Verify();
        }

        (ReplicaCursor Cursor, long Next) Read((ReplicaCursor Cursor, long Next) at, int max)
        {
            Assert.Equal(at.Next, at.Cursor.Position.Value);
            Assert.Equal(start + model.Count + 1 - at.Next, at.Cursor.PendingBytes);
            ReadOnlySpan<byte> got = at.Cursor.Next(max);
            Assert.True(got.Length > 0 || at.Cursor.PendingBytes == 0, $"seed {Seed + round}: nothing returned though bytes are pending");
            ReadOnlySpan<byte> expected = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(model).Slice((int)(at.Next - start - 1), got.Length);
            Assert.True(got.SequenceEqual(expected), $"seed {Seed + round}: other bytes at {at.Next}");
            int sent = random.Next(0, got.Length + 1);
            at.Cursor.Advance(sent);
            return (at.Cursor, at.Next + sent);
        }
    }

    [Theory]
    [InlineData(true, 0, 3600, 3_601_999, false)]
    [InlineData(true, 0, 3600, 3_602_000, true)]
    [InlineData(true, 0, 0, 9_999_999, false)]
    [InlineData(true, 1, 3600, 9_999_999, false)]
    [InlineData(false, 0, 3600, 9_999_999, false)]
    public void The_backlog_ends_when_a_master_has_had_no_replica_for_longer_than_its_ttl(
        bool isMaster, int replicas, long ttl, long nowMs, bool over) =>
        Assert.Equal(over, BacklogLifetime.IsOver(isMaster, replicas, ttl, lastReplicaLeftMs: 1000, nowMs));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Random_writes_and_readers_find_every_byte_where_it_was_written(int seed)
    {
        ReplicationStreamModel model = new(new Random(seed));
        for (int step = 0; step < 3000; step++)
        {
            model.Step();
            model.Compare();
        }

        model.CloseAll();
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    public void Random_writes_and_readers_find_every_byte_when_old_ones_go_to_the_disk(int seed)
    {
        ReplicationStreamModel model = new(new Random(seed), spills: true);
        for (int step = 0; step < 6000; step++)
        {
            model.Step();
            model.Compare();
        }

        Assert.True(model.Store.Writes > 10);
        model.CloseAll();
    }

    [Fact]
    public void What_a_replica_in_synchronisation_holds_stays_within_its_amount_of_memory()
    {
        FakeBlockStore store = new();
        ReplicationStream stream = Active(1 << 20, 0);
        stream.Store = store;
        stream.SpillBytes = 256 * 1024;
        using ReplicaCursor cursor = stream.CursorAtEnd();
        byte[] bytes = new byte[100_000];
        for (int i = 0; i < 300; i++)
        {
            Array.Fill(bytes, (byte)i);
            stream.Append(bytes);
            store.Step();
            store.Step();
            Assert.Equal(0, stream.ExcessMemoryBytes / (4 * 64 * 1024));
        }

        Assert.InRange(stream.SpilledBytes, 28_000_000, 29_000_000);
        Assert.InRange(stream.BlockMemoryBytes, 1 << 20, 1_800_000);
        for (int place = 0; cursor.PendingBytes > 0;)
        {
            ReadOnlySpan<byte> next = cursor.Next();
            foreach (byte each in next)
                Assert.Equal((byte)(place++ / bytes.Length), each);
            cursor.Advance(next.Length);
        }

        Assert.Equal((0L, 0, false), (stream.SpilledBytes, store.SlotsInUse, cursor.IsLost));
    }

    [Fact]
    public void What_cannot_be_written_stays_and_what_cannot_be_read_ends_its_reader()
    {
        FakeBlockStore store = new() { IsBroken = true };
        ReplicationStream stream = Active(1 << 14, 0);
        stream.Store = store;
        stream.SpillBytes = 0;
        using ReplicaCursor cursor = stream.CursorAtEnd();
        stream.Append(new byte[200_000]);
        store.Finish();
        stream.Append(new byte[200_000]);
        store.Finish();
        Assert.Equal(0, stream.SpilledBytes);
        Assert.InRange(stream.ExcessMemoryBytes, 300_000, 400_000);
        Assert.False(cursor.Next().IsEmpty);

        store.IsBroken = false;
        using ReplicaCursor late = stream.CursorAtEnd();
        while (cursor.PendingBytes > 0)
            cursor.Advance(cursor.Next().Length);
        stream.Append(new byte[200_000]);
        store.Finish();
        Assert.True(stream.SpilledBytes > 0);
        store.IsBroken = true;
        while (!late.Next().IsEmpty)
            late.Advance(late.Next().Length);
        Assert.True(late.IsLost);
    }

    private static ReplicationStream Active(long backlogSize, long offset)
    {
        var stream = new ReplicationStream(backlogSize);
        stream.Create(new ReplicationOffset(offset));
        return stream;
    }
}
