using Redoubt.Keyspace;
using Redoubt.Keyspace.Tests;

namespace Fuzz;

/// <summary>The keyspace beside a dictionary, on a heap that forgives nothing, while snapshots are taken and given up.</summary>
public class KeyspaceFuzz
{
    [Fact]
    public void The_keyspace_does_as_its_model_and_every_snapshot_is_exact() => Campaign.RunSeeds(seed =>
    {
        using Rig rig = new(seed, databases: 1 + (seed & 3));
        Random random = rig.Random;
        RandomOperations operations = new(rig, keyCount: 12 << random.Next(8)) { AllowsLargeValues = random.Next(3) == 0 };
        for (int round = random.Next(1, 12); round > 0; round--)
        {
            operations.RemovalWeight = random.Next(3) == 0 ? 30 : 1;
            for (int i = random.Next(500); i > 0; i--)
                operations.Step();
            if (random.Next(3) != 0)
                TakeSnapshot(rig, operations);
            for (int aborted = random.Next(8) == 0 ? random.Next(40) : 0; aborted > 0; aborted--)
            {
                SnapshotWalk walk = rig.Keyspace.BeginSnapshot();
                walk.Step(random.Next(4));
                operations.Step();
                walk.Abort();
            }
            if (random.Next(2) == 0)
                rig.CheckAll();
        }
        rig.CheckAll();
    });

    private static void TakeSnapshot(Rig rig, RandomOperations operations)
    {
        SnapshotWalk walk = rig.Keyspace.BeginSnapshot();
        ExpectedSnapshot expected = new(rig);
        walk.Sink = expected;
        int pace = rig.Random.Next(1, 5), writes = rig.Random.Next(20);
        bool isGivenUp = rig.Random.Next(4) == 0;
        while (walk.Step(pace))
        {
            for (int i = rig.Random.Next(writes + 1); i > 0; i--)
                operations.Step();
            if (isGivenUp && rig.Random.Next(10) == 0)
            {
                walk.Abort();
                return;
            }
        }
        Assert.Equal(0, expected.Missing);
        Assert.Equal(walk.KeysTotal, expected.Given);
    }
}
