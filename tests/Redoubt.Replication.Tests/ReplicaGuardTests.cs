using Redoubt.Topology;

namespace Redoubt.Replication.Tests;

public sealed class ReplicaGuardTests
{
    private static readonly ReplicationId Own = ReplicationId.Parse("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    private static readonly ReplicationId Unknown = ReplicationId.Parse("bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");

    [Theory]
    [InlineData(1000, 0, true)]
    [InlineData(1000, 99, true)]
    [InlineData(1000, 100, false)]
    [InlineData(1000, 5000, false)]
    [InlineData(9, 0, true)]
    [InlineData(9, 1, false)]
    [InlineData(0, 0, false)]
    public void Less_than_a_tenth_of_an_unknown_history_is_refused(long ownKeys, long offeredKeys, bool isRefused)
    {
        string? refusal = ReplicaGuard.Refusal(isDatasetOfMaster: true, new ReplicationState(Own), Unknown, ownKeys, offeredKeys);
        Assert.Equal(isRefused, refusal is not null);
    }

    [Fact]
    public void A_first_sync_is_never_refused() =>
        Assert.Null(ReplicaGuard.Refusal(isDatasetOfMaster: false, new ReplicationState(Own), Unknown, 1000, 0));

    [Fact]
    public void A_history_that_is_ours_or_was_before_a_promotion_may_be_empty()
    {
        ReplicationState own = new(Own);
        Assert.Null(ReplicaGuard.Refusal(isDatasetOfMaster: true, own, Own, 1000, 0));
        own.ShiftId(Unknown, new ReplicationOffset(10));
        Assert.Null(ReplicaGuard.Refusal(isDatasetOfMaster: true, own, Own, 1000, 0));
    }

    [Fact]
    public void The_reason_names_the_history_and_both_numbers()
    {
        string? refusal = ReplicaGuard.Refusal(isDatasetOfMaster: true, new ReplicationState(Own), Unknown, 1000, 7);
        Assert.Equal($"the master's history {Unknown} is unknown and its dataset holds 7 keys, this replica 1000", refusal);
        Assert.Contains("holds no keys", ReplicaGuard.Refusal(isDatasetOfMaster: true, new ReplicationState(Own), Unknown, 1000, 0), StringComparison.Ordinal);
    }
}
