using Redoubt.Structures.Sets;
using Redoubt.Structures.Values;

namespace Redoubt.Keyspace.Tests;

/// <summary>What is freed when: at once, or in slices between commands.</summary>
public sealed class LazyFreeTests
{
    private static void AddSet(Rig rig, string key, int members)
    {
        SetValue set = new(rig.Keyspace[0].Create(rig.KeyOf(Rig.Text(key)), ValueType.Set, ValueEncoding.HashTable));
        for (int i = 0; i < members; i++)
            set.Add(Rig.Text("member:" + i));
    }

    private static int FreeAll(Rig rig)
    {
        int slices = 0;
        for (; rig.Keyspace.IsFreeing; slices++)
            rig.Keyspace.FreeSlice(16);
        return slices;
    }

    [Fact]
    public void A_lazy_deletion_frees_a_large_collection_in_slices_and_counts_one_object()
    {
        using Rig rig = new(1);
        AddSet(rig, "large", 5000);
        AddSet(rig, "small", 10);
        rig.Keyspace[0].Delete(rig.KeyOf(Rig.Text("small")), lazy: true);
        Assert.False(rig.Keyspace.IsFreeing);
        rig.Keyspace[0].Delete(rig.KeyOf(Rig.Text("large")), lazy: true);
        Assert.Equal(1, rig.Keyspace.LazyFreePendingObjects);

        Assert.True(FreeAll(rig) > 20);

        Assert.Equal(0, rig.Keyspace.LazyFreePendingObjects);
        Assert.Equal(1, rig.Keyspace.Statistics.LazyFreedObjects);
    }

    [Fact]
    public void Any_other_deletion_frees_it_at_once_unless_it_is_very_large()
    {
        using Rig rig = new(2);
        AddSet(rig, "large", 5000);
        AddSet(rig, "very large", 50_000);
        rig.Keyspace[0].Delete(rig.KeyOf(Rig.Text("large")), lazy: false);
        Assert.False(rig.Keyspace.IsFreeing);
        rig.Keyspace[0].Delete(rig.KeyOf(Rig.Text("very large")), lazy: false);
        Assert.True(FreeAll(rig) > 200);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_value_that_is_overwritten_is_freed_as_configured(bool lazily)
    {
        using Rig rig = new(3);
        rig.Keyspace.FreesOverwrittenLazily = lazily;
        AddSet(rig, "a", 1000);
        AddSet(rig, "b", 1000);
        rig.Keyspace[0].SetString(rig.KeyOf(Rig.Text("a")), "value"u8);
        rig.Keyspace[0].Rename(rig.KeyOf(Rig.Text("a")), rig.KeyOf(Rig.Text("b")));
        Assert.Equal(lazily ? 2 : 0, rig.Keyspace.LazyFreePendingObjects);
        FreeAll(rig);
    }

    [Fact]
    public void A_flushed_table_puts_its_large_collections_off_and_counts_each_key_once()
    {
        using Rig rig = new(4);
        for (int i = 0; i < 10; i++)
            rig.Keyspace[0].SetString(rig.KeyOf(Rig.Text("plain:" + i)), "v"u8);
        AddSet(rig, "large", 20_000);
        rig.Keyspace[0].Flush();

        Assert.True(FreeAll(rig) > 100, "no slice frees the whole collection");

        Assert.Equal(11, rig.Keyspace.Statistics.LazyFreedObjects);
    }

    [Fact]
    public void A_flush_that_is_not_lazy_has_freed_a_moderate_dataset_when_it_returns()
    {
        using Rig rig = new(5);
        for (int i = 0; i < 5000; i++)
            rig.Keyspace[0].SetString(rig.KeyOf(Rig.Text("plain:" + i)), "v"u8);
        rig.Keyspace.FlushAll();
        rig.Keyspace.FreeFlushed();
        Assert.False(rig.Keyspace.IsFreeing);
        Assert.Equal(0, rig.Keyspace.Statistics.LazyFreedObjects);
    }
}
