namespace Redoubt.Structures.Tests.Streams;

public sealed class StreamModelTests
{
    [Theory]
    [InlineData(1, 4096, 100)]
    [InlineData(2, 200, 0)]
    [InlineData(3, 0, 3)]
    [InlineData(4, 0, 1)]
    [InlineData(5, 4096, 7)]
    [InlineData(6, 1, 200)]
    public void Random_operations_keep_the_stream_equal_to_its_model(int seed, long nodeBytes, long nodeEntries)
    {
        using StreamRig rig = new();
        rig.Store.Limits.StreamNodeMaxBytes = nodeBytes;
        rig.Store.Limits.StreamNodeMaxEntries = nodeEntries;
        StreamOperations operations = new(rig, new Random(seed));
        for (int step = 0; step < 4000; step++)
        {
            operations.Step();
            if (step % 20 == 0)
                operations.Compare();
        }
        operations.Compare();
        operations.CopyAndDispose();
    }
}
