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
}
