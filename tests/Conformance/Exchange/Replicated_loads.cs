using Redoubt.Testing;

namespace Redoubt.Conformance.Exchange;

/// <summary>The same generated load on a master of either kind, with replicas of both kinds: afterwards all hold the same, key by key.</summary>
public sealed class Replicated_loads
{
    private const int CommandsBefore = 2_000;
    private const int Commands = 15_000;

    [Theory]
    [InlineData(ServerKind.Redis, 1)]
    [InlineData(ServerKind.Redis, 2)]
    [InlineData(ServerKind.Redoubt, 1)]
    [InlineData(ServerKind.Redoubt, 2)]
    public void Leave_the_same_dataset_on_master_and_replicas(ServerKind masterKind, int seed)
    {
        using ServerProcess master = RedisServers.Start(masterKind, GeneratedDataset.SmallLimits);
        using ServerProcess redis = RedisServers.Start(ServerKind.Redis, GeneratedDataset.SmallLimits);
        using ServerProcess redoubt = RedisServers.Start(ServerKind.Redoubt, GeneratedDataset.SmallLimits);

        // Part of it comes with the snapshot, part with the stream.
        GeneratedDataset.Write(master, 1_000 * seed, CommandsBefore);
        redis.Follow(master);
        redoubt.Follow(master);
        GeneratedDataset.Write(master, (1_000 * seed) + 500, Commands);
        foreach (ServerProcess replica in new[] { redis, redoubt })
        {
            replica.WaitUntilCaughtUp(master);
            Assert.True(Dataset.Compare(master, replica) > 20);
            Assert.Equal(master.Call("DEBUG", "DIGEST").OrThrow().Text, replica.Call("DEBUG", "DIGEST").OrThrow().Text);
        }
    }
}
