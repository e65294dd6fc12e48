using System.Globalization;
using Redoubt.Testing;

namespace Redoubt.Server.Tests.Memory;

/// <summary>What happens when `maxmemory` is reached.</summary>
public sealed class MaxMemoryTests : IDisposable
{
    private const string OutOfMemory = "OOM command not allowed when used memory > 'maxmemory'.";

    private readonly ServerProcess _server = RedisServers.Redoubt("--enable-debug-command", "local", "--repl-diskless-sync-delay", "0");

    public void Dispose() => _server.Dispose();

    private long Number(string section, string field) => _server.InfoNumber(section, field);

    private void Configure(string name, object value) =>
        _server.Call("CONFIG", "SET", name, Convert.ToString(value, CultureInfo.InvariantCulture)!).OrThrow();

    [Fact]
    public void Commands_that_may_need_memory_are_refused_and_others_run()
    {
        _server.Call("SET", "key", "value").OrThrow();
        Configure("maxmemory", 1);

        Assert.Equal(OutOfMemory, _server.Call("SET", "other", "value").Text);
        Assert.Equal(OutOfMemory, _server.Call("APPEND", "key", "value").Text);
        Assert.Equal("value", _server.Call("GET", "key").Text);
        Assert.Equal("1", _server.Call("DEL", "key").Text);
        Assert.Contains("errorstat_OOM", _server.Info("errorstats").Keys);
        Assert.StartsWith("calls=1,", _server.Info("commandstats", "cmdstat_set"), StringComparison.Ordinal);
        Assert.Contains("rejected_calls=1", _server.Info("commandstats", "cmdstat_set"), StringComparison.Ordinal);
        Assert.True(Number("stats", "current_eviction_exceeded_time") >= 0);

        Configure("maxmemory", 0);
        _server.Call("SET", "other", "value").OrThrow();
    }

    [Fact]
    public void A_transaction_is_not_queued_when_memory_is_short_nor_run_when_it_became_so()
    {
        using RespConnection client = _server.Connect();
        client.Call("MULTI").OrThrow();
        client.Call("SET", "a", "1").OrThrow();
        Configure("maxmemory", 1);
        Assert.Equal("EXECABORT Transaction discarded because of: " + OutOfMemory, client.Call("EXEC").Text);

        client.Call("MULTI").OrThrow();
        Assert.Equal(OutOfMemory, client.Call("GET", "a").Text);
        Assert.Equal("EXECABORT Transaction discarded because of previous errors.", client.Call("EXEC").Text);

        client.Call("MULTI").OrThrow();
        client.Call("DISCARD").OrThrow();
    }

    [Fact]
    public void Evicted_keys_are_propagated_as_deletions_of_their_own_before_the_command()
    {
        using ReplicationStream replica = ReplicationStream.Open(_server);
        for (int i = 0; i < 3; i++)
            _server.Call("SET", "key:" + i, "1").OrThrow();
        Configure("maxmemory-policy", "allkeys-lru");
        Configure("maxmemory", 1);
        Wait.For(0, () => (int)_server.Call("DBSIZE").Integer, "keys");
        Configure("lazyfree-lazy-eviction", "yes");
        Configure("maxmemory", 0);
        _server.Call("SET", "last", "1").OrThrow();
        Configure("maxmemory", 1);
        Wait.For(0, () => (int)_server.Call("DBSIZE").Integer, "keys");
        Configure("maxmemory", 0);
        _server.Call("SET", "end", "1").OrThrow();

        string[] words = [.. replica.Until("end").Select(static command => System.Text.Encoding.ASCII.GetString(command[0]).ToUpperInvariant())];
        Assert.Equal(["SELECT", "SET", "SET", "SET", "DEL", "DEL", "DEL", "SET", "UNLINK"], words);
        Assert.Equal(4, Number("stats", "evicted_keys"));
    }

    [Theory]
    [InlineData("allkeys-lru")]
    [InlineData("allkeys-lfu")]
    [InlineData("allkeys-random")]
    [InlineData("volatile-lru")]
    [InlineData("volatile-lfu")]
    [InlineData("volatile-random")]
    [InlineData("volatile-ttl")]
    public void The_limit_is_kept_to_while_keys_go_on_coming(string policy)
    {
        Configure("maxmemory-policy", policy);
        long limit = Number("memory", "used_memory") + 2_000_000;
        Configure("maxmemory", limit);
        using RespConnection client = _server.Connect();
        for (int batch = 0; batch < 20; batch++)
        {
            client.Pipeline(Enumerable.Range(0, 1000).Select(i => new[] { "SETEX", $"key:{batch}:{i}", "10000", new string('v', 200) }));
            Assert.InRange(Number("memory", "used_memory"), 0, limit + 100_000);
        }
        Assert.True(Number("stats", "evicted_keys") > 8000);
        Assert.InRange(_server.Call("DBSIZE").Integer, 5000, 9000);
    }

    [Fact]
    public void What_takes_long_goes_on_between_commands()
    {
        Configure("maxmemory-policy", "allkeys-random");
        Configure("maxmemory-eviction-tenacity", 0);
        _server.Call("DEBUG", "POPULATE", "200000").OrThrow();
        long used = Number("memory", "used_memory");

        Configure("maxmemory", used / 2);

        Wait.Until(() => Number("memory", "used_memory") <= used / 2, "the memory to be below the limit");
        Assert.True(Number("stats", "total_eviction_exceeded_time") > 0);
        Assert.Equal(0, Number("stats", "current_eviction_exceeded_time"));
    }

    [Fact]
    public void A_replica_evicts_nothing_unless_told_to()
    {
        using ServerProcess replica = RedisServers.ReplicaOf(_server, ServerKind.Redoubt);
        Wait.For("up", () => replica.Info("replication", "master_link_status"), "the link");
        replica.Call("CONFIG", "SET", "maxmemory-policy", "allkeys-random").OrThrow();
        replica.Call("CONFIG", "SET", "maxmemory", "1").OrThrow();
        _server.Call("SET", "a", "1").OrThrow();
        Wait.For(1L, () => replica.Call("DBSIZE").Integer, "the key");
        Assert.Equal("1", replica.Call("GET", "a").Text);

        replica.Call("CONFIG", "SET", "replica-ignore-maxmemory", "no").OrThrow();
        replica.Call("CONFIG", "SET", "maxmemory", "2").OrThrow();

        Wait.For(0L, () => replica.Call("DBSIZE").Integer, "keys");
    }

    [Fact]
    public void What_a_slow_replica_holds_does_not_evict_keys()
    {
        Configure("repl-backlog-size", 20_000);
        Configure("maxmemory-policy", "allkeys-random");
        Configure("client-output-buffer-limit", "replica 0 0 0");
        _server.Call("SET", "key", new string('v', 100_000)).OrThrow();
        using ServerProcess replica = RedisServers.ReplicaOf(_server);
        Wait.For("up", () => replica.Info("replication", "master_link_status"), "the link");
        Configure("maxmemory", Number("memory", "used_memory") + 500_000);
        replica.Freeze();
        using RespConnection client = _server.Connect();
        for (int i = 0; i < 200; i++)
            client.Call("SETRANGE", "key", "0", new string('w', 100_000)).OrThrow();

        Assert.True(Number("memory", "mem_clients_slaves") > 5_000_000);
        Assert.True(Number("memory", "mem_not_counted_for_evict") > 5_000_000);
        Assert.Equal(1, _server.Call("DBSIZE").Integer);
        replica.Thaw();
    }

    [Fact]
    public void Frequencies_and_idle_times_are_told_where_the_policy_keeps_them()
    {
        _server.Call("SET", "key", "1").OrThrow();
        Assert.Equal("0", _server.Call("OBJECT", "IDLETIME", "key").Text);
        Assert.StartsWith("ERR An LFU maxmemory policy is not selected", _server.Call("OBJECT", "FREQ", "key").Text, StringComparison.Ordinal);
        Configure("maxmemory-policy", "allkeys-lfu");
        _server.Call("DEL", "key").OrThrow();
        _server.Call("SET", "key", "1").OrThrow();
        Assert.Equal("5", _server.Call("OBJECT", "FREQ", "key").Text);
        Assert.StartsWith("ERR An LFU maxmemory policy is selected", _server.Call("OBJECT", "IDLETIME", "key").Text, StringComparison.Ordinal);
    }
}
