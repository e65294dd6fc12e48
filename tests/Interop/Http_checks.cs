using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Redoubt.Testing;

namespace Redoubt.Interop;

/// <summary>What a load balancer sees of a group, asked as one asks.</summary>
public sealed class Http_checks
{
    private static readonly string[] HaproxyPaths = ["/usr/sbin/haproxy", "/usr/local/sbin/haproxy"];

    [Fact]
    public void Follow_the_roles_through_a_failover()
    {
        using PortLease firstHttp = PortLease.Take();
        using PortLease secondHttp = PortLease.Take();
        using ServerProcess first = Start(firstHttp);
        using ServerProcess second = Start(secondHttp);
        second.Follow(first);
        first.Call("SET", "k", "v").OrThrow();
        second.WaitUntilCaughtUp(first);
        Wait.For(200, () => Ask(secondHttp, "/replica?max-lag-ms=2000").Status, "the replica to be one");
        Assert.Equal(503, Ask(secondHttp, "/primary").Status);
        Assert.Equal(200, Ask(firstHttp, "/primary").Status);
        Assert.Equal(503, Ask(firstHttp, "/replica").Status);
        Wait.Until(() => Ask(firstHttp, "/metrics").Body.Contains("redoubt_connected_slave_behind_bytes{", StringComparison.Ordinal), "the replica in the metrics");
        Assert.Contains("redis_connected_slaves 1\n", Ask(firstHttp, "/metrics").Body, StringComparison.Ordinal);

        first.Call("FAILOVER").OrThrow();
        Wait.For(200, () => Ask(secondHttp, "/primary").Status, "the new primary");
        Wait.For(200, () => Ask(firstHttp, "/replica").Status, "the new replica");
        Assert.Equal(503, Ask(firstHttp, "/primary").Status);
    }

    [Fact]
    public void Answer_while_the_keyspace_is_busy_and_say_so()
    {
        using PortLease http = PortLease.Take();
        using ServerProcess server = Start(http);
        Assert.Equal(200, Ask(http, "/health").Status);
        using RespConnection sleeper = server.Connect();
        sleeper.Send("DEBUG", "SLEEP", "6");
        Wait.For(503, () => Ask(http, "/health").Status, "the server to be found stuck");
        Assert.Contains("redis_up 0", Ask(http, "/metrics").Body, StringComparison.Ordinal);
        sleeper.Read().OrThrow();
        Wait.For(200, () => Ask(http, "/health").Status, "the server to be well again");
    }

    [Fact]
    public void Come_and_go_with_their_port_while_the_server_runs()
    {
        using PortLease http = PortLease.Take();
        using ServerProcess server = RedisServers.Start(ServerKind.Redoubt);
        server.Call("CONFIG", "SET", "http-port", Text(http.Port)).OrThrow();
        Assert.Equal(200, Ask(http, "/ready").Status);
        Assert.StartsWith("ERR CONFIG SET failed", server.Call("CONFIG", "SET", "http-port", Text(server.Port)).Text, StringComparison.Ordinal);
        Assert.Equal(200, Ask(http, "/ready").Status);
        server.Call("CONFIG", "SET", "http-port", "0").OrThrow();
        Assert.ThrowsAny<SocketException>(() => Ask(http, "/ready"));
    }

    [Theory]
    [InlineData("BREW /coffee HTTP/1.1\r\n\r\n", "HTTP/1.1 405 ")]
    [InlineData("PING\r\n\r\n", "HTTP/1.1 400 ")]
    [InlineData("OPTIONS /primary HTTP/1.0\r\n\r\n", "HTTP/1.1 200 ")]
    [InlineData("GET /primary HTTP/1.1\nHost: nobody\n\n", "HTTP/1.1 200 ")]
    public void Take_what_health_checks_send_and_refuse_the_rest(string request, string status)
    {
        using PortLease http = PortLease.Take();
        using ServerProcess server = Start(http);
        Assert.StartsWith(status, Exchange(http.Port, request), StringComparison.Ordinal);
        Assert.Equal("", Exchange(http.Port, "GET /" + new string('x', 20_000)));
        Assert.Equal(200, Ask(http, "/health").Status);
    }

    [Fact]
    public void Let_HAProxy_route_writers_to_the_master_before_and_after_a_failover()
    {
        string haproxy = HaproxyPaths.FirstOrDefault(File.Exists) ?? throw new InvalidOperationException("this test needs haproxy (apt-get install haproxy)");
        using PortLease firstHttp = PortLease.Take();
        using PortLease secondHttp = PortLease.Take();
        using PortLease entrance = PortLease.Take();
        using ServerProcess first = Start(firstHttp);
        using ServerProcess second = Start(secondHttp);
        second.Follow(first);
        string configuration = Path.Combine(first.Folder, "haproxy.cfg");
        File.WriteAllText(configuration, $"""
            defaults
              mode tcp
              timeout connect 1s
              timeout client 10s
              timeout server 10s
            listen writers
              bind 127.0.0.1:{entrance.Port}
              option httpchk GET /primary
              default-server inter 100ms fall 1 rise 1 on-marked-down shutdown-sessions
              server first 127.0.0.1:{first.Port} check port {firstHttp.Port}
              server second 127.0.0.1:{second.Port} check port {secondHttp.Port}

            """);
        using Process proxy = ChildProcesses.Start(haproxy, ["-db", "-f", configuration], first.Folder);
        try
        {
            Wait.Until(() => Through(entrance.Port, "SET", "before", "1") == "OK", "the proxy to find the master");
            second.WaitUntilCaughtUp(first);
            first.Call("FAILOVER").OrThrow();
            Wait.For("master", second.Role, "the handover");
            Wait.Until(() => Through(entrance.Port, "SET", "after", "1") == "OK", "the proxy to find the new master");
            Assert.Equal("1", second.Call("GET", "after").Text);
        }
        finally
        {
            proxy.Kill();
            proxy.WaitForExit();
        }
    }

    private static ServerProcess Start(PortLease http) =>
        RedisServers.Start(ServerKind.Redoubt, "--http-port", Text(http.Port), "--repl-diskless-sync-delay", "0", "--enable-debug-command", "yes");

    private static (int Status, string Body) Ask(PortLease http, string target)
    {
        string response = Exchange(http.Port, $"GET {target} HTTP/1.1\r\nHost: any\r\n\r\n");
        return (int.Parse(response.AsSpan(9, 3), CultureInfo.InvariantCulture), response[(response.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
    }

    private static string Exchange(int port, string request)
    {
        using TcpClient client = new("127.0.0.1", port) { ReceiveTimeout = 10_000 };
        client.GetStream().Write(Encoding.ASCII.GetBytes(request));
        using StreamReader reader = new(client.GetStream(), Encoding.UTF8);
        try
        {
            return reader.ReadToEnd();
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static string Through(int port, params string[] command)
    {
        try
        {
            using RespConnection connection = RespConnection.Connect("127.0.0.1", port, 2_000);
            return connection.Call(command).Text;
        }
        catch (Exception failure) when (failure is IOException or SocketException or TimeoutException)
        {
            return failure.Message;
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
