using Redoubt.Conformance.Differential;
using Redoubt.Testing;

namespace Redoubt.Conformance.Protocol;

public sealed class Raw_requests(ServerPair servers) : IClassFixture<ServerPair>
{
    public static TheoryData<string> InlineCases => [.. ProtocolCases.Inline.Keys];

    public static TheoryData<string> ArrayCases => [.. ProtocolCases.Arrays.Keys];

    public static TheoryData<string> EndlessCases => [.. ProtocolCases.Endless.Keys];

    public static TheoryData<string> SessionCases => [.. ProtocolCases.Sessions.Keys];

    [Theory]
    [MemberData(nameof(InlineCases))]
    public void Inline_is_answered_as_by_Redis(string name) => AssertSame(ProtocolCases.Inline[name]);

    [Theory]
    [MemberData(nameof(ArrayCases))]
    public void As_arrays_is_answered_as_by_Redis(string name) => AssertSame(ProtocolCases.Arrays[name]);

    [Theory]
    [MemberData(nameof(EndlessCases))]
    public void Without_an_end_are_refused_as_by_Redis(string name) => Assert.Equal(
        RawExchange.UntilClosed(servers.Redis, ProtocolCases.Endless[name]), RawExchange.UntilClosed(servers.Redoubt, ProtocolCases.Endless[name]));

    [Theory]
    [MemberData(nameof(SessionCases))]
    public void In_a_session_is_answered_as_by_Redis(string name) => AssertSame(ProtocolCases.Sessions[name], withoutConnectionIds: true);

    [Fact]
    public void Cut_in_two_at_any_byte_are_answered_as_if_whole()
    {
        byte[] whole = ProtocolCases.EveryForm;
        string expected = RawExchange.Of(servers.Redis, [whole]);
        for (int cut = 1; cut < whole.Length; cut++)
        {
            string actual = RawExchange.Of(servers.Redoubt, [whole[..cut], whole[cut..]]);
            Assert.True(expected == actual, $"cut before byte {cut}:\n{expected}\n{actual}");
        }
    }

    [Fact]
    public void Sent_byte_by_byte_are_answered_as_if_whole()
    {
        byte[] whole = ProtocolCases.EveryForm;
        Assert.Equal(RawExchange.Of(servers.Redis, [whole]), RawExchange.Of(servers.Redoubt, [.. whole.Select(b => new[] { b })]));
    }

    [Fact]
    public void Errors_cut_at_any_byte_are_worded_as_if_whole()
    {
        foreach (string name in new[] { "an error amid a pipeline", "a bulk length that is no number", "a word where a bulk should be" })
        {
            byte[] whole = Wire.Bytes(ProtocolCases.Arrays[name]);
            string expected = RawExchange.Of(servers.Redis, [whole]);
            for (int cut = 1; cut < whole.Length; cut++)
            {
                Assert.Equal(expected, RawExchange.Of(servers.Redoubt, [whole[..cut], whole[cut..]]));
            }
        }
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(20_000)]
    public void In_one_long_pipeline_are_all_answered_in_order(int length)
    {
        List<IReadOnlyList<byte[]>> commands = [.. Enumerable.Range(0, length).Select(i => (IReadOnlyList<byte[]>)(i % 2 == 0
            ? Wire.Arguments("SET", $"pipe{i % 100}", $"value {i}") : Wire.Arguments("GET", $"pipe{(i - 1) % 100}")))];
        using RespConnection connection = servers.Redoubt.Connect();
        RespValue[] replies = connection.Pipeline(commands);
        for (int i = 0; i < length; i++)
        {
            Assert.Equal(i % 2 == 0 ? "OK" : $"value {i - 1}", replies[i].Text);
        }
    }

    [Fact]
    public void Of_64_megabytes_come_back_whole()
    {
        byte[] big = new byte[64 * 1024 * 1024];
        new Random(1).NextBytes(big);
        using RespConnection connection = servers.Redoubt.Connect();
        Assert.Equal("OK", connection.Call([.. Wire.Arguments("SET", "big"), big]).Text);
        Assert.Equal(big.Length, connection.Call("STRLEN", "big").Integer);
        Assert.True(connection.Call("GET", "big").Bytes.AsSpan().SequenceEqual(big));
        Assert.True(connection.Call("GETRANGE", "big", "1000000", "1000099").Bytes.AsSpan().SequenceEqual(big.AsSpan(1_000_000, 100)));
        Assert.Equal(big.Length + 3, connection.Call("APPEND", "big", "end").Integer);
        Assert.Equal(1, connection.Call("DEL", "big").Integer);
    }

    [Fact]
    public void From_five_hundred_connections_at_once_are_all_answered()
    {
        RespConnection[] connections = [.. Enumerable.Range(0, 500).Select(_ => servers.Redoubt.Connect())];
        try
        {
            servers.Redoubt.Call("DEL", "crowd").OrThrow();
            foreach (RespConnection connection in connections)
            {
                connection.Send("INCR", "crowd");
            }

            Assert.Equal(Enumerable.Range(1, 500).Select(i => (long)i), connections.Select(c => c.ReadReply().Integer).Order());
        }
        finally
        {
            Array.ForEach(connections, c => c.Dispose());
        }
    }

    [Fact]
    public void From_a_client_that_ends_its_sending_are_still_answered()
    {
        using RespConnection connection = servers.Redoubt.Connect();
        connection.SendRaw("PING\r\nECHO bye\r\n");
        connection.CloseSending();
        Assert.Equal("+PONG\r\n$3\r\nbye\r\n", System.Text.Encoding.Latin1.GetString(connection.ReadUntilClosed()));
    }

    private void AssertSame(string request, bool withoutConnectionIds = false)
    {
        string expected = RawExchange.Of(servers.Redis, request);
        string actual = RawExchange.Of(servers.Redoubt, request);
        Assert.Equal(withoutConnectionIds ? RawExchange.Anonymous(expected) : expected, withoutConnectionIds ? RawExchange.Anonymous(actual) : actual);
    }
}
