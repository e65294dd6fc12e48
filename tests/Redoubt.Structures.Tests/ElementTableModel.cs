using System.Text;
using Redoubt.Native.Memory;
using Redoubt.Structures.Elements;
using Redoubt.Structures.Entries;

namespace Redoubt.Structures.Tests;

/// <summary>A table of elements beside a dictionary: the same random changes on both, compared after each.</summary>
internal sealed class ElementTableModel
{
    private readonly GuardHeap _heap;
    private readonly Random _random;
    private readonly ElementKind _kind;
    private readonly Dictionary<string, string> _model = [];
    private readonly int _keys;
    private readonly nint _root;

    private ElementTableModel(GuardHeap heap, Random random)
    {
        _heap = heap;
        _random = random;
        _kind = (ElementKind)random.Next(3);
        _keys = 1 << random.Next(1, 12);
        _root = ElementTable.Create(heap, _kind, random.Next(4) == 0 ? random.Next(2000) : 0);
    }

    private static readonly KeyHasher Hasher = new(3, 4);

    private ElementTable Table => new(_heap, Hasher, _root);

    public static void Run(Random random, int steps)
    {
        using GuardHeap heap = new();
        ElementTableModel model = new(heap, random);
        for (int step = 0; step < steps; step++)
        {
            model.Change(grows: step / 400 % 2 == 0);
            model.Table.Verify();
            if (step % 64 == 0)
                model.CompareAll();
        }
        heap.Verify();
        nint copy = model.Table.Copy();
        int budget = 0;
        nint root = model._root;
        while (!ElementTable.FreeSome(heap, ref root, ref budget))
            budget = random.Next(50);
        new ElementTable(heap, Hasher, copy).Verify();
        Assert.Equal(model._model.Count, new ElementTable(heap, Hasher, copy).Count);
        ElementTable.Free(heap, copy);
        heap.AssertEmpty();
    }

    private void Change(bool grows)
    {
        string key = Key();
        byte[] bytes = Encoding.Latin1.GetBytes(key);
        ElementTable table = Table;
        Element found = table.Find(bytes);
        Assert.Equal(_model.TryGetValue(key, out string? value), found.Exists);
        if (found.Exists)
            Assert.Equal(value, Told(found));
        switch (_random.Next(grows ? 6 : 3))
        {
            case 0:
                Assert.Equal(_model.Remove(key), table.Remove(bytes));
                break;
            case 1 when !grows && _model.Count > 0:
                Element picked = table.Pick(_random);
                Assert.True(_model.Remove(Encoding.Latin1.GetString(picked.Key)));
                table.Remove(picked);
                break;
            case 2 when !grows:
                table.Move(_random.Next(3));
                break;
            default:
                Put(table, key, bytes);
                break;
        }
        Assert.Equal(_model.Count, table.Count);
    }

    private void Put(ElementTable table, string key, byte[] bytes)
    {
        bool isNew = !_model.ContainsKey(key);
        if (_kind == ElementKind.Field)
        {
            string value = new((char)_random.Next(256), _random.Next(8) == 0 ? _random.Next(230, 40_000) : _random.Next(20));
            Assert.Equal(isNew, table.Set(bytes, Encoding.Latin1.GetBytes(value)));
            _model[key] = value;
            return;
        }
        Element element = table.FindOrAdd(bytes, out bool added);
        Assert.Equal(isNew, added);
        if (_kind == ElementKind.Scored)
            element.Score = _random.Next(1000);
        _model[key] = Told(element);
    }

    private string Told(Element element) => _kind switch
    {
        ElementKind.Field => Encoding.Latin1.GetString(element.Value),
        ElementKind.Scored => element.Score.ToString(),
        _ => "",
    };

    private string Key()
    {
        int number = _random.Next(_keys);
        return number % 97 == 5 ? number + new string('k', 250 + number % 10) : number % 89 == 4 ? number + new string('k', 33_000) : number.ToString();
    }

    private void CompareAll()
    {
        Dictionary<string, string> seen = [];
        foreach (Element element in Table)
            seen.Add(Encoding.Latin1.GetString(element.Key), Told(element));
        Assert.Equal(_model.Count, seen.Count);
        Assert.All(seen, pair => Assert.Equal(_model[pair.Key], pair.Value));
    }
}
