using System.Text;
using Redoubt.Native.Memory;
using Redoubt.Structures.Listpacks;

namespace Redoubt.Structures.Tests;

/// <summary>A listpack beside a list of strings: the same random changes on both, compared after each.</summary>
internal static class ListpackModel
{
    public static void Run(Random random, int steps)
    {
        using GuardHeap heap = new();
        nint block = ListpackEditor.Create(heap);
        List<string> model = [];
        for (int step = 0; step < steps; step++)
        {
            Change(heap, ref block, model, random);
            Compare(new Listpack(block), model, random);
            if (step % 16 == 0)
                heap.Verify();
        }
        ListpackEditor.Free(heap, block);
        heap.AssertEmpty();
    }

    /// <summary>The bytes of a listpack with some elements of every kind.</summary>
    public static byte[] RandomPack(GuardHeap heap, Random random)
    {
        nint block = ListpackEditor.Create(heap);
        for (int i = random.Next(12); i > 0; i--)
            new ListpackEditor(heap, ref block).Append(Encoding.Latin1.GetBytes(RandomText(random)));
        byte[] bytes = new Listpack(block).Span.ToArray();
        ListpackEditor.Free(heap, block);
        return bytes;
    }

    /// <summary>What a deep look lets through must be safe to walk and to change; the fences of the heap tell.</summary>
    public static void WalkIfValid(GuardHeap heap, byte[] bytes)
    {
        if (!Listpack.Validate(bytes, deep: true, out int count))
            return;
        nint block = ListpackEditor.CreateFrom(heap, bytes);
        Listpack pack = new(block);
        int seen = 0;
        for (int position = pack.First; position != 0; position = pack.Next(position))
            seen += pack[position].TextLength >= 0 ? 1 : 0;
        for (int position = pack.Last; position != 0; position = pack.Previous(position))
            seen--;
        Assert.Equal((count, 0), (pack.Count, seen));
        ListpackEditor editor = new(heap, ref block);
        editor.Append("more"u8);
        editor.DeleteRange(0, 1);
        editor.Pack.Verify();
        heap.Verify();
        ListpackEditor.Free(heap, block);
    }

    private static void Change(GuardHeap heap, ref nint block, List<string> model, Random random)
    {
        ListpackEditor editor = new(heap, ref block);
        string text = RandomText(random);
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        int index = random.Next(model.Count + 1);
        int position = editor.Pack.At(index);
        Assert.Equal(index < model.Count, position != 0);
        switch (random.Next(9))
        {
            case 0:
                Assert.Equal(editor.Append(bytes), editor.Pack.Last);
                model.Add(text);
                break;
            case 1:
                Assert.Equal(editor.Prepend(bytes), editor.Pack.First);
                model.Insert(0, text);
                break;
            case 2 when position != 0:
                Assert.Equal(position, editor.InsertBefore(position, bytes));
                model.Insert(index, text);
                break;
            case 3 when position != 0:
                Assert.Equal(editor.InsertAfter(position, bytes), editor.Pack.At(index + 1));
                model.Insert(index + 1, text);
                break;
            case 4 when position != 0:
                editor.Replace(position, bytes);
                model[index] = text;
                break;
            case 5 when position != 0:
                Assert.Equal(index + 1 == model.Count, editor.Delete(position) == 0);
                model.RemoveAt(index);
                break;
            case 6:
                int from = random.Next(-model.Count - 2, model.Count + 2);
                int count = random.Next(model.Count > 40 ? 30 : 3);
                editor.DeleteRange(from, count);
                from = from < 0 ? from + model.Count : from;
                if (from >= 0 && from < model.Count)
                    model.RemoveRange(from, Math.Min(count, model.Count - from));
                break;
            case 7:
                long number = random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64);
                editor.Append(number);
                model.Add(number.ToString());
                break;
            case 8 when model.Count < 60:
                nint other = ListpackEditor.CreateFrom(heap, editor.Pack.Span);
                editor.AppendAll(new Listpack(other));
                model.AddRange([.. model]);
                ListpackEditor.Free(heap, other);
                break;
        }
    }

    private static void Compare(Listpack pack, List<string> model, Random random)
    {
        pack.Verify();
        Assert.Equal((model.Count, model.Count == 0), (pack.Count, pack.IsEmpty));
        Span<byte> digits = stackalloc byte[PackedValue.DigitsMax];
        int index = 0;
        for (int position = pack.First; position != 0; position = pack.Next(position))
            Assert.Equal(model[index++], Encoding.Latin1.GetString(pack[position].Text(digits)));
        for (int position = pack.Last; position != 0; position = pack.Previous(position))
            Assert.Equal(model[--index], Encoding.Latin1.GetString(pack[position].Text(digits)));
        string wanted = model.Count > 0 && random.Next(4) != 0 ? model[random.Next(model.Count)] : RandomText(random);
        int skip = random.Next(3);
        int expected = -1;
        for (int at = 0; at < model.Count && expected < 0; at += skip + 1)
            expected = model[at] == wanted ? at : -1;
        int found = pack.Find(pack.First, Encoding.Latin1.GetBytes(wanted), skip);
        Assert.Equal(expected < 0 ? 0 : pack.At(expected), found);
        Assert.Equal(found, expected < 0 ? 0 : pack.At(expected - model.Count));
        Span<int> positions = stackalloc int[8];
        int count = pack.CopyPositions(positions, skip + 1);
        Assert.Equal(Math.Min(8, (model.Count + skip) / (skip + 1)), count);
        for (int at = 0; at < count; at++)
            Assert.Equal(pack.At(at * (skip + 1)), positions[at]);
    }

    private static string RandomText(Random random) => random.Next(8) switch
    {
        0 => (random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64)).ToString(),
        1 => random.Next(-5, 5).ToString(),
        2 => "0" + random.Next(100),
        3 => "",
        4 => new string((char)('a' + random.Next(26)), random.Next(40) == 0 ? random.Next(20_000) : random.Next(300)),
        _ => new string((char)random.Next(256), random.Next(6)),
    };
}
