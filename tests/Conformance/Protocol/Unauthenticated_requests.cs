using Redoubt.Conformance.Differential;
using Redoubt.Testing;

namespace Redoubt.Conformance.Protocol;

/// <summary>Servers that want a password; limits are lower before it was given.</summary>
public sealed class PasswordedServerPair : IDisposable
{
    internal ServerPair Servers { get; } = ServerPair.With("--requirepass", "secret");

    public void Dispose() => Servers.Dispose();
}

public sealed class Unauthenticated_requests(PasswordedServerPair pair) : IClassFixture<PasswordedServerPair>
{
    public static TheoryData<string> Cases => [.. ProtocolCases.Unauthenticated.Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Are_answered_as_by_Redis(string name)
    {
        string request = ProtocolCases.Unauthenticated[name];
        Assert.Equal(RawExchange.Anonymous(RawExchange.Of(pair.Servers.Redis, request)), RawExchange.Anonymous(RawExchange.Of(pair.Servers.Redoubt, request)));
    }

    [Fact]
    public void Get_through_once_the_password_is_set_at_run_time()
    {
        foreach (ServerKind kind in Enum.GetValues<ServerKind>())
        {
            using ServerProcess server = RedisServers.Start(kind);
            using RespConnection before = server.Connect();
            Assert.Equal("OK", before.Call("CONFIG", "SET", "requirepass", "later").Text);
            Assert.Equal("PONG", before.Call("PING").Text);
            using RespConnection after = RespConnection.Connect(server.Port);
            Assert.StartsWith("NOAUTH", after.Call("PING").Text, StringComparison.Ordinal);
            Assert.Equal("OK", after.Call("AUTH", "later").Text);
            Assert.Equal("PONG", after.Call("PING").Text);
        }
    }

    [Theory]
    [InlineData("AUTH")]
    [InlineData("HELLO")]
    public void May_be_as_long_as_any_once_the_password_was_given(string by)
    {
        string[] password = by == "AUTH" ? ["AUTH", "secret"] : ["HELLO", "2", "AUTH", "default", "secret"];
        string[] many = ["MSET", .. Enumerable.Range(0, 40).Select(static i => $"word:{i}")];
        foreach (ServerProcess server in new[] { pair.Servers.Redis, pair.Servers.Redoubt })
        {
            using RespConnection separately = RespConnection.Connect(server.Port);
            separately.Call(password).OrThrow();
            Assert.Equal("OK", separately.Call("SET", "key", new string('v', 100_000)).Text);
            Assert.Equal("OK", separately.Call(many).Text);
            using RespConnection together = RespConnection.Connect(server.Port);
            Assert.Equal(["OK", "OK"], together.Pipeline([password, ["SET", "key", new string('v', 20_000)], many])[1..].Select(static reply => reply.Text));
            Assert.Equal("RESET", together.Call("RESET").Text);
            Assert.StartsWith("ERR Protocol error: unauthenticated multibulk length", together.Call(many).Text, StringComparison.Ordinal);
        }
    }
}
