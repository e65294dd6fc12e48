using System.Text;
using Redoubt.Native.Memory;
using Redoubt.Structures.Entries;
using Redoubt.Structures.Listpacks;
using Redoubt.Structures.Sets;
using Redoubt.Structures.Values;

namespace Redoubt.Structures.Tests;

/// <summary>Three sets beside three sets of strings: the same random changes on both, compared after each, and what is made of all three.</summary>
internal sealed class SetValueModel(Random random, ValueStore store)
{
    private const int Sets = 3;

    private readonly HashSet<string>[] _models = [[], [], []];
    private readonly bool[] _isTable = new bool[Sets];
    private readonly int _members = 1 << random.Next(1, 8);
    private readonly bool _hasTexts = random.Next(3) == 0;

    public static void Run(Random random, int steps)
    {
        using GuardHeap heap = new();
        ValueStore store = new(heap, new KeyHasher(5, 6));
        store.Limits.SetMaxIntSetEntries = random.Next(150);
        using (CollectionDraft first = new(store, ValueType.Set, ValueEncoding.IntSet), second = new(store, ValueType.Set, ValueEncoding.IntSet),
            third = new(store, ValueType.Set, ValueEncoding.IntSet))
        {
            SetValueModel model = new(random, store);
            for (int step = 0; step < steps; step++)
            {
                model.Change(0, new SetValue(first.Slot));
                model.Change(1, new SetValue(second.Slot));
                model.Change(2, new SetValue(third.Slot));
                model.CompareAlgebra(first.Slot, second.Slot, third.Slot);
            }
        }
        heap.Verify();
        heap.AssertEmpty();
    }

    private void Change(int index, SetValue set)
    {
        string member = Member();
        byte[] bytes = Encoding.Latin1.GetBytes(member);
        HashSet<string> model = _models[index];
        switch (random.Next(model.Count == 0 ? 2 : 5))
        {
            case 0 or 1 or 2:
                Assert.Equal(model.Add(member), set.Add(bytes));
                _isTable[index] |= !IntegerText.TryParse(bytes, out _) || model.Count > store.Limits.SetMaxIntSetEntries;
                break;
            case 3:
                Assert.Equal(model.Remove(member), set.Remove(bytes));
                break;
            default:
                Collector popped = new([]);
                set.Pop(random, ref popped);
                Assert.True(model.Remove(Assert.Single(popped.Members)));
                break;
        }
        Compare(set, model, _isTable[index]);
    }

    private void Compare(SetValue set, HashSet<string> model, bool isTable)
    {
        Assert.Equal((model.Count, isTable), (set.Count, set.IsTable));
        set.Verify();
        string member = Member();
        Assert.Equal(model.Contains(member), set.Contains(Encoding.Latin1.GetBytes(member)));
        List<string> seen = Members(set);
        Assert.Equal(model.Order(), seen.Order());
        if (!isTable)
            Assert.Equal(seen.OrderBy(long.Parse), seen);
        if (model.Count == 0)
            return;
        Assert.Contains(Told(set.Pick(random)), model);
        Collector collector = new([]);
        int wanted = random.Next(1, model.Count + 2);
        set.PickDistinct(random, wanted, ref collector);
        Assert.Equal(Math.Min(wanted, model.Count), collector.Members.Distinct().Count());
    }

    private void CompareAlgebra(ValueSlot first, ValueSlot second, ValueSlot third)
    {
        SetOperands operands = new(Sets);
        operands.Assign(0, first);
        operands.Assign(1, second);
        if (random.Next(4) == 0)
            operands.Assign(2, random.Next(2) == 0 ? first : second);
        else
            operands.Assign(2, third);
        HashSet<string>[] models = [_models[0], _models[1], operands.IsSame(2, 0) ? _models[0] : operands.IsSame(2, 1) ? _models[1] : _models[2]];
        if (models.Any(model => model.Count == 0))
            return; // no key holds an empty set
        using CollectionDraft union = new(store, ValueType.Set, ValueEncoding.IntSet), difference = new(store, ValueType.Set, ValueEncoding.IntSet),
            intersection = new(store, ValueType.Set, ValueEncoding.IntSet);
        operands.Unite(new SetValue(union.Slot));
        Assert.Equal(models[0].Union(models[1]).Union(models[2]).Order(), Members(new SetValue(union.Slot)).Order());
        operands.Subtract(new SetValue(difference.Slot));
        Assert.Equal(models[0].Except(models[1]).Except(models[2]).Order(), Members(new SetValue(difference.Slot)).Order());
        Collector collector = new([]);
        int limit = random.Next(4);
        IEnumerable<string> expected = models[0].Intersect(models[1]).Intersect(models[2]);
        Assert.Equal(limit == 0 ? expected.Count() : Math.Min(limit, expected.Count()), operands.Intersect(limit, ref collector));
        Assert.Subset(expected.ToHashSet(), collector.Members.ToHashSet());
        operands.Intersect(new SetValue(intersection.Slot));
        Assert.Equal(expected.Order(), Members(new SetValue(intersection.Slot)).Order());
    }

    private static List<string> Members(SetValue set)
    {
        List<string> members = [];
        foreach (PackedValue member in set)
            members.Add(Told(member));
        return members;
    }

    private static string Told(PackedValue value) => Encoding.Latin1.GetString(value.Text(stackalloc byte[PackedValue.DigitsMax]));

    private string Member()
    {
        int number = random.Next(_members);
        if (_hasTexts && random.Next(30) == 0)
            return number % 7 == 0 ? new string('m', 300 + number) : "m" + number;
        return (number % 9 == 0 ? number * 100_000L : number % 13 == 0 ? -number * 10_000_000_000L : number).ToString();
    }

    private readonly struct Collector(List<string> members) : IMemberReceiver
    {
        public List<string> Members => members;

        public void Receive(PackedValue member) => members.Add(Told(member));
    }
}
