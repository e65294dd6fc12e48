using System.Diagnostics;
using System.Text;

namespace Redoubt.Resp.Tests;

public sealed class RequestParserTests
{
    /// <summary>Bytes, and what a real redis-server 7.0.15 makes of them: requests, then the protocol error.</summary>
    public static TheoryData<string, string> Cases => new()
    {
        { "*1\r\n$4\r\nPING\r\n", "[PING] 14" },
        { "*2\r\n$3\r\nGET\r\n$0\r\n\r\n*1\r\n$4\r\nPING\r\n", "[GET][] 19\n[PING] 14" },
        { "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$12\r\nabc\r\ndef\0\xff ?\r\n", "[SET][k][abc\r\ndef\0\xff ?] 39" },
        { "*0\r\n*-1\r\n*-9223372036854775808\r\nPING\r\n", "[PING] 6!" },
        { "PING\r\nPING\n\r\n\n  \r\nECHO  a\tb \r\n", "[PING] 6!\n[PING] 5!\n[ECHO][a][b] 12!" },
        { "ECHO \"a b\" 'c d' x\"y z\" ''\r\n", "[ECHO][a b][c d][xy z][] 28!" },
        { "ECHO \"\\x41\\n\\r\\t\\b\\a\\q\\\"\\xZZ\" '\\'\\n'\r\n", "[ECHO][A\n\r\t\b\aq\"xZZ]['\\n] 38!" },
        { "ECHO a\x0b" + "b \x0c" + "c\r\n", "[ECHO][a\x0b" + "b][c] 13!" },
        { "*1\rX$4\rYPINGab", "[PING] 14!" },
        { "*1\r\n$4\r\nPINGab*1\r\n$4\r\nPING\r\n", "[PING] 14!\n[PING] 14" },
        { "PING\0\r\nPING\r\n", "" },
        { "*1\0\r\n$4\r\nPING\r\n", "" },
        { "*1\r\n\0\r\n", "" },
        { "PING\r\nECHO \"a\"b\r\nPING\r\n", "[PING] 6!\nProtocol error: unbalanced quotes in request" },
        { "ECHO \"a b\r\n", "\nProtocol error: unbalanced quotes in request" },
        { "ECHO 'a\r\n", "\nProtocol error: unbalanced quotes in request" },
        { "*1\r\n$4\r\nPING\r\n*1\r\nX\r\n", "[PING] 14\nProtocol error: expected '$', got 'X'" },
        { "*1\r\n\xff\r\n", "\nProtocol error: expected '$', got '\xff'" },
        { "*1\r\n\r\n", "\nProtocol error: expected '$', got ' '" },
        { "*1\r\n\n\r\n", "\nProtocol error: expected '$', got ' '" },
        { "*2147483648\r\n", "\nProtocol error: invalid multibulk length" },
        { "*99999999999999999999\r\n", "\nProtocol error: invalid multibulk length" },
        { "*-9223372036854775809\r\n", "\nProtocol error: invalid multibulk length" },
        { "*\r\n", "\nProtocol error: invalid multibulk length" },
        { "*-\r\n", "\nProtocol error: invalid multibulk length" },
        { "*-0\r\n", "\nProtocol error: invalid multibulk length" },
        { "*01\r\n", "\nProtocol error: invalid multibulk length" },
        { "*+1\r\n", "\nProtocol error: invalid multibulk length" },
        { "* 1\r\n", "\nProtocol error: invalid multibulk length" },
        { "*1\r\n$-1\r\n", "\nProtocol error: invalid bulk length" },
        { "*1\r\n$\r\n", "\nProtocol error: invalid bulk length" },
        { "*1\r\n$04\r\n", "\nProtocol error: invalid bulk length" },
        { "*1\r\n$4a\r\n", "\nProtocol error: invalid bulk length" },
        { "*1\r\n$536870913\r\n", "\nProtocol error: invalid bulk length" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Requests_and_errors_are_those_of_Redis_however_the_bytes_are_cut(string text, string expected)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        Assert.Equal(expected, Conversation.Of(bytes).Outcome);
        Assert.Equal(expected, Conversation.Of(bytes, [.. Enumerable.Range(0, bytes.Length)]).Outcome);
        for (int first = 0; first <= bytes.Length; first++)
        {
            for (int second = first; second <= bytes.Length; second++)
                Assert.Equal(expected, Conversation.Of(bytes, first, second).Outcome);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_client_that_is_held_back_in_between_loses_nothing(string text, string expected)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        for (int seed = 0; seed < 200; seed++)
        {
            Random random = new(seed);
            Conversation conversation = new(1 + random.Next(4), random);
            for (int at = 0; at < bytes.Length;)
            {
                int count = Math.Min(random.Next(1, 12), bytes.Length - at);
                conversation.Receive(bytes.AsSpan(at, count));
                at += count;
            }
            Assert.Equal(expected, conversation.Outcome);
        }
    }

    [Fact]
    public void Quoted_lines_are_shown_unharmed_to_who_comes_back_for_them()
    {
        byte[] buffer = "ECHO \"a b\" 'c'\r\nECHO \"d\\x41\" e\r\n"u8.ToArray();
        byte[] original = [.. buffer];
        RequestParser parser = new();
        RequestBatch batch = new(8);
        int position = 0;
        Assert.Equal(ParseStatus.BatchFull, parser.Parse(buffer, ref position, batch));
        Assert.Equal(1, batch.Count);
        parser.Restart(buffer);
        Assert.Equal(original, buffer);
        position = 0;
        batch.Clear();
        parser.Parse(buffer, ref position, batch);
        batch.Clear();
        byte[] before = [.. buffer];
        parser.Parse(buffer, ref position, batch);
        parser.Restart(buffer);
        Assert.Equal(before, buffer);
    }

    [Fact]
    public void A_client_that_has_not_authenticated_may_send_ten_arguments_of_16_KB()
    {
        Assert.Equal("\nProtocol error: unauthenticated multibulk length", Untrusted("*11\r\n"));
        Assert.Equal("\nProtocol error: unauthenticated bulk length", Untrusted("*1\r\n$16385\r\n"));
        Assert.Equal("", Untrusted("*10\r\n$16384\r\n"));
        Assert.Equal("[AUTH][" + new string('x', 16384) + "] 16408", Untrusted("*2\r\n$4\r\nAUTH\r\n$16384\r\n" + new string('x', 16384) + "\r\n"));

        static string Untrusted(string text)
        {
            Conversation conversation = new();
            conversation.Parser.IsTrusted = false;
            conversation.Receive(Encoding.Latin1.GetBytes(text));
            return conversation.Outcome;
        }
    }

    [Theory]
    [InlineData("", "a", "Protocol error: too big inline request")]
    [InlineData("*", "1", "Protocol error: too big mbulk count string")]
    [InlineData("*1\r\n$", "1", "Protocol error: too big bulk count string")]
    [InlineData("*1\r\n\0", "\n", "Protocol error: too big bulk count string")]
    public void A_line_of_more_than_64_KB_is_refused_and_a_shorter_one_waited_for(string start, string filler, string error)
    {
        int line = start.Length - (start.LastIndexOf('\n') + 1);
        string text = start + new string(filler[0], 65536 - line);
        Assert.Equal("", Conversation.Of(text).Outcome);
        Assert.Equal("\n" + error, Conversation.Of(text + filler).Outcome);
        Assert.Equal("\n" + error, Conversation.Of(text + filler, text.Length).Outcome);
    }

    [Fact]
    public void The_limit_of_a_bulk_string_is_the_configured_one()
    {
        Conversation conversation = new();
        conversation.Parser.BulkBytesMax = 1024 * 1024;
        conversation.Receive("*1\r\n$1048577\r\n"u8);
        Assert.Equal("Protocol error: invalid bulk length", conversation.Error);
    }

    [Fact]
    public void The_parser_says_how_many_bytes_a_long_argument_needs()
    {
        Conversation conversation = Conversation.Of("*2\r\n$3\r\nGET\r\n$100000\r\nabc");
        Assert.Equal("*2\r\n$3\r\nGET\r\n$100000\r\n".Length + 100000 + 2, conversation.Parser.BytesWanted);
        conversation.Receive(new byte[100000 - 3]);
        Assert.Empty(conversation.Requests);
        conversation.Receive("\r\n"u8);
        Assert.Single(conversation.Requests);
        Assert.Equal(0, conversation.Parser.BytesWanted);
    }

    [Fact]
    public void A_full_batch_stops_and_the_rest_follows()
    {
        byte[] buffer = Encoding.Latin1.GetBytes(string.Concat(Enumerable.Range(0, 100).Select(i => $"*1\r\n$4\r\nK{i:000}\r\n")));
        RequestParser parser = new();
        RequestBatch batch = new(32);
        List<int> counts = [];
        int position = 0;
        ParseStatus status;
        do
        {
            batch.Clear();
            status = parser.Parse(buffer, ref position, batch);
            counts.Add(batch.Count);
        }
        while (status == ParseStatus.BatchFull);
        Assert.Equal([32, 32, 32, 4], counts);
        Assert.Equal(buffer.Length, position);
    }

    [Fact]
    public void A_request_of_100000_arguments_that_arrives_byte_by_byte_is_linear_work()
    {
        const int count = 100_000;
        byte[] buffer = Encoding.ASCII.GetBytes($"*{count}\r\n" + string.Concat(Enumerable.Repeat("$1\r\na\r\n", count)));
        RequestParser parser = new();
        RequestBatch batch = new(4);
        int position = 0;
        long start = Stopwatch.GetTimestamp();
        for (int length = 1; length < buffer.Length; length++)
        {
            parser.Parse(buffer.AsSpan(0, length), ref position, batch);
            Assert.Equal(0, batch.Count + batch.ArgumentCount + position);
        }
        parser.Parse(buffer, ref position, batch);
        Assert.Equal(count, batch[0].ArgumentCount);
        Assert.Equal(buffer.Length, position);
        Assert.True(batch[0].IsCanonical);
        // Handling every argument once per piece would be 35 thousand million steps.
        Assert.True(Stopwatch.GetElapsedTime(start).TotalSeconds < 10);
    }

    [Fact]
    public void The_buffer_may_move_while_a_request_is_incomplete()
    {
        byte[] request = "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n"u8.ToArray();
        for (int cut = 1; cut < request.Length; cut++)
        {
            RequestParser parser = new();
            RequestBatch batch = new(4);
            byte[] shifted = [.. "*1\r\n$4\r\nPING\r\n"u8, .. request.AsSpan(0, cut)];
            int position = 0;
            Assert.Equal(ParseStatus.NeedMore, parser.Parse(shifted, ref position, batch));
            Assert.Equal(14, position);
            batch.Clear();
            position = 0;
            parser.Parse(request, ref position, batch);
            Assert.Equal(["SET", "key", "value"], batch.Arguments.ToArray().Select(a => Encoding.ASCII.GetString(request, a.Start, a.Length)));
        }
    }

    [Fact]
    public void Warm_parsing_allocates_nothing()
    {
        byte[] buffer = "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n*2\r\n$3\r\nGET\r\n$100\r\nab"u8.ToArray();
        RequestParser parser = new();
        RequestBatch batch = new(4);
        long before = 0;
        for (int round = 0; round < 200; round++)
        {
            if (round == 100)
                before = GC.GetAllocatedBytesForCurrentThread();
            int position = 0;
            batch.Clear();
            parser.Parse(buffer, ref position, batch);
            parser.Restart(buffer);
        }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
