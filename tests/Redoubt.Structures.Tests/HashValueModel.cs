using System.Text;
using Redoubt.Native.Memory;
using Redoubt.Structures.Entries;
using Redoubt.Structures.Hashes;
using Redoubt.Structures.Listpacks;
using Redoubt.Structures.Values;

namespace Redoubt.Structures.Tests;

/// <summary>A hash beside a dictionary: the same random changes on both, compared after each.</summary>
internal sealed class HashValueModel(Random random)
{
    private readonly Dictionary<string, string> _model = [];
    private readonly List<string> _order = [];
    private readonly int _fields = 1 << random.Next(1, 8);
    private bool _isTable;

    public static void Run(Random random, int steps)
    {
        using GuardHeap heap = new();
        ValueStore store = new(heap, new KeyHasher(5, 6));
        store.Limits.HashMaxListpackEntries = random.Next(100);
        store.Limits.HashMaxListpackValue = random.Next(80);
        using (CollectionDraft draft = new(store, ValueType.Hash, ValueEncoding.Listpack))
        {
            HashValue hash = new(draft.Slot);
            HashValueModel model = new(random);
            for (int step = 0; step < steps; step++)
            {
                model.Change(hash, store.Limits);
                model.Compare(hash);
            }
            nint copied = CollectionCopy.Copy(store, ValueType.Hash, draft.Slot.Encoding, draft.Slot.Root);
            Assert.Equal(CollectionMemory.Bytes(store, ValueType.Hash, draft.Slot.Encoding, copied, 0) > 0, copied != 0);
            CollectionDisposal.Free(store, ValueType.Hash, draft.Slot.Encoding, copied);
        }
        heap.Verify();
        heap.AssertEmpty();
    }

    private void Change(HashValue hash, CollectionLimits limits)
    {
        string field = Text(_fields);
        byte[] name = Encoding.Latin1.GetBytes(field);
        if (random.Next(3) != 0 || hash.Count == 0)
        {
            string value = Text(1000);
            bool isNew = !_model.ContainsKey(field);
            Assert.Equal(isNew, hash.Set(name, Encoding.Latin1.GetBytes(value)));
            _model[field] = value;
            if (isNew)
                _order.Add(field);
            _isTable |= Math.Max(field.Length, value.Length) > limits.HashMaxListpackValue || _model.Count > limits.HashMaxListpackEntries;
            return;
        }
        Assert.Equal(_model.Remove(field), hash.Delete(name));
        _order.Remove(field);
    }

    private void Compare(HashValue hash)
    {
        Assert.Equal((_model.Count, _isTable), (hash.Count, hash.IsTable));
        hash.Verify();
        string field = Text(_fields);
        bool isThere = hash.TryGet(Encoding.Latin1.GetBytes(field), out PackedValue found);
        Assert.Equal(_model.TryGetValue(field, out string? expected), isThere);
        if (isThere)
            Assert.Equal(expected, Told(found));
        List<string> seen = [];
        foreach (HashField each in hash)
        {
            seen.Add(Told(each.Name));
            Assert.Equal(_model[seen[^1]], Told(each.Value));
        }
        Assert.Equal<string>(_isTable ? [.. _order.Order()] : [.. _order], _isTable ? [.. seen.Order()] : [.. seen]);
        if (_model.Count == 0)
            return;
        Assert.Contains(Told(hash.Pick(random).Name), _model.Keys);
        Collector collector = new([]);
        int wanted = random.Next(1, _model.Count + 2);
        hash.PickDistinct(random, wanted, ref collector);
        Assert.Equal(Math.Min(wanted, _model.Count), collector.Names.Distinct().Count());
        collector.Names.Clear();
        hash.PickEach(random, wanted, ref collector);
        Assert.Equal(wanted, collector.Names.Count);
        Assert.All(collector.Names, name => Assert.Contains(name, _model.Keys));
    }

    private static string Told(PackedValue value) => Encoding.Latin1.GetString(value.Text(stackalloc byte[PackedValue.DigitsMax]));

    private string Text(int range)
    {
        int number = random.Next(range);
        return (number % 5) switch
        {
            0 => number.ToString(),
            1 when random.Next(40) == 0 => new string('x', number % 300),
            _ => "t" + number,
        };
    }

    private readonly struct Collector(List<string> names) : IFieldReceiver
    {
        public List<string> Names => names;

        public void Receive(HashField field) => names.Add(Told(field.Name));
    }
}
