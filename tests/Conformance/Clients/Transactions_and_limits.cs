using Redoubt.Conformance.Differential;
using Redoubt.Conformance.Protocol;
using Redoubt.Testing;

namespace Redoubt.Conformance.Clients;

public sealed class Transactions_and_limits(ServerPair servers) : IClassFixture<ServerPair>
{
    private static readonly Dictionary<string, string> Sessions = new()
    {
        ["an empty one"] = "MULTI\r\nEXEC\r\n",
        ["writes and reads"] = "MULTI\r\nSET a 1\r\nINCR a\r\nGET a\r\nEXEC\r\nGET a\r\n",
        ["one that is discarded"] = "MULTI\r\nSET a 5\r\nDISCARD\r\nEXISTS a\r\n",
        ["a nested MULTI"] = "MULTI\r\nMULTI\r\nSET a 4\r\nEXEC\r\n",
        ["EXEC and DISCARD alone"] = "EXEC\r\nDISCARD\r\n",
        ["an unknown command inside"] = "MULTI\r\nSET a 1\r\nbogus\r\nEXEC\r\nEXISTS a\r\n",
        ["wrong arity inside"] = "MULTI\r\nSET a 1\r\nGET\r\nEXEC\r\nEXISTS a\r\n",
        ["an error at run time"] = "MULTI\r\nSET a x\r\nINCR a\r\nGET a\r\nEXEC\r\n",
        ["a command that may not be inside"] = "MULTI\r\nSAVE\r\nEXEC\r\n",
        ["wrong arity of EXEC"] = "MULTI\r\nSET a 1\r\nEXEC x\r\nEXEC\r\nEXISTS a\r\n",
        ["wrong arity of EXEC outside"] = "EXEC x\r\n",
        ["wrong arity of DISCARD"] = "MULTI\r\nDISCARD x\r\nEXEC\r\n",
        ["SELECT inside"] = "MULTI\r\nSELECT 2\r\nSET intwo 1\r\nEXEC\r\nEXISTS intwo\r\nSELECT 0\r\nEXISTS intwo\r\n",
        ["RESET inside"] = "MULTI\r\nSET a 1\r\nRESET\r\nEXEC\r\nEXISTS a\r\n",
        ["QUIT inside"] = "MULTI\r\nSET a 1\r\nQUIT\r\nEXEC\r\n",
        ["WAIT inside"] = "MULTI\r\nWAIT 1 0\r\nEXEC\r\n",
        ["HELLO inside"] = "MULTI\r\nHELLO 3\r\nGET none\r\nEXEC\r\nGET none\r\nHELLO 2\r\n",
        ["FLUSHALL inside"] = "MULTI\r\nSET a 1\r\nFLUSHALL\r\nEXISTS a\r\nEXEC\r\n",
        ["refused by a limit at its EXEC"] = "MULTI\r\nSET a 1\r\nCONFIG SET min-replicas-to-write 1\r\nSET b 1\r\nEXEC\r\nMULTI\r\nSET a 2\r\nEXEC\r\nCONFIG SET min-replicas-to-write 0\r\n",
        ["requests after a goodbye"] = "QUIT\r\nSET a 1\r\nPING\r\n",
    };

    public static TheoryData<string> Cases => [.. Sessions.Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_transaction_is_answered_as_by_Redis(string name)
    {
        servers.Flush();
        Assert.Equal(RawExchange.Anonymous(RawExchange.Of(servers.Redis, Sessions[name])), RawExchange.Anonymous(RawExchange.Of(servers.Redoubt, Sessions[name])));
    }

    [Fact]
    public void The_client_after_the_last_allowed_one_is_told_so()
    {
        foreach (ServerKind kind in Enum.GetValues<ServerKind>())
        {
            using ServerProcess server = RedisServers.Start(kind);
            server.Call("CONFIG", "SET", "maxclients", "2").OrThrow();
            using RespConnection second = server.Connect();
            Assert.Equal("PONG", second.Call("PING").Text);
            using RespConnection third = server.Connect();
            Assert.Equal("-ERR max number of clients reached\r\n", System.Text.Encoding.Latin1.GetString(third.ReadUntilClosed()));
            second.Dispose();
            Wait.Until(() => Answers(server), "a place to become free");
        }
    }

    [Fact]
    public void An_idle_client_is_disconnected_after_the_timeout()
    {
        foreach (ServerKind kind in Enum.GetValues<ServerKind>())
        {
            using ServerProcess server = RedisServers.Start(kind);
            using RespConnection idle = server.Connect();
            Assert.Equal("PONG", idle.Call("PING").Text);
            server.Call("CONFIG", "SET", "timeout", "1").OrThrow();
            Assert.True(idle.IsClosedByPeer(6_000));
        }
    }

    [Fact]
    public void The_longest_argument_follows_its_directive()
    {
        foreach (ServerKind kind in Enum.GetValues<ServerKind>())
        {
            using ServerProcess server = RedisServers.Start(kind, "--proto-max-bulk-len", "1mb");
            using RespConnection fits = server.Connect();
            Assert.Equal("OK", fits.Call("SET", "k", new string('v', 1 << 20)).Text);
            using RespConnection tooLong = server.Connect();
            tooLong.SendRaw($"*2\r\n$4\r\nECHO\r\n${(1 << 20) + 1}\r\n");
            Assert.Equal("ERR Protocol error: invalid bulk length", tooLong.ReadReply().Text);
            Assert.True(tooLong.IsClosedByPeer(5_000));
        }
    }

    [Fact]
    public void The_port_can_be_changed_while_clients_stay()
    {
        foreach (ServerKind kind in Enum.GetValues<ServerKind>())
        {
            using ServerProcess server = RedisServers.Start(kind);
            using RespConnection before = server.Connect();
            using PortLease lease = PortLease.Take();
            Assert.Equal("OK", before.Call("CONFIG", "SET", "port", $"{lease.Port}").Text);
            using RespConnection after = RespConnection.Connect(lease.Port);
            Assert.Equal("PONG", after.Call("PING").Text);
            Assert.Equal("PONG", before.Call("PING").Text);
            Assert.Throws<System.Net.Sockets.SocketException>(() => RespConnection.Connect(server.Port));
            Assert.Equal("OK", before.Call("CONFIG", "SET", "bind", "127.0.0.1 -::1").Text);
            using RespConnection again = RespConnection.Connect(lease.Port);
            Assert.Equal("PONG", again.Call("PING").Text);
            Assert.StartsWith("ERR CONFIG SET failed", before.Call("CONFIG", "SET", "bind", "203.0.113.1").Text, StringComparison.Ordinal);
            using RespConnection still = RespConnection.Connect(lease.Port);
            Assert.Equal("PONG", still.Call("PING").Text);
        }
    }

    private static bool Answers(ServerProcess server)
    {
        try
        {
            using RespConnection connection = server.Connect();
            return connection.Call("PING").Text == "PONG";
        }
        catch (IOException)
        {
            return false;
        }
    }
}
