using Fuzz;
using Redoubt.Native.Memory;
using Redoubt.Structures.Tests.Streams;

namespace Redoubt.Structures.Tests;

/// <summary>Every structure beside a model in plain collections, with one seed after the other: the same campaigns as in tests/Fuzz, with the same variables.</summary>
public sealed class StructureFuzz
{
    [Fact]
    public void A_listpack_does_as_a_list_of_strings() => Campaign.Run(random => ListpackModel.Run(random, random.Next(400)));

    [Fact]
    public void A_damaged_listpack_is_refused_or_safe_to_walk_and_to_change() => Campaign.Run(random =>
    {
        using GuardHeap heap = new();
        for (int i = 0; i < 50; i++)
        {
            byte[] bytes = ListpackModel.RandomPack(heap, random);
            for (int mutations = random.Next(4); mutations > 0; mutations--)
                bytes = Mutations.Damage(random, bytes);
            ListpackModel.WalkIfValid(heap, bytes);
        }
        heap.AssertEmpty();
    });

    [Fact]
    public void An_intset_does_as_a_sorted_set_of_numbers() => Campaign.Run(random => IntSetModel.Run(random, random.Next(1, 64), random.Next(400)));

    [Fact]
    public void A_table_of_elements_does_as_a_dictionary() => Campaign.Run(random => ElementTableModel.Run(random, random.Next(1200)));

    [Fact]
    public void A_hash_does_as_a_dictionary_and_a_list_of_its_fields() => Campaign.Run(random => HashValueModel.Run(random, random.Next(300)));

    [Fact]
    public void Sets_and_what_is_made_of_them_do_as_sets_of_strings() => Campaign.Run(random => SetValueModel.Run(random, random.Next(200)));

    [Fact]
    public void A_sorted_set_does_as_a_sorted_list() => Campaign.RunSeeds(seed =>
    {
        Random random = new(seed);
        int[] limits = [0, 3, 128];
        using SortedSetModel model = new(seed, (SortedSetLoad)random.Next(5), limits[random.Next(limits.Length)]);
        int size = 1 << random.Next(11), rangeMax = 1 + random.Next(size);
        for (int step = random.Next(800); step > 0; step--)
        {
            int dice = random.Next(20);
            if (model.Count < size && dice < 14)
                model.Add();
            else if (dice < 19)
                model.Remove();
            else
                model.RemoveRange(rangeMax);
            model.Verify();
            model.Compare();
        }
        model.CompareAll();
        model.CompareCopy();
        if (random.Next(2) == 0)
            model.FreeInSlices();
    });

    [Fact]
    public void A_stream_with_groups_does_as_sorted_dictionaries() => Campaign.Run(random =>
    {
        using StreamRig rig = new();
        rig.Store.Limits.StreamNodeMaxBytes = random.Next(3) == 0 ? 0 : random.Next(1, 5000);
        rig.Store.Limits.StreamNodeMaxEntries = random.Next(3) == 0 ? 0 : random.Next(1, 120);
        StreamOperations operations = new(rig, random);
        for (int step = random.Next(500); step > 0; step--)
        {
            operations.Step();
            operations.Compare();
        }
        operations.CopyAndDispose();
    });
}
