using Redoubt.Structures.Values;

namespace Redoubt.Structures.Tests;

public sealed class SortedSetTests
{
    [Theory]
    [InlineData(SortedSetLoad.Mixed)]
    [InlineData(SortedSetLoad.FewScores)]
    [InlineData(SortedSetLoad.OneScore)]
    [InlineData(SortedSetLoad.Ascending)]
    [InlineData(SortedSetLoad.Descending)]
    public void Small_sets_hold_what_a_sorted_list_would_in_either_form(SortedSetLoad load)
    {
        for (int seed = 1; seed <= 6; seed++)
        {
            using SortedSetModel model = new(seed, load, listpackEntriesMax: seed % 2 == 0 ? 0 : 128);
            for (int step = 0; step < 600; step++)
            {
                Change(model, seed * 1000 + step, grows: step / 150 % 2 == 0, rangeMax: 4);
                model.Verify();
                model.Compare();
            }
            model.CompareAll();
            model.CompareCopy();
        }
    }

    [Theory]
    [InlineData(SortedSetLoad.Mixed)]
    [InlineData(SortedSetLoad.FewScores)]
    [InlineData(SortedSetLoad.OneScore)]
    [InlineData(SortedSetLoad.Ascending)]
    [InlineData(SortedSetLoad.Descending)]
    public void Sets_with_several_levels_of_nodes_grow_shrink_and_are_freed_in_slices(SortedSetLoad load)
    {
        using SortedSetModel model = new(7, load, listpackEntriesMax: 0);
        for (int step = 0; step < 24_000; step++)
        {
            Change(model, step, grows: step / 9_000 % 2 == 0, rangeMax: step % 100 == 0 ? 2000 : 2);
            if (step % 16 == 0)
                model.Compare();
            if (step % 1000 == 0)
                model.Verify();
        }
        model.CompareAll();
        model.CompareCopy();
        model.FreeInSlices();
    }

    [Theory]
    [InlineData(SortedSetLoad.Ascending)]
    [InlineData(SortedSetLoad.OneScore)]
    public void A_large_set_can_be_emptied_by_ranges(SortedSetLoad load)
    {
        using SortedSetModel model = new(3, load, listpackEntriesMax: 0);
        while (model.Count < 6000)
            model.Add();
        model.Verify();
        while (model.Count > 0)
        {
            model.RemoveRange(500);
            model.Verify();
        }
        model.Add();
        model.Verify();
    }

    [Fact]
    public void A_set_leaves_the_small_form_with_its_129th_member()
    {
        using SortedSetModel model = new(1, SortedSetLoad.FewScores, listpackEntriesMax: 128);
        while (model.Count < 20)
            model.Add();
        while (model.Encoding == ValueEncoding.Listpack)
        {
            Assert.True(model.Count <= 128);
            model.Add();
            model.Verify();
        }
        model.CompareAll();
    }

    private static void Change(SortedSetModel model, int step, bool grows, int rangeMax)
    {
        int dice = new Random(step).Next(10);
        if (dice < (grows ? 7 : 3))
            model.Add();
        else if (dice < 9)
            model.Remove();
        else
            model.RemoveRange(rangeMax);
    }
}
