using Redoubt.Structures.Streams;

namespace Redoubt.Structures.Tests.Streams;

public sealed class StreamNodeTests
{
    /// <summary>Taken from DUMP of redis-server 7.0.15, after the same commands.</summary>
    private const string FromRedis =
        "550000002000030101010201816102816202000102010001000101018378797A04050103010001010102018366"
        + "6F6F0405010001C1F302DFFF02010181630281640206010001C1F3020001010181610201010601FF";

    [Fact]
    public void A_node_has_the_bytes_that_redis_gives_it()
    {
        using StreamRig rig = new();
        rig.Append(new StreamId(1, 1), "a", "1", "b", "xyz");
        rig.Append(new StreamId(1, 2), "a", "2", "b", "foo");
        rig.Append(new StreamId(500, 0), "c", "d");
        rig.Append(new StreamId(500, 1), "a", "1");
        rig.Stream.Delete([new StreamId(1, 2)]);
        StreamNodes nodes = rig.Stream.Nodes;
        Assert.True(nodes.MoveNext());
        Assert.Equal(new StreamId(1, 1), nodes.Id);
        Assert.Equal(FromRedis, Convert.ToHexString(nodes.Listpack));
        Assert.False(nodes.MoveNext());
    }

    [Theory]
    [InlineData(1, 4)]
    [InlineData(2, 40)]
    [InlineData(3, 4000)]
    [InlineData(4, 4000000)]
    public void Radix_tree_nodes_are_those_of_a_radix_tree(int seed, int range)
    {
        using StreamRig rig = new();
        rig.Store.Limits.StreamNodeMaxEntries = 1;
        Random random = new(seed);
        List<byte[]> names = [];
        StreamId id = StreamId.Min;
        Assert.Equal(1, rig.Stream.RadixTreeNodes);
        for (int i = 0; i < 300; i++)
        {
            id = new StreamId(id.Ms + (ulong)random.Next(range), id.Sequence + (ulong)random.Next(1, range));
            rig.Append(id, "field", "value");
            byte[] name = new byte[StreamId.BinaryBytes];
            id.WriteBinary(name);
            Assert.Equal(id, StreamId.ReadBinary(name));
            names.Add(name);
            Assert.Equal(RadixNodes(names, 0), rig.Stream.RadixTreeNodes);
        }
    }

    /// <summary>One node for the bytes that all names share from a place on, one for where they part, and what is below.</summary>
    private static long RadixNodes(List<byte[]> names, int from)
    {
        int to = from;
        while (to < StreamId.BinaryBytes && names.All(n => n[to] == names[0][to]))
            to++;
        long nodes = to > from ? 2 : 1;
        if (to < StreamId.BinaryBytes)
            nodes += names.GroupBy(n => n[to]).Sum(g => RadixNodes([.. g], to + 1));
        return nodes;
    }

    [Fact]
    public void A_stream_is_rebuilt_from_its_nodes()
    {
        using StreamRig rig = new();
        using StreamRig rebuilt = new();
        rig.Store.Limits.StreamNodeMaxEntries = 7;
        for (uint i = 1; i <= 100; i++)
            rig.Append(new StreamId(i, i), "a", "b");
        rig.Stream.Delete([new StreamId(1, 1), new StreamId(50, 50)]);
        StreamNodes nodes = rig.Stream.Nodes;
        while (nodes.MoveNext())
        {
            Assert.True(rebuilt.Stream.TryAddNode(nodes.Id, nodes.Listpack));
            Assert.False(rebuilt.Stream.TryAddNode(nodes.Id, nodes.Listpack));
        }
        StreamValue stream = rebuilt.Stream;
        stream.EndNodes();
        stream.LastId = rig.Stream.LastId;
        stream.Verify();
        Assert.Equal(new StreamId(2, 2), stream.FirstId);
        Assert.Equal(StreamRig.Read(rig.Stream.Range(StreamId.Min, StreamId.Max)), StreamRig.Read(stream.Range(StreamId.Min, StreamId.Max)));
    }

    [Fact]
    public void An_entry_too_large_for_a_listpack_is_refused()
    {
        using StreamRig rig = new();
        Assert.Equal(StreamAppend.TooLarge, rig.Stream.Append(new StreamId(1, 1), new SameFieldAndValue(new byte[1 << 29])));
        Assert.Equal(0, rig.Stream.Length);
        Assert.Equal(StreamId.Min, rig.Stream.LastId);
    }

    [Fact]
    public void The_next_id_is_of_now_or_follows_the_last()
    {
        using StreamRig rig = new();
        Assert.True(rig.Stream.TryNextId(5, out StreamId id));
        Assert.Equal(new StreamId(5, 0), id);
        rig.Append(new StreamId(7, ulong.MaxValue), "a", "b");
        Assert.True(rig.Stream.TryNextId(7, out id));
        Assert.Equal(new StreamId(8, 0), id);
        Assert.True(rig.Stream.TryNextId(9, out id));
        Assert.Equal(new StreamId(9, 0), id);
        rig.Append(StreamId.Max, "a", "b");
        Assert.False(rig.Stream.TryNextId(9, out _));
    }

    private readonly struct SameFieldAndValue(byte[] bytes) : IStreamFields
    {
        public int Count => 1;

        public ReadOnlySpan<byte> Field(int index) => bytes;

        public ReadOnlySpan<byte> Value(int index) => bytes;
    }
}
