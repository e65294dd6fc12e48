using System.Text;
using Redoubt.Structures.Listpacks;
using Redoubt.Structures.Lists;
using Redoubt.Structures.Values;

namespace Redoubt.Structures.Tests.Lists;

/// <summary>A list beside a plain list of strings: the same random changes on both, compared after each.</summary>
internal sealed class ListModel(Random random, CollectionLimits limits, ListModel.Getter list)
{
    /// <summary>The list as it is in its key now.</summary>
    public delegate ListValue Getter();

    private readonly List<string> _model = [];
    private readonly string[] _common = [.. Enumerable.Range(0, 6).Select(_ => RandomText(random))];

    public int Count => _model.Count;

    /// <summary>Directives that make nodes small, plain or compressed; some change while the list lives.</summary>
    public void ChangeLimits()
    {
        int[] sizes = [-1, -2, -5, 0, 1, 2, 3, 7, 100];
        limits.ListMaxListpackSize = sizes[random.Next(sizes.Length)];
        limits.ListCompressDepth = random.Next(3) == 0 ? random.Next(4) : 0;
        limits.ListPackedThreshold = random.Next(3) == 0 ? random.Next(1, 60) : 1L << 30;
    }

    public void Step()
    {
        bool shrinks = _model.Count > 0 && random.Next(300) < _model.Count;
        switch (random.Next(12))
        {
            case 0 or 1 or 2 when !shrinks:
                Push();
                break;
            case 3 or 4 when _model.Count > 0:
                Pop();
                break;
            case 5 or 6 when _model.Count > 0:
                int at = random.Next(_model.Count);
                string replacement = AnyText();
                list().Set(at, Bytes(replacement));
                _model[at] = replacement;
                break;
            case 7 or 8:
                Insert();
                break;
            case 9:
                RemoveEqual();
                break;
            case 10 when shrinks || random.Next(10) == 0:
                int from = random.Next(_model.Count + 1);
                int count = random.Next(_model.Count - from + 1);
                list().RemoveRange(from, count);
                _model.RemoveRange(from, count);
                break;
            case 11:
                AppendNode();
                break;
        }
    }

    public void Compare()
    {
        ListValue value = list();
        value.Verify();
        Assert.Equal(_model.Count, value.Count);
        AssertWalk(value, 0, isBackwards: false);
        if (_model.Count == 0)
            return;
        AssertWalk(value, random.Next(_model.Count), random.Next(2) == 0);
        Span<byte> digits = stackalloc byte[PackedValue.DigitsMax];
        Assert.Equal(_model[0], Text(value.End(atHead: true).Text(digits)));
        Assert.Equal(_model[^1], Text(value.End(atHead: false).Text(digits)));
        Assert.False(value.From(_model.Count).MoveNext());
        Assert.False(value.From(-1).MoveNext());
    }

    private void AssertWalk(ListValue value, int from, bool isBackwards)
    {
        Span<byte> digits = stackalloc byte[PackedValue.DigitsMax];
        int at = from;
        foreach (PackedValue element in value.From(from, isBackwards))
        {
            Assert.Equal(_model[at], Text(element.Text(digits)));
            at += isBackwards ? -1 : 1;
        }
        Assert.Equal(isBackwards ? -1 : _model.Count, at);
    }

    private void Push()
    {
        bool atHead = random.Next(2) == 0;
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            string text = AnyText();
            list().Push(Bytes(text), atHead);
            _model.Insert(atHead ? 0 : _model.Count, text);
        }
    }

    private void Pop()
    {
        bool atHead = random.Next(2) == 0;
        list().Pop(atHead);
        _model.RemoveAt(atHead ? 0 : _model.Count - 1);
    }

    private void Insert()
    {
        bool isAfter = random.Next(2) == 0;
        string pivot = _model.Count > 0 && random.Next(5) != 0 ? _model[random.Next(_model.Count)] : AnyText();
        string text = AnyText();
        int at = _model.IndexOf(pivot);
        if (_model.Count > 0)
            Assert.Equal(at >= 0, list().InsertBeside(Bytes(pivot), Bytes(text), isAfter));
        if (at >= 0)
            _model.Insert(isAfter ? at + 1 : at, text);
    }

    private void RemoveEqual()
    {
        string text = AnyText();
        long most = random.Next(2) == 0 ? long.MaxValue : random.Next(1, 4);
        bool fromTail = random.Next(2) == 0;
        long expected = 0;
        while (expected < most && (fromTail ? _model.LastIndexOf(text) : _model.IndexOf(text)) is >= 0 and int at)
        {
            _model.RemoveAt(at);
            expected++;
        }
        if (_model.Count + expected > 0)
            Assert.Equal(expected, list().RemoveEqual(Bytes(text), most, fromTail));
    }

    /// <summary>As a file brings one.</summary>
    private void AppendNode()
    {
        if (random.Next(4) == 0)
        {
            string plain = AnyText();
            list().AppendPlain(Bytes(plain));
            _model.Add(plain);
            return;
        }
        List<byte[]> texts = [];
        for (int i = random.Next(1, 5); i > 0; i--)
        {
            string text = AnyText();
            texts.Add(Bytes(text));
            _model.Add(text);
        }
        list().AppendPack(PackOf(texts));
    }

    /// <summary>The bytes of a listpack of short texts, spelt here once more.</summary>
    private static byte[] PackOf(List<byte[]> texts)
    {
        MemoryStream pack = new();
        pack.Write([0, 0, 0, 0, (byte)texts.Count, 0]);
        foreach (byte[] text in texts)
        {
            int start = (int)pack.Length;
            pack.Write(text.Length < 64 ? [(byte)(0x80 | text.Length)] : [(byte)(0xE0 | text.Length >> 8), (byte)text.Length]);
            pack.Write(text);
            int length = (int)pack.Length - start;
            pack.Write(length < 128 ? [(byte)length] : [(byte)(length >> 7), (byte)(length & 127 | 128)]);
        }
        pack.WriteByte(0xFF);
        byte[] bytes = pack.ToArray();
        BitConverter.TryWriteBytes(bytes, bytes.Length);
        return bytes;
    }

    private string AnyText() => random.Next(3) == 0 ? RandomText(random) : _common[random.Next(_common.Length)];

    private static string RandomText(Random random) => random.Next(6) switch
    {
        0 => random.NextInt64(long.MinValue, long.MaxValue).ToString(),
        1 => random.Next(-300, 300).ToString(),
        2 => new string((char)random.Next(256), random.Next(3000)),
        3 => new string('x', random.Next(70)),
        4 => string.Concat(Enumerable.Range(0, random.Next(200)).Select(_ => (char)random.Next(256))),
        _ => "",
    };

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
