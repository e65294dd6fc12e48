namespace Redoubt.Keyspace.Tests;

public sealed class SnapshotTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 40)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_snapshot_is_the_dataset_of_its_moment_whatever_happens_meanwhile(int seed)
    {
        using Rig rig = new(seed, databases: 1 + seed % 4);
        RandomOperations operations = new(rig, keyCount: 20 << (seed % 6)) { AllowsLargeValues = seed % 3 == 0 };
        for (int snapshot = 0; snapshot < 12; snapshot++)
        {
            operations.RemovalWeight = snapshot % 4 == 3 ? 40 : 1;
            for (int i = 0; i < 150; i++)
                operations.Step();
            SnapshotWalk walk = rig.Keyspace.BeginSnapshot();
            ExpectedSnapshot sink = new(rig);
            walk.Sink = sink;
            Assert.Equal(sink.Missing, walk.KeysTotal);
            int stepsBeforeAbort = rig.Random.Next(3) == 0 ? rig.Random.Next(20) : int.MaxValue;
            while (walk.Step(rig.Random.Next(1, 3)) && stepsBeforeAbort-- > 0)
            {
                for (int i = rig.Random.Next(8); i > 0; i--)
                    operations.Step();
            }
            if (walk.IsFinished)
                Assert.Equal((0, walk.KeysTotal), (sink.Missing, walk.KeysDone));
            else
                walk.Abort();
            Assert.Null(rig.Keyspace.Snapshot);
            rig.CheckAll();
        }
    }

    [Fact]
    public void Snapshots_that_are_given_up_again_and_again_leave_the_next_one_exact()
    {
        foreach (bool isIdle in new[] { false, true })
        {
            using Rig rig = new(3, databases: 2);
            RandomOperations operations = new(rig, keyCount: 200) { AllowsLargeValues = false };
            for (int i = 0; i < 1000; i++)
                operations.Step();
            // One key is out of every walk's reach, and never written.
            rig.Keyspace[1].SetString(rig.KeyOf("old"u8.ToArray()), "value"u8);
            rig.Model[1]["old"u8.ToArray()] = new ModelEntry("value"u8.ToArray(), -1);
            for (int round = 0; round < 100; round++)
            {
                SnapshotWalk walk = rig.Keyspace.BeginSnapshot();
                for (int i = 0; i < 10; i++)
                    operations.Step();
                walk.Step(1);
                walk.Abort();
                walk.Abort();
                for (int i = 0; i < 5; i++)
                    operations.Step();
                if (isIdle && round % 17 == 0)
                    Exhaust(rig);
                if (round % 7 == 0)
                    CheckExactly(rig, finish: round % 3 == 0, operations.Step);
            }
            CheckExactly(rig, finish: true, operations.Step);
            Exhaust(rig);
            rig.CheckAll();
        }
    }

    [Fact]
    public void However_many_snapshots_were_given_up_the_next_one_is_whole()
    {
        for (int givenUp = 0; givenUp < 70; givenUp++)
        {
            using Rig rig = new(givenUp, databases: 1);
            Fill(rig, 20);
            for (int i = 0; i < givenUp; i++)
                rig.Keyspace.BeginSnapshot().Abort();
            CheckExactly(rig, finish: true, meanwhile: () => { });
        }
    }

    [Fact]
    public void Walking_after_the_fact_happens_in_slices_of_idle_time_and_only_when_it_is_due()
    {
        using Rig rig = new(4, databases: 1);
        Fill(rig, 2000);
        for (int i = 0; i < 14; i++)
            rig.Keyspace.BeginSnapshot().Abort();
        Assert.False(rig.Keyspace.FreeSlice(1));
        rig.Keyspace.BeginSnapshot().Abort();
        int slices = 0;
        while (rig.Keyspace.FreeSlice(10))
            slices++;
        Assert.InRange(slices, 20, 2000);
        Assert.Equal(0, rig.Keyspace.UnfinishedSnapshots);
        Assert.Null(rig.Keyspace.RetiredWalk);
    }

    [Fact]
    public void A_snapshot_of_nothing_is_finished_at_once_and_stays_empty()
    {
        using Rig rig = new(1);
        SnapshotWalk walk = rig.Keyspace.BeginSnapshot();
        ExpectedSnapshot sink = new(rig);
        walk.Sink = sink;
        Assert.True(walk.IsFinished);
        Fill(rig, 100);
        rig.Keyspace[0].Flush();
        rig.Model[0].Clear();
        Fill(rig, 100);
        Assert.False(walk.Step(1));
        Assert.Equal(0, sink.Given);
        Assert.Null(rig.Keyspace.Snapshot);
    }

    [Fact]
    public void A_flushed_database_is_still_in_the_snapshot_under_its_old_number_and_is_freed_afterwards()
    {
        using Rig rig = new(2, databases: 3);
        Fill(rig, 3000);
        SnapshotWalk walk = rig.Keyspace.BeginSnapshot();
        ExpectedSnapshot sink = new(rig);
        walk.Sink = sink;
        walk.Step(10);
        rig.Keyspace.SwapDatabases(0, 2);
        (rig.Model[0], rig.Model[2]) = (rig.Model[2], rig.Model[0]);
        rig.Keyspace[2].Flush();
        rig.Model[2].Clear();
        Assert.False(rig.Keyspace.FreeSlice(10));
        Fill(rig, 500);
        while (walk.Step(3))
        {
        }
        Assert.Equal((3000, 0), (sink.Given, sink.Missing));
        Exhaust(rig);
        Assert.Equal(3000, rig.Keyspace.Statistics.LazyFreedObjects);
        rig.CheckAll();
    }

    [Fact]
    public void Keyspaces_are_disposed_in_the_middle_of_a_snapshot_with_flushed_tables()
    {
        using Rig rig = new(2);
        Fill(rig, 300);
        rig.Keyspace.BeginSnapshot().Step(1);
        rig.Keyspace.FlushAll();
        rig.Model[0].Clear();
        Fill(rig, 30);
    }

    [Fact]
    public void Aborting_frees_what_was_flushed_and_giving_up_a_finished_snapshot_does_nothing()
    {
        using Rig rig = new(9);
        Fill(rig, 300);
        SnapshotWalk first = rig.Keyspace.BeginSnapshot();
        rig.Keyspace[0].Flush();
        rig.Model[0].Clear();
        first.Abort();
        Exhaust(rig);
        Assert.Equal(0, rig.Heap.BlockCount);
        Fill(rig, 10);
        SnapshotWalk second = rig.Keyspace.BeginSnapshot();
        while (second.Step(100))
        {
        }
        SnapshotWalk third = rig.Keyspace.BeginSnapshot();
        second.Abort();
        Assert.Same(third, rig.Keyspace.Snapshot);
    }

    [Fact]
    public void A_walk_takes_steps_of_bounded_work_and_their_number_follows_the_table()
    {
        using Rig rig = new(11, databases: 1);
        Fill(rig, 50_000);
        SnapshotWalk walk = rig.Keyspace.BeginSnapshot();
        walk.Sink = new ExpectedSnapshot(rig);
        long before = 0, most = 0;
        int steps = 0;
        bool more;
        do
        {
            more = walk.Step(1);
            most = Math.Max(most, walk.KeysDone - before);
            before = walk.KeysDone;
            steps++;
        }
        while (more);
        Assert.InRange(most, 1, 60);
        Assert.InRange(steps, 50_000 / 60, 50_000);
    }

    private static void CheckExactly(Rig rig, bool finish, Action meanwhile)
    {
        SnapshotWalk walk = rig.Keyspace.BeginSnapshot();
        ExpectedSnapshot sink = new(rig);
        walk.Sink = sink;
        int steps = 0;
        while (walk.Step(2))
        {
            meanwhile();
            if (!finish && ++steps > 30)
            {
                walk.Abort();
                return;
            }
        }
        Assert.Equal(0, sink.Missing);
    }

    private static void Fill(Rig rig, int count)
    {
        for (int i = 0; i < count; i++)
        {
            rig.Keyspace[0].SetString(rig.KeyOf(Rig.Text(i)), Rig.Text(i));
            rig.Model[0][Rig.Text(i)] = new ModelEntry(Rig.Text(i), -1);
        }
    }

    private static void Exhaust(Rig rig)
    {
        while (rig.Keyspace.FreeSlice(7))
        {
        }
        while (rig.Keyspace.FreeSlice(7))
        {
        }
    }
}
