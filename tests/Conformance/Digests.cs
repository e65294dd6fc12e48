using Redoubt.Conformance.Differential;
using Redoubt.Testing;

namespace Redoubt.Conformance;

/// <summary>DEBUG DIGEST is how a dataset of one server is compared with that of the other, so it must be the same number on both.</summary>
public sealed class Digests : IDisposable
{
    private readonly ServerPair _servers = ServerPair.With("--enable-debug-command", "yes", "--hash-max-listpack-entries", "3", "--set-max-intset-entries", "3",
        "--zset-max-listpack-entries", "3", "--list-max-listpack-size", "3", "--stream-node-max-entries", "3");

    public void Dispose() => _servers.Dispose();

    [Theory]
    [InlineData("SET", "v")]
    [InlineData("RPUSH", "a", "17", "c", "", "a")]
    [InlineData("RPUSH", "a", "17")]
    [InlineData("SADD", "1", "2", "-3")]
    [InlineData("SADD", "1", "2", "-3", "4", "5")]
    [InlineData("SADD", "1", "b", "")]
    [InlineData("HSET", "f", "v", "17", "4")]
    [InlineData("HSET", "f", "v", "17", "4", "", "", "g", "v", "h", "-1")]
    [InlineData("ZADD", "1", "a", "2.5", "b")]
    [InlineData("ZADD", "1", "a", "2.5", "b", "1e30", "c", "-inf", "17", "0.1", "")]
    [InlineData("XADD", "5-1", "f", "v", "17", "4")]
    public void Are_those_of_Redis_for_every_type_and_form(string command, params string[] content)
    {
        string[] digests = [.. new[] { _servers.Redis, _servers.Redoubt }.Select(server =>
        {
            server.Call([command, "key", .. content]).OrThrow();
            if (command == "XADD")
            {
                for (int i = 1; i < 9; i++)
                {
                    server.Call("XADD", "key", $"{5 + i}-1", "f", "v", i % 2 == 0 ? "17" : "18", "-9").OrThrow();
                }

                server.Call("XDEL", "key", "7-1").OrThrow();
            }

            server.Call("PEXPIREAT", "key", "33177117420000").OrThrow();
            return server.Call("DEBUG", "DIGEST-VALUE", "key")[0].Text + server.Call("DEBUG", "DIGEST").Text;
        })];
        Assert.Equal(digests[0], digests[1]);
    }
}
