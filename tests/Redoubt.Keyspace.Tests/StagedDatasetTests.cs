namespace Redoubt.Keyspace.Tests;

public sealed class StagedDatasetTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 20)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Takes_the_place_of_the_served_one_whatever_is_written_and_saved_meanwhile(int seed)
    {
        using Rig rig = new(seed, databases: 1 + seed % 4);
        RandomOperations operations = new(rig, keyCount: 20 << (seed % 5)) { AllowsLargeValues = seed % 3 == 0 };
        for (int round = 0; round < 8; round++)
        {
            StagedDataset staged = rig.Keyspace.Stage();
            Dictionary<byte[], ModelEntry>[] model = [.. rig.Model.Select(static _ => new Dictionary<byte[], ModelEntry>(ByteKeys.Instance))];
            int finishedSnapshots = rig.Random.Next(3);
            SnapshotWalk? walk = null;
            ExpectedSnapshot sink = new(rig);
            for (int i = 0; i < 150; i++)
            {
                operations.Step();
                Add(rig, staged, model, i);
                if (walk is null && i % 50 == 10 && finishedSnapshots-- >= 0)
                {
                    walk = rig.Keyspace.BeginSnapshot();
                    walk.Sink = sink = new ExpectedSnapshot(rig);
                }
                if (walk?.Step(2) == false)
                {
                    Assert.Equal(0, sink.Missing);
                    walk = null;
                }
            }
            if (round % 3 == 2)
            {
                staged.Dispose();
                rig.CheckAll();
                Finish(walk, sink);
                continue;
            }
            Assert.True(staged.TakePlace());
            model.CopyTo(rig.Model, 0);
            rig.CheckAll();
            for (int i = 0; i < 20; i++)
                operations.Step();
            Finish(walk, sink);
            walk = rig.Keyspace.BeginSnapshot();
            walk.Sink = sink = new ExpectedSnapshot(rig);
            Finish(walk, sink);
            rig.CheckAll();
        }
    }

    [Fact]
    public void Is_part_of_the_next_snapshot_after_many_that_were_given_up()
    {
        using Rig rig = new(1, databases: 1);
        StagedDataset staged = rig.Keyspace.Stage();
        Dictionary<byte[], ModelEntry>[] model = [new(ByteKeys.Instance)];
        for (int i = 0; i < 300; i++)
            Add(rig, staged, model, i);
        for (int i = 0; i < 20; i++)
            Finish(rig.Keyspace.BeginSnapshot(), new ExpectedSnapshot(rig));
        Assert.True(staged.TakePlace());
        model.CopyTo(rig.Model, 0);
        for (int i = 0; i < 100; i++)
        {
            SnapshotWalk doomed = rig.Keyspace.BeginSnapshot();
            doomed.Step(1);
            doomed.Abort();
            SnapshotWalk walk = rig.Keyspace.BeginSnapshot();
            if (i % 12 != 11)
            {
                walk.Abort();
                continue;
            }
            ExpectedSnapshot sink = new(rig);
            walk.Sink = sink;
            Finish(walk, sink);
        }
    }

    [Fact]
    public void Does_not_take_the_place_of_another_once_the_numbers_of_snapshots_have_come_round()
    {
        using Rig rig = new(1, databases: 1);
        StagedDataset staged = rig.Keyspace.Stage();
        for (int i = 0; i < 32; i++)
            Finish(rig.Keyspace.BeginSnapshot(), new ExpectedSnapshot(rig));
        Assert.False(staged.TakePlace());
        staged.Dispose();
        Assert.False(staged.IsOpen);
    }

    private static void Add(Rig rig, StagedDataset staged, Dictionary<byte[], ModelEntry>[] model, int number)
    {
        int database = number % model.Length;
        byte[] key = Rig.Text("staged:" + number);
        long expireAtMs = number % 7 == 0 ? rig.NowMs + 1_000_000 : -1;
        Assert.True(staged[database].Load(rig.KeyOf(key), key, false, 0, expireAtMs));
        model[database].Add(key, new ModelEntry(key, expireAtMs));
    }

    private static void Finish(SnapshotWalk? walk, ExpectedSnapshot sink)
    {
        while (walk?.Step(16) == true)
        {
        }
        Assert.Equal(0, walk is null ? 0 : sink.Missing);
    }
}
