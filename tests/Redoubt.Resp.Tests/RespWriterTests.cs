using System.Globalization;
using System.Text;

namespace Redoubt.Resp.Tests;

public sealed class RespWriterTests
{
    public static TheoryData<string, Action<RespWriter>, string, string> Types => new()
    {
        { "ok", w => w.Ok(), "+OK\r\n", "+OK\r\n" },
        { "simple", w => w.SimpleString("PONG"u8), "+PONG\r\n", "+PONG\r\n" },
        { "error", w => w.Error("ERR no"u8), "-ERR no\r\n", "-ERR no\r\n" },
        { "integer 0", w => w.Integer(0), ":0\r\n", ":0\r\n" },
        { "integer 10", w => w.Integer(10), ":10\r\n", ":10\r\n" },
        { "integer 99", w => w.Integer(99), ":99\r\n", ":99\r\n" },
        { "integer 100", w => w.Integer(100), ":100\r\n", ":100\r\n" },
        { "integer -1", w => w.Integer(-1), ":-1\r\n", ":-1\r\n" },
        { "integer min", w => w.Integer(long.MinValue), ":-9223372036854775808\r\n", ":-9223372036854775808\r\n" },
        { "integer max", w => w.Integer(long.MaxValue), ":9223372036854775807\r\n", ":9223372036854775807\r\n" },
        { "bulk", w => w.Bulk("a\r\nb"u8), "$4\r\na\r\nb\r\n", "$4\r\na\r\nb\r\n" },
        { "bulk empty", w => w.Bulk(""u8), "$0\r\n\r\n", "$0\r\n\r\n" },
        { "bulk text", w => w.Bulk("é"), "$2\r\n\xc3\xa9\r\n", "$2\r\n\xc3\xa9\r\n" },
        { "bulk integer", w => w.BulkInteger(long.MinValue), "$20\r\n-9223372036854775808\r\n", "$20\r\n-9223372036854775808\r\n" },
        { "null", w => w.Null(), "$-1\r\n", "_\r\n" },
        { "null array", w => w.NullArray(), "*-1\r\n", "_\r\n" },
        { "array", w => w.Array(3), "*3\r\n", "*3\r\n" },
        { "map", w => w.Map(2), "*4\r\n", "%2\r\n" },
        { "set", w => w.Set(2), "*2\r\n", "~2\r\n" },
        { "push", w => w.Push(2), "*2\r\n", ">2\r\n" },
        { "true", w => w.Boolean(true), ":1\r\n", "#t\r\n" },
        { "false", w => w.Boolean(false), ":0\r\n", "#f\r\n" },
        { "double", w => w.Double(1.5), "$3\r\n1.5\r\n", ",1.5\r\n" },
        { "infinity", w => w.Double(double.NegativeInfinity), "$4\r\n-inf\r\n", ",-inf\r\n" },
        { "verbatim", w => w.Verbatim("txt"u8, "hello"u8), "$5\r\nhello\r\n", "=9\r\ntxt:hello\r\n" },
    };

    [Theory]
    [MemberData(nameof(Types))]
    public void Each_type_has_its_form_in_both_protocols(string name, Action<RespWriter> write, string resp2, string resp3)
    {
        Assert.NotEmpty(name);
        for (int capacity = 0; capacity < 40; capacity++)
        {
            RespWriter writer = new(capacity);
            write(writer);
            Assert.Equal(resp2, Text(writer));
            writer.Clear();
            writer.Protocol = 3;
            write(writer);
            write(writer);
            Assert.Equal(resp3 + resp3, Text(writer));
        }
    }

    /// <summary>As a real redis-server 7.0.15 writes scores: printf's %.17g.</summary>
    [Theory]
    [InlineData(0.0, "0")]
    [InlineData(-0.0, "-0")]
    [InlineData(3, "3")]
    [InlineData(-3.25, "-3.25")]
    [InlineData(0.1, "0.10000000000000001")]
    [InlineData(0.0001, "0.0001")]
    [InlineData(1e-5, "1.0000000000000001e-05")]
    [InlineData(1e16, "10000000000000000")]
    [InlineData(1e17, "1e+17")]
    [InlineData(123456789012345678, "1.2345678901234568e+17")]
    [InlineData(1e20, "1e+20")]
    [InlineData(1e100, "1e+100")]
    [InlineData(5e-324, "4.9406564584124654e-324")]
    [InlineData(-1.7976931348623157e308, "-1.7976931348623157e+308")]
    [InlineData(100, "100")]
    [InlineData(1234.5, "1234.5")]
    [InlineData(0.05, "0.050000000000000003")]
    [InlineData(99999999999999999, "1e+17")]
    [InlineData(double.PositiveInfinity, "inf")]
    [InlineData(double.NegativeInfinity, "-inf")]
    [InlineData(double.NaN, "nan")]
    public void Doubles_look_as_Redis_writes_them(double value, string expected)
    {
        RespWriter writer = new() { Protocol = 3 };
        writer.Double(value);
        Assert.Equal($",{expected}\r\n", Text(writer));
    }

    [Fact]
    public void Every_double_reads_back_as_itself()
    {
        Random random = new(7);
        RespWriter writer = new() { Protocol = 3 };
        for (int i = 0; i < 20_000; i++)
        {
            double value = BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue));
            if (!double.IsFinite(value))
                continue;
            writer.Clear();
            writer.Double(value);
            string text = Text(writer)[1..^2];
            Assert.Equal(value, double.Parse(text, CultureInfo.InvariantCulture));
        }
    }

    [Fact]
    public void An_array_gets_its_header_when_its_length_is_known()
    {
        foreach (int count in new[] { 0, 1, 9, 10, 100, 12345 })
        {
            RespWriter writer = new(8);
            writer.Ok();
            int outer = writer.BeginArray();
            int inner = writer.BeginArray();
            for (int i = 0; i < count; i++)
                writer.Integer(i);
            writer.EndArray(inner, count);
            writer.EndArray(outer, 1);
            writer.Ok();
            string numbers = string.Concat(Enumerable.Range(0, count).Select(i => $":{i}\r\n"));
            Assert.Equal($"+OK\r\n*1\r\n*{count}\r\n{numbers}+OK\r\n", Text(writer));
        }
    }

    [Fact]
    public void Truncating_forgets_the_end_and_never_adds()
    {
        RespWriter writer = new();
        writer.Ok();
        int length = writer.Length;
        writer.Bulk("forgotten"u8);
        writer.Truncate(length);
        writer.Truncate(1000);
        writer.Integer(7);
        Assert.Equal("+OK\r\n:7\r\n", Text(writer));
        Assert.Equal(":7\r\n", Encoding.Latin1.GetString(writer.Segment(length, 4)));
    }

    [Fact]
    public void A_large_reply_grows_the_buffer_and_trimming_gives_it_back()
    {
        RespWriter writer = new(16);
        byte[] value = new byte[3_000_000];
        new Random(1).NextBytes(value);
        writer.Bulk(value);
        Assert.Equal(value, writer.Written[10..^2].ToArray());
        writer.Trim(16);
        Assert.Equal(3_000_012, writer.Length);
        writer.Clear();
        writer.Trim(16);
        Assert.Equal(100, writer.Reserve(100).Length);
    }

    [Fact]
    public void Replies_of_a_warm_writer_allocate_nothing()
    {
        RespWriter writer = new();
        long before = 0;
        for (int round = 0; round < 200; round++)
        {
            if (round == 100)
                before = GC.GetAllocatedBytesForCurrentThread();
            writer.Clear();
            writer.Integer(12345);
            writer.Bulk("value"u8);
            writer.Double(0.1);
            writer.EndArray(writer.BeginArray(), 0);
        }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Beyond_a_bound_the_replies_of_a_client_are_dropped_and_those_before_it_stay()
    {
        RespWriter writer = new(1000);
        writer.Ok();
        writer.Begin(50);
        writer.Bulk(new byte[30]);
        Assert.False(writer.IsOverflown);
        Assert.Equal(5 + 37, writer.Length);
        writer.Bulk(new byte[30]);
        Assert.True(writer.IsOverflown);
        for (int i = 0; i < 10_000; i++)
            writer.Bulk(new byte[30]);
        Assert.InRange(writer.Length, 5, 55);
        writer.Truncate(5);
        Assert.Equal("+OK\r\n", Text(writer));

        writer.Begin(0);
        writer.Bulk(new byte[100_000]);
        Assert.False(writer.IsOverflown);
        Assert.Equal(100_000 + 11 + 5, writer.Length);
    }

    [Fact]
    public void A_reply_longer_than_the_bound_and_headers_put_before_it_do_no_harm()
    {
        RespWriter writer = new(100);
        writer.Ok();
        writer.Begin(40);
        int array = writer.BeginArray();
        writer.Integer(1);
        writer.Bulk(new byte[100_000]);
        writer.EndArray(array, 2);
        writer.Bulk("abc"u8);
        int map = writer.BeginArray();
        writer.Bulk(new byte[30]);
        writer.EndMap(map, 1);
        Assert.True(writer.IsOverflown);
        writer.Truncate(5);
        Assert.Equal("+OK\r\n", Text(writer));
    }

    private static string Text(RespWriter writer) => Encoding.Latin1.GetString(writer.Written);
}
