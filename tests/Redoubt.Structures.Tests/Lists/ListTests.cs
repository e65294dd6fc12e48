using System.Text;
using Redoubt.Structures.Listpacks;
using Redoubt.Structures.Lists;
using Redoubt.Structures.Values;

namespace Redoubt.Structures.Tests.Lists;

public sealed class ListTests
{
    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Random_changes_keep_the_list_equal_to_its_model(int seed)
    {
        using ListRig rig = new();
        Random random = new(seed);
        ListModel model = new(random, rig.Store.Limits, () => rig.List);
        for (int step = 0; step < 3000; step++)
        {
            if (step % 200 == 0)
                model.ChangeLimits();
            model.Step();
            model.Compare();
            if (step % 50 == 0)
                rig.Verify();
        }
    }

    [Fact]
    public void A_short_list_is_one_listpack_until_it_does_not_fit_and_again_when_it_does()
    {
        using ListRig rig = new();
        rig.Store.Limits.ListMaxListpackSize = 4;
        for (int i = 0; i < 4; i++)
            rig.List.Push(Bytes($"element-{i}"), atHead: false);
        Assert.Equal((ValueEncoding.Listpack, 1), (rig.Encoding, Nodes(rig).Count));
        rig.List.Push("one more"u8, atHead: true);
        Assert.Equal(ValueEncoding.QuickList, rig.Encoding);
        Assert.Equal([1, 4], Nodes(rig));
        rig.List.Pop(atHead: true);
        Assert.Equal((ValueEncoding.Listpack, 4L), (rig.Encoding, rig.List.Count));
    }

    [Fact]
    public void Pushing_and_popping_at_the_head_of_a_long_list_leaves_its_memory_in_proportion()
    {
        using ListRig rig = new();
        byte[] element = new byte[40];
        for (int i = 0; i < 2000; i++)
            rig.List.Push(element, atHead: true);
        long most = rig.OccupiedBytes;
        // What is full has no gap: the blocks are hardly larger than what is in them.
        Assert.InRange(most, 2000 * 42, 2000 * 42 * 1.2);
        for (int i = 0; i < 1000; i++)
            rig.List.Pop(atHead: true);
        Assert.InRange(rig.OccupiedBytes, 1000 * 42, 1000 * 42 * 1.4);
        for (int i = 0; i < 5000; i++)
        {
            rig.List.Push(element, atHead: i % 3 != 0);
            rig.List.Pop(atHead: i % 2 == 0);
        }
        Assert.Equal(1000, rig.List.Count);
        Assert.InRange(rig.OccupiedBytes, 1000 * 42, 1000 * 42 * 1.4);
        rig.Verify();
    }

    [Fact]
    public void A_full_node_is_split_for_an_insertion_and_small_neighbours_are_joined()
    {
        using ListRig rig = new();
        rig.Store.Limits.ListMaxListpackSize = 4;
        foreach (string text in "a b c d e f g h".Split(' '))
            rig.List.Push(Bytes(text), atHead: false);
        Assert.Equal([4, 4], Nodes(rig));
        Assert.True(rig.List.InsertBeside("b"u8, "x"u8, isAfter: true));
        Assert.Equal([2, 3, 4], Nodes(rig));
        // The first part of the node that is split goes together with what is before it.
        Assert.True(rig.List.InsertBeside("f"u8, "y"u8, isAfter: true));
        Assert.Equal([2, 3, 2, 3], Nodes(rig));
        rig.List.RemoveRange(1, 2);
        Assert.Equal([1, 2, 2, 3], Nodes(rig));
        rig.List.Push("0"u8, atHead: true);
        rig.List.Push("1"u8, atHead: true);
        rig.List.Push("2"u8, atHead: true);
        Assert.Equal([4, 2, 2, 3], Nodes(rig));
        Assert.True(rig.List.InsertBeside("0"u8, "z"u8, isAfter: false));
        rig.List.Verify();
    }

    [Fact]
    public void Inner_nodes_are_compressed_and_both_ends_are_not()
    {
        using ListRig rig = new();
        rig.Store.Limits.ListMaxListpackSize = 1;
        rig.Store.Limits.ListCompressDepth = 2;
        for (int i = 0; i < 8; i++)
            rig.List.Push(Bytes(new string((char)('a' + i), 200)), atHead: false);
        Assert.Equal("..CCCC..", Forms(rig));
        rig.List.Pop(atHead: true);
        rig.List.Pop(atHead: false);
        Assert.Equal("..CC..", Forms(rig));
        rig.List.Set(3, Bytes(new string('x', 300)));
        Assert.Equal("..CC..", Forms(rig));
        Assert.True(rig.List.InsertBeside(Bytes(new string('x', 300)), Bytes(new string('y', 300)), isAfter: false));
        Assert.Equal("..CCC..", Forms(rig));
        rig.Store.Limits.ListCompressDepth = 0;
        rig.List.RemoveRange(0, 3);
        // What has become the head is expanded although nothing is compressed any more.
        Assert.Equal('.', Forms(rig)[0]);
        rig.List.Verify();
    }

    [Fact]
    public void Long_elements_get_plain_nodes()
    {
        using ListRig rig = new();
        rig.Store.Limits.ListPackedThreshold = 10;
        foreach (string text in "a b 0123456789 c".Split(' '))
            rig.List.Push(Bytes(text), atHead: false);
        Assert.Equal(".P.", Forms(rig));
        rig.List.Set(0, "9876543210"u8);
        Assert.Equal("P.P.", Forms(rig));
        rig.List.Set(2, "short"u8);
        Assert.Equal("P..", Forms(rig));
        Assert.True(rig.List.InsertBeside("short"u8, "abcdefghij"u8, isAfter: false));
        Assert.Equal("P.P.", Forms(rig));
        Assert.Equal(1, rig.List.RemoveEqual("9876543210"u8, 1, fromTail: false));
        Assert.Equal(".P.", Forms(rig));
    }

    [Fact]
    public void A_copy_is_independent_and_the_end_comes_in_slices()
    {
        using ListRig rig = new();
        rig.Store.Limits.ListMaxListpackSize = 3;
        rig.Store.Limits.ListCompressDepth = 1;
        long before = rig.UsedBytes;
        for (int i = 0; i < 100; i++)
            rig.List.Push(Bytes($"{new string('e', 40)}{i}"), atHead: false);
        Assert.Equal(rig.UsedBytes - before, rig.OccupiedBytes);
        rig.MakeCopy();
        rig.Copy.Verify();
        rig.List.RemoveRange(0, 50);
        Assert.Equal((50, 100), (rig.List.Count, rig.Copy.Count));
        rig.Copy.Verify();
        rig.RemoveCopy();
        Assert.True(rig.TryDetach(out DetachedCollection collection));
        int budget = 5, slices = 1;
        for (; !collection.FreeSome(rig.Store, ref budget); slices++)
            budget = 5;
        Assert.InRange(slices, 3, 5);
    }

    /// <summary>The number of elements of each node.</summary>
    private static List<int> Nodes(ListRig rig)
    {
        List<int> counts = [];
        foreach (ListNodeImage node in rig.List.Nodes)
        {
            Assert.True(Listpack.Validate(node.Stored, deep: true, out int count));
            counts.Add(count);
        }
        return counts;
    }

    /// <summary>A letter for each node: C compressed, P plain, '.' a listpack.</summary>
    private static string Forms(ListRig rig)
    {
        StringBuilder forms = new();
        foreach (ListNodeImage node in rig.List.Nodes)
            forms.Append(node.IsCompressed ? 'C' : node.IsPlain ? 'P' : '.');
        return forms.ToString();
    }
}
