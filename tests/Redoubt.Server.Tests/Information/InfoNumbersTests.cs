using System.Globalization;
using Redoubt.Testing;

namespace Redoubt.Server.Tests.Information;

/// <summary>That INFO's numbers move with what they count.</summary>
public sealed class InfoNumbersTests : IDisposable
{
    private readonly ServerProcess _server = RedisServers.Redoubt("--maxclients", "12", "--repl-diskless-sync-delay", "0");

    public void Dispose() => _server.Dispose();

    private long Number(string section, string field) => _server.InfoNumber(section, field);

    [Fact]
    public void The_keyspace_line_counts_keys_and_expiries_and_averages_their_time_to_live()
    {
        _server.Call("SET", "plain", "v").OrThrow();
        _server.Call("SET", "brief", "v", "PX", "50000").OrThrow();
        Wait.Until(() => Ttl() > 0, "a mean time to live");

        Assert.StartsWith("keys=2,expires=1,avg_ttl=", _server.Info("keyspace", "db0"), StringComparison.Ordinal);
        Assert.InRange(Ttl(), 10_000, 50_000);

        _server.Call("FLUSHALL").OrThrow();
        Assert.Equal("", _server.Info("keyspace", "db0"));

        long Ttl() => long.Parse(_server.Info("keyspace", "db0").Split('=')[^1], CultureInfo.InvariantCulture);
    }

    [Fact]
    public void Hits_and_misses_are_lookups_of_reading_commands()
    {
        _server.Call("SET", "a", "v").OrThrow();
        _server.Call("MGET", "a", "a", "b");
        _server.Call("EXISTS", "b");

        Assert.Equal(2, Number("stats", "keyspace_hits"));
        Assert.Equal(2, Number("stats", "keyspace_misses"));
    }

    [Fact]
    public void Keys_that_expire_by_themselves_are_counted()
    {
        _server.Call("SET", "a", "v", "PX", "1").OrThrow();

        Wait.For(1, () => Number("stats", "expired_keys"), "expired keys");
        Assert.Equal("", _server.Info("keyspace", "db0"));
    }

    [Fact]
    public void Network_bytes_count_requests_and_replies()
    {
        using RespConnection client = _server.Connect();
        string value = new('v', 100_000);
        client.Call("SET", "a", value).OrThrow();
        long received = Number("stats", "total_net_input_bytes");
        long sent = Number("stats", "total_net_output_bytes");
        client.Call("GET", "a").OrThrow();

        Assert.InRange(received, 100_000, 101_000);
        Assert.InRange(Number("stats", "total_net_output_bytes") - sent, 100_000, 110_000);
    }

    [Fact]
    public void Changes_since_the_last_save_fall_to_zero_with_a_save()
    {
        _server.Call("MSET", "a", "1", "b", "2", "c", "3").OrThrow();
        Assert.Equal(3, Number("persistence", "rdb_changes_since_last_save"));

        _server.Call("BGSAVE").OrThrow();
        Wait.For(1, () => Number("persistence", "rdb_saves"), "saves");

        Assert.Equal(0, Number("persistence", "rdb_changes_since_last_save"));
        Assert.Equal("ok", _server.Info("persistence", "rdb_last_bgsave_status"));
        Assert.True(Number("persistence", "rdb_last_bgsave_time_sec") >= 0);
    }

    [Fact]
    public void Memory_grows_with_the_dataset_and_the_peak_stays_when_it_goes()
    {
        long before = Number("memory", "used_memory_dataset");
        for (int i = 0; i < 20; i++)
            _server.Call("SET", "big:" + i, new string('v', 100_000)).OrThrow();
        IReadOnlyDictionary<string, string> full = _server.Info("memory");
        _server.Call("FLUSHALL").OrThrow();
        Wait.Until(() => Number("memory", "used_memory_dataset") < 100_000, "the memory to be free");

        Assert.True(Of(full, "used_memory_dataset") - before > 2_000_000);
        Assert.True(Of(full, "used_memory") >= Of(full, "used_memory_dataset") + Of(full, "used_memory_startup"));
        Assert.True(Number("memory", "used_memory_peak") >= Of(full, "used_memory"));
        Assert.True(Of(full, "used_memory_rss") > Of(full, "used_memory"));

        static long Of(IReadOnlyDictionary<string, string> fields, string name) => long.Parse(fields[name], CultureInfo.InvariantCulture);
    }

    [Fact]
    public void Full_and_partial_resyncs_are_counted_apart_and_replicas_are_not_clients()
    {
        using CuttingProxy wire = new(_server.Port);
        using ServerProcess replica = RedisServers.Redis("--replicaof", $"127.0.0.1 {wire.Port}");
        Wait.For("up", () => replica.Info("replication", "master_link_status"), "the link");
        Assert.Equal((1, 0), (Number("stats", "sync_full"), Number("stats", "sync_partial_ok")));
        Assert.Equal(1, Number("clients", "connected_clients"));
        Assert.Equal(1, Number("replication", "connected_slaves"));

        wire.Cut();
        Wait.For(1, () => Number("stats", "sync_partial_ok"), "partial resyncs");
        Assert.Equal(1, Number("stats", "sync_full"));
        Assert.True(Number("stats", "total_net_repl_output_bytes") > 0);
    }

    [Fact]
    public void Connections_beyond_maxclients_are_refused_and_counted()
    {
        List<RespConnection> clients = [];
        try
        {
            for (int i = 0; i < 11; i++)
            {
                clients.Add(_server.Connect());
                clients[^1].Call("PING").OrThrow();
            }

            Assert.Equal(12, Number("clients", "connected_clients"));
            using RespConnection refused = _server.Connect();
            Assert.Equal("ERR max number of clients reached", refused.ReadReply().Text);
            Assert.Equal(1, Number("stats", "rejected_connections"));
        }
        finally
        {
            clients.ForEach(static client => client.Dispose());
        }
        Wait.For(1, () => Number("clients", "connected_clients"), "connected clients");
        Assert.Equal("12", _server.Info("clients", "maxclients"));
    }

    [Fact]
    public void A_waiting_client_is_blocked_and_listed_so()
    {
        using RespConnection client = _server.Connect();
        client.Send("WAIT", "1", "60000");
        Wait.For(1, () => Number("clients", "blocked_clients"), "blocked clients");

        Assert.Equal(1, Number("clients", "clients_in_timeout_table"));
        string line = _server.Call("CLIENT", "LIST").Text.Split('\n').Single(each => each.Contains("cmd=wait", StringComparison.Ordinal));
        Assert.Contains(" flags=b ", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_clients_line_shows_its_transaction_and_its_unfinished_request()
    {
        using RespConnection multi = _server.Connect();
        multi.Call("MULTI").OrThrow();
        multi.Call("SET", "a", "barbarbar").OrThrow();
        using RespConnection unfinished = _server.Connect();
        unfinished.SendRaw("*2\r\n$3\r\nGET\r\n$100000\r\nxx");
        Wait.Until(() => Lines().Any(static line => line.Contains("qbuf=2", StringComparison.Ordinal)), "the unfinished request", seen: () => string.Join('\n', Lines()));

        string queued = Lines().Single(static line => line.Contains(" multi=1 ", StringComparison.Ordinal));
        Assert.Contains(" flags=x ", queued, StringComparison.Ordinal);
        Assert.Contains(" cmd=set ", queued, StringComparison.Ordinal);
        Assert.DoesNotContain(" multi-mem=0 ", queued, StringComparison.Ordinal);

        string[] Lines() => _server.Call("CLIENT", "LIST").Text.Split('\n');
    }

    [Fact]
    public void Links_to_a_replica_and_to_a_master_are_listed_with_their_flags_and_users()
    {
        using ServerProcess replica = RedisServers.Redoubt();
        replica.Call("REPLICAOF", "127.0.0.1", _server.Port.ToString(CultureInfo.InvariantCulture)).OrThrow();
        Wait.For("up", () => replica.Info("replication", "master_link_status"), "the link");

        Assert.Contains(_server.Call("CLIENT", "LIST").Text.Split('\n'), static line =>
            line.Contains(" flags=S ", StringComparison.Ordinal) && line.Contains(" user=default ", StringComparison.Ordinal));
        Assert.Contains(replica.Call("CLIENT", "LIST").Text.Split('\n'), static line =>
            line.Contains(" flags=M ", StringComparison.Ordinal) && line.Contains(" user=(superuser) ", StringComparison.Ordinal));
    }

    [Fact]
    public void Time_spent_in_commands_is_told_of_single_ones_and_of_pipelines()
    {
        using RespConnection client = _server.Connect();
        client.Call("PING").OrThrow();
        client.Pipeline(Enumerable.Range(0, 2000).Select(static i => new[] { "SET", "key", i.ToString(CultureInfo.InvariantCulture) }));

        string set = _server.Info("commandstats", "cmdstat_set");
        Assert.StartsWith("calls=2000,usec=", set, StringComparison.Ordinal);
        Assert.DoesNotContain("usec=0,", set, StringComparison.Ordinal);
        Assert.Contains("latency_percentiles_usec_set", _server.Info("latencystats").Keys);

        _server.Call("CONFIG", "RESETSTAT").OrThrow();
        Assert.DoesNotContain("cmdstat_set", _server.Info("commandstats").Keys);
        Assert.DoesNotContain("latency_percentiles_usec_set", _server.Info("latencystats").Keys);
    }

    [Fact]
    public void Rates_rise_with_traffic_and_fall_when_it_ends()
    {
        using RespConnection client = _server.Connect();
        Wait.Until(
            () =>
            {
                client.Pipeline(Enumerable.Repeat(new[] { "PING" }, 2000));
                return Number("stats", "instantaneous_ops_per_sec") > 5000;
            },
            "commands per second");

        // Asking for the rate is traffic too, of at most some hundred commands per second.
        Wait.Until(() => Number("stats", "instantaneous_ops_per_sec") < 2000, "the rate to fall");
    }

    [Fact]
    public void The_statistics_that_redis_cli_prints_can_be_read_from_it()
    {
        _server.Call("SET", "a", "1").OrThrow();

        string output = ToolRun.Of("/bin/sh", ["-c", $"timeout 2 stdbuf -oL redis-cli -p {_server.Port} -i 0.2 --stat || true"]).Succeeded();

        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains("keys", lines[1], StringComparison.Ordinal);
        Assert.Matches(@"^1 +\d", lines[2]);
    }
}
