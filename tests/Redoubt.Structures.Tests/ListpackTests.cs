using System.Globalization;
using System.Text;
using Redoubt.Native.Memory;
using Redoubt.Structures.Listpacks;

namespace Redoubt.Structures.Tests;

public sealed class ListpackTests
{
    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    [Theory]
    [InlineData("0", "00-01")]
    [InlineData("127", "7F-01")]
    [InlineData("128", "C0-80-02")]
    [InlineData("4095", "CF-FF-02")]
    [InlineData("-1", "DF-FF-02")]
    [InlineData("-4096", "D0-00-02")]
    [InlineData("4096", "F1-00-10-03")]
    [InlineData("-32768", "F1-00-80-03")]
    [InlineData("32768", "F2-00-80-00-04")]
    [InlineData("-8388608", "F2-00-00-80-04")]
    [InlineData("8388608", "F3-00-00-80-00-05")]
    [InlineData("-2147483648", "F3-00-00-00-80-05")]
    [InlineData("2147483648", "F4-00-00-00-80-00-00-00-00-09")]
    [InlineData("-9223372036854775808", "F4-00-00-00-00-00-00-00-80-09")]
    [InlineData("9223372036854775808", "93-39-32-32-33-33-37-32-30-33-36-38-35-34-37-37-35-38-30-38-14")]
    [InlineData("", "80-01")]
    [InlineData("a", "81-61-02")]
    [InlineData("01", "82-30-31-03")]
    [InlineData("-0", "82-2D-30-03")]
    public void Elements_are_spelt_as_in_Redis(string text, string spelling)
    {
        using GuardHeap heap = new();
        nint block = ListpackEditor.Create(heap);
        new ListpackEditor(heap, ref block).Append(Bytes(text));
        Listpack pack = new(block);
        Assert.Equal(spelling, BitConverter.ToString(pack.Span[6..^1].ToArray()));
        Assert.Equal(text, Encoding.Latin1.GetString(pack[pack.First].Text(stackalloc byte[20])));
        pack.Verify();
        ListpackEditor.Free(heap, block);
        heap.AssertEmpty();
    }

    [Theory]
    [InlineData(63, "BF", "40")]
    [InlineData(64, "E0-40", "42")]
    [InlineData(125, "E0-7D", "7F")]
    [InlineData(126, "E0-7E", "01-80")]
    [InlineData(4095, "EF-FF", "20-81")]
    [InlineData(4096, "F0-00-10-00-00", "20-85")]
    [InlineData(16377, "F0-F9-3F-00-00", "7F-FE")]
    [InlineData(16378, "F0-FA-3F-00-00", "00-FF-FF")]
    [InlineData(2097145, "F0-F9-FF-1F-00", "7F-FF-FE")]
    [InlineData(2097146, "F0-FA-FF-1F-00", "00-FF-FF-FF")]
    public void Texts_of_every_length_are_spelt_as_in_Redis(int length, string head, string backlen)
    {
        using GuardHeap heap = new();
        nint block = ListpackEditor.Create(heap);
        ListpackEditor editor = new(heap, ref block);
        byte[] text = new byte[length];
        text.AsSpan().Fill((byte)'x');
        editor.Append("first"u8);
        int position = editor.Append(text);
        editor.Append("last"u8);
        Listpack pack = new(block);
        byte[] element = pack.Span.Slice(position, pack.ElementBytes(position)).ToArray();
        Assert.StartsWith(head + "-78", BitConverter.ToString(element));
        Assert.EndsWith("78-" + backlen, BitConverter.ToString(element));
        Assert.Equal(position, pack.Previous(pack.Last));
        Assert.Equal(pack.First, pack.Previous(position));
        Assert.Equal(position, pack.Find(pack.First, text, 0));
        pack.Verify();
        ListpackEditor.Free(heap, block);
        heap.AssertEmpty();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Random_changes_leave_what_a_list_would_hold(int seed) => ListpackModel.Run(new Random(seed), steps: 1500);

    [Fact]
    public void From_65535_elements_on_the_count_is_not_known_and_is_known_again_below()
    {
        // The guarded heap would copy the whole with each element.
        using SlabHeap heap = new();
        nint block = ListpackEditor.Create(heap);
        ListpackEditor editor = new(heap, ref block);
        for (int i = 0; i < 65534; i++)
            editor.Append(i & 7);
        Assert.Equal(65534, editor.Pack.Count);
        editor.Append("one more"u8);
        editor.Append("and another"u8);
        Assert.Equal("FF-FF", BitConverter.ToString(editor.Pack.Span.Slice(4, 2).ToArray()));
        Assert.Equal(65536, editor.Pack.Count);
        Assert.Equal(0, editor.Pack.At(65536));
        Assert.Equal("and another", Encoding.Latin1.GetString(editor.Pack[editor.Pack.At(-1)].Text([])));
        editor.DeleteRange(10, 5);
        Assert.Equal("FF-FF", BitConverter.ToString(editor.Pack.Span.Slice(4, 2).ToArray()));
        Assert.Equal(65531, editor.Pack.Count);
        Assert.Equal("FB-FF", BitConverter.ToString(editor.Pack.Span.Slice(4, 2).ToArray()));
        editor.Pack.Verify();
        ListpackEditor.Free(heap, block);
        Assert.Equal(0, heap.UsedBytes);
    }

    [Fact]
    public void Damaged_bytes_are_refused_or_walk_within_their_bounds()
    {
        using GuardHeap heap = new();
        Random random = new(7);
        for (int round = 0; round < 3000; round++)
        {
            byte[] bytes = ListpackModel.RandomPack(heap, random);
            for (int changes = random.Next(4); changes > 0; changes--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            ListpackModel.WalkIfValid(heap, bytes);
        }
        heap.AssertEmpty();
    }

    [Fact]
    public void Bytes_without_depth_are_judged_by_header_and_end_alone()
    {
        byte[] bytes = [9, 0, 0, 0, 5, 0, 0xF4, 0x00, 0xFF];
        Assert.True(Listpack.Validate(bytes, deep: false, out int count));
        Assert.Equal(5, count);
        Assert.False(Listpack.Validate(bytes, deep: true, out _));
        Assert.False(Listpack.Validate(bytes.AsSpan(0, 8), deep: false, out _));
        Assert.False(Listpack.Validate(default, deep: false, out _));
    }

    [Fact]
    public void Changes_within_a_size_class_do_not_move_the_block()
    {
        using SlabHeap heap = new();
        nint block = ListpackEditor.Create(heap);
        ListpackEditor editor = new(heap, ref block);
        int moves = 0;
        nint before = block;
        for (int i = 0; i < 100_000; i++)
        {
            editor.Append("0123456789"u8);
            moves += block == before ? 0 : 1;
            before = block;
        }
        Assert.InRange(moves, 1, 300);
        editor.Pack.Verify();
        ListpackEditor.Free(heap, block);
        Assert.Equal(0, heap.UsedBytes);
    }

    [Fact]
    public void A_number_equals_its_only_spelling()
    {
        using GuardHeap heap = new();
        nint block = ListpackEditor.Create(heap);
        ListpackEditor editor = new(heap, ref block);
        int position = editor.Append(12);
        Listpack pack = editor.Pack;
        Assert.True(pack[position].TextEquals("12"u8));
        Assert.False(pack[position].TextEquals("012"u8));
        Assert.False(pack[position].TextEquals("+12"u8));
        Assert.Equal(0, pack.Find(pack.First, "12 "u8, 0));
        Assert.Equal(2, pack[position].TextLength);
        Assert.Equal(12L, long.Parse(Encoding.ASCII.GetString(pack[position].Text(stackalloc byte[20])), CultureInfo.InvariantCulture));
        ListpackEditor.Free(heap, block);
        heap.AssertEmpty();
    }
}
