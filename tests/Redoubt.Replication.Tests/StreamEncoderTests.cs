using System.Text;
using Redoubt.Topology;

namespace Redoubt.Replication.Tests;

public sealed class StreamEncoderTests
{
    private readonly ReplicationStream _stream = new(1 << 20);
    private readonly StreamEncoder _encoder;
    private readonly ReplicaCursor _cursor;

    public StreamEncoderTests()
    {
        _stream.Create(ReplicationOffset.Zero);
        _encoder = new StreamEncoder(_stream);
        _cursor = _stream.CursorAtEnd();
    }

    [Fact]
    public void The_first_command_selects_its_database_and_the_next_in_the_same_one_does_not()
    {
        Set(0, "a", "1");
        Set(0, "b", "2");
        Assert.Equal("*2 $6 SELECT $1 0 *3 $3 SET $1 a $1 1 *3 $3 SET $1 b $1 2", Sent());
    }

    [Fact]
    public void A_database_of_two_digits_is_selected_with_its_length()
    {
        Set(15, "a", "1");
        Assert.StartsWith("*2 $6 SELECT $2 15 *3", Sent(), StringComparison.Ordinal);
    }

    [Fact]
    public void After_ForceSelect_the_same_database_is_selected_again()
    {
        Set(0, "a", "1");
        _encoder.ForceSelect();
        Set(0, "b", "2");
        Assert.Equal("*2 $6 SELECT $1 0 *3 $3 SET $1 a $1 1 *2 $6 SELECT $1 0 *3 $3 SET $1 b $1 2", Sent());
    }

    // The expected streams of the next three are recordings of redis-server 7.0.15.
    [Fact]
    public void A_unit_of_two_commands_is_wrapped_and_changes_database_inside()
    {
        _encoder.BeginUnit();
        Set(0, "a", "1");
        Set(3, "b", "2");
        Assert.True(_encoder.EndUnit());
        Assert.Equal("*2 $6 SELECT $1 0 *1 $5 MULTI *3 $3 SET $1 a $1 1 *2 $6 SELECT $1 3 *3 $3 SET $1 b $1 2 *1 $4 EXEC", Sent());
    }

    [Fact]
    public void A_unit_of_one_command_travels_bare()
    {
        _encoder.AssumeSelected(3);
        _encoder.BeginUnit();
        Set(3, "a", "1");
        Assert.True(_encoder.EndUnit());
        Assert.Equal("*3 $3 SET $1 a $1 1", Sent());
    }

    [Fact]
    public void The_select_of_a_unit_stands_before_its_multi()
    {
        _encoder.AssumeSelected(3);
        _encoder.BeginUnit();
        Set(5, "a", "1");
        _encoder.AppendRaw(5, "*2\r\n$4\r\nINCR\r\n$1\r\na\r\n"u8);
        Assert.True(_encoder.EndUnit());
        Assert.Equal("*2 $6 SELECT $1 5 *1 $5 MULTI *3 $3 SET $1 a $1 1 *2 $4 INCR $1 a *1 $4 EXEC", Sent());
    }

    [Fact]
    public void An_empty_unit_leaves_no_trace()
    {
        _encoder.BeginUnit();
        Assert.False(_encoder.EndUnit());
        Assert.Equal("", Sent());
    }

    [Fact]
    public void A_staged_command_larger_than_the_staging_buffer_arrives_whole()
    {
        string value = new('v', 3_000_000);
        _encoder.BeginUnit();
        Set(0, "big", value);
        Set(0, "b", "2");
        _encoder.EndUnit();
        Assert.Equal($"*2 $6 SELECT $1 0 *1 $5 MULTI *3 $3 SET $3 big $3000000 {value} *3 $3 SET $1 b $1 2 *1 $4 EXEC", Sent());
    }

    [Fact]
    public void Numbers_are_written_as_decimal_digits()
    {
        _encoder.AssumeSelected(0);
        _encoder.BeginCommand(0, 2);
        _encoder.Argument("X"u8);
        _encoder.Argument(long.MinValue);
        Assert.Equal("*2 $1 X $20 -9223372036854775808", Sent());
    }

    [Fact]
    public void Ping_and_getack_select_nothing_and_a_getack_is_37_bytes()
    {
        _encoder.AppendPing();
        long before = _stream.Offset.Value;
        _encoder.AppendGetAck();
        Assert.Equal(37, _stream.Offset.Value - before);
        Assert.Equal("*1 $4 ping *3 $8 REPLCONF $6 GETACK $1 *", Sent());
    }

    [Fact]
    public void Encoding_allocates_nothing()
    {
        Assert.Equal(0, Allocations.Least(() =>
        {
            for (int i = 0; i < 5000; i++)
                Work();
        }));

        void Work()
        {
            _encoder.AppendRaw(0, "*2\r\n$4\r\nINCR\r\n$1\r\na\r\n"u8);
            _encoder.BeginUnit();
            _encoder.BeginCommand(1, 3);
            _encoder.Argument("SET"u8);
            _encoder.Argument("k"u8);
            _encoder.Argument(12345);
            _encoder.AppendRaw(2, "*2\r\n$4\r\nINCR\r\n$1\r\na\r\n"u8);
            _encoder.EndUnit();
            while (_cursor.Next() is { IsEmpty: false } bytes)
                _cursor.Advance(bytes.Length);
        }
    }

    private void Set(int db, string key, string value)
    {
        _encoder.BeginCommand(db, 3);
        _encoder.Argument("SET"u8);
        _encoder.Argument(Encoding.ASCII.GetBytes(key));
        _encoder.Argument(Encoding.ASCII.GetBytes(value));
    }

    private string Sent()
    {
        var bytes = new List<byte>();
        while (_cursor.Next() is { IsEmpty: false } piece)
        {
            bytes.AddRange(piece);
            _cursor.Advance(piece.Length);
        }

        return Encoding.ASCII.GetString([.. bytes]).Replace("\r\n", " ", StringComparison.Ordinal).TrimEnd();
    }
}
