using System.Text;

namespace Redoubt.Client.Tests;

public class ReplyReaderTests
{
    public static TheoryData<string, string> Replies => new()
    {
        { "+OK\r\n", "SimpleString:OK" },
        { "-ERR no\r\n", "Error:ERR no" },
        { ":-12\r\n", "Integer:-12" },
        { "$5\r\na\r\nbc\r\n", "BulkString:a\r\nbc" },
        { "$0\r\n\r\n", "BulkString:" },
        { "$-1\r\n", "Null" },
        { "*-1\r\n", "Null" },
        { "_\r\n", "Null" },
        { "*0\r\n", "Array[]" },
        { "*3\r\n:1\r\n*2\r\n$1\r\na\r\n*0\r\n$-1\r\n", "Array[Integer:1 Array[BulkString:a Array[]] Null]" },
        { "%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n#t\r\n", "Map[SimpleString:a Integer:1 SimpleString:b Array[Boolean:true]]" },
        { "~2\r\n,3.25\r\n(12345678901234567890\r\n", "Set[Double:3.25 BigNumber:12345678901234567890]" },
        { "=7\r\ntxt:abc\r\n", "Verbatim:abc" },
        { "!6\r\nERR no\r\n", "Error:ERR no" },
        { ">2\r\n+message\r\n+x\r\n", "Push[SimpleString:message SimpleString:x]" },
        { "|1\r\n+ttl\r\n:5\r\n+OK\r\n", "SimpleString:OK" },
        { "*2\r\n|1\r\n+ttl\r\n*1\r\n:5\r\n:1\r\n:2\r\n", "Array[Integer:1 Integer:2]" },
    };

    [Theory]
    [MemberData(nameof(Replies))]
    public void A_reply_is_read_whole_and_in_any_two_pieces(string wire, string expected)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(wire);
        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            var reader = new ReplyReader();
            Feed(reader, bytes.AsSpan(0, cut));
            bool early = reader.TryRead(out Reply reply);
            Assert.Equal(cut == bytes.Length, early);
            Feed(reader, bytes.AsSpan(cut));
            Assert.True(early || reader.TryRead(out reply));
            Assert.Equal(expected, Describe(reply));
            Assert.False(reader.TryRead(out _));
        }
    }

    [Fact]
    public void Many_replies_byte_by_byte_come_out_in_order()
    {
        var reader = new ReplyReader();
        var read = new List<string>();
        foreach (byte next in Encoding.UTF8.GetBytes(string.Concat(Replies.Select(row => row.Data.Item1))))
        {
            Feed(reader, [next]);
            while (reader.TryRead(out Reply reply))
                read.Add(Describe(reply));
        }

        Assert.Equal(Replies.Select(row => row.Data.Item2), read);
    }

    [Fact]
    public void A_string_larger_than_the_buffer_arrives_complete()
    {
        string big = new('x', 3_000_000);
        var reader = new ReplyReader();
        Feed(reader, Encoding.UTF8.GetBytes($"${big.Length}\r\n{big}\r\n:1\r\n"));
        Assert.True(reader.TryRead(out Reply reply));
        Assert.Equal(big, reply.ToString());
        Assert.True(reader.TryRead(out reply));
        Assert.Equal(1, reply.ToInteger());
    }

    [Theory]
    [InlineData("?what\r\n")]
    [InlineData("\r\n")]
    [InlineData(":one\r\n")]
    [InlineData("$-2\r\n")]
    [InlineData("$9999999999\r\n")]
    [InlineData("$3\r\nabcd\r\n")]
    [InlineData("*-7\r\n")]
    [InlineData("*99999999999\r\n")]
    public void Damage_is_a_protocol_error(string wire)
    {
        var reader = new ReplyReader();
        Feed(reader, Encoding.UTF8.GetBytes(wire));
        Assert.Throws<ProtocolException>(() => reader.TryRead(out _));
    }

    [Fact]
    public void Endless_nesting_and_endless_lines_are_cut_short()
    {
        var nested = new ReplyReader();
        Feed(nested, Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("*1\r\n", 1000))));
        Assert.Throws<ProtocolException>(() => nested.TryRead(out _));
        var line = new ReplyReader();
        Feed(line, Encoding.UTF8.GetBytes("+" + new string('x', 100_000)));
        Assert.Throws<ProtocolException>(() => line.TryRead(out _));
    }

    [Fact]
    public void Random_bytes_never_do_worse_than_a_protocol_error()
    {
        var random = new Random(4711);
        byte[] alphabet = Encoding.ASCII.GetBytes("*$+-:_,#(=!~>%|0123456789\r\n\r\nab");
        for (int round = 0; round < 20_000; round++)
        {
            byte[] noise = new byte[random.Next(1, 40)];
            for (int i = 0; i < noise.Length; i++)
                noise[i] = alphabet[random.Next(alphabet.Length)];
            var reader = new ReplyReader();
            Feed(reader, noise);
            try
            {
                while (reader.TryRead(out _))
                {
                }
            }
            catch (ProtocolException)
            {
            }
        }
    }

    private static void Feed(ReplyReader reader, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            Memory<byte> space = reader.FreeSpace();
            int count = Math.Min(space.Length, bytes.Length);
            bytes[..count].CopyTo(space.Span);
            reader.Received(count);
            bytes = bytes[count..];
        }
    }

    private static string Describe(Reply reply) => reply.Kind switch
    {
        ReplyKind.Null => "Null",
        ReplyKind.Array or ReplyKind.Map or ReplyKind.Set or ReplyKind.Push => $"{reply.Kind}[{string.Join(' ', reply.Items.Select(Describe))}]",
        _ => $"{reply.Kind}:{reply}",
    };
}
