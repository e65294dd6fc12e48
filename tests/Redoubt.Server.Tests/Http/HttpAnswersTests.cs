using Redoubt.Server.Http;
using Redoubt.Topology;

namespace Redoubt.Server.Tests.Http;

public sealed class HttpAnswersTests
{
    private static readonly ServerStatus Master = new(10_000, Role.Master, false, false, false, -1, new ReplicationOffset(77), "");
    private static readonly ServerStatus Replica = new(10_000, Role.Replica, false, false, true, 0, new ReplicationOffset(77), "");

    [Theory]
    [InlineData("/primary", 200, 503)]
    [InlineData("/master", 200, 503)]
    [InlineData("/replica", 503, 200)]
    [InlineData("/replica?max-lag-ms=0", 503, 200)]
    [InlineData("/replica?max-lag-ms=soon", 400, 400)]
    [InlineData("/health", 200, 200)]
    [InlineData("/ready", 200, 200)]
    [InlineData("/metrics", 200, 200)]
    [InlineData("/nothing", 404, 404)]
    public void A_question_has_one_answer_on_a_master_and_one_on_a_replica(string target, int master, int replica)
    {
        Assert.Equal(master, HttpAnswers.To(target, Master, 10_050).Status);
        Assert.Equal(replica, HttpAnswers.To(target, Replica, 10_050).Status);
    }

    [Fact]
    public void A_server_that_loads_is_alive_and_no_more()
    {
        ServerStatus loading = Master with { IsLoading = true };
        Assert.Equal(200, HttpAnswers.To("/health", loading, 10_000).Status);
        Assert.Equal(503, HttpAnswers.To("/ready", loading, 10_000).Status);
        Assert.Equal(503, HttpAnswers.To("/primary", loading, 10_000).Status);
        Assert.Equal(503, HttpAnswers.To("/replica", Replica with { IsLoading = true }, 10_000).Status);
    }

    [Fact]
    public void A_master_that_hands_over_is_no_primary_any_more() =>
        Assert.Contains("FAILOVER", HttpAnswers.To("/primary", Master with { IsHandingOver = true }, 10_000).Body, StringComparison.Ordinal);

    [Theory]
    [InlineData(true, 500, 503)]
    [InlineData(true, 499, 200)]
    [InlineData(false, 0, 503)]
    public void A_replica_counts_while_its_link_stands_and_its_data_is_young_enough(bool isLinkUp, long ageMs, int status) =>
        Assert.Equal(status, HttpAnswers.To("/replica?max-lag-ms=499", Replica with { IsLinkUp = isLinkUp, DataAgeMs = ageMs }, 10_000).Status);

    [Fact]
    public void Whatever_is_asked_of_a_server_that_serves_no_commands_the_answer_is_no()
    {
        foreach (string target in (string[])["/health", "/ready", "/primary"])
            Assert.Equal(503, HttpAnswers.To(target, Master, 14_000).Status);
        Assert.Contains("redis_up 0\n", HttpAnswers.To("/metrics", Master, 14_000).Body, StringComparison.Ordinal);
    }

    [Fact]
    public void Metrics_have_the_exporters_names_a_type_each_and_labels_where_there_are_several()
    {
        const string info = "# Clients\r\nconnected_clients:7\r\n# Memory\r\nused_memory:1234\r\nused_memory_human:1.2K\r\n# Replication\r\nconnected_slaves:2\r\n"
            + "replica_lag0:ip=10.0.0.1,port=6379,bytes=5,ms=40\r\nreplica_lag1:ip=10.0.0.2,port=6379,bytes=0,ms=0\r\n# Keyspace\r\ndb0:keys=3,expires=1,avg_ttl=9\r\n";
        string text = HttpAnswers.To("/metrics", Master with { Info = info }, 10_000).Body;
        Assert.Contains("# TYPE redis_connected_clients gauge\nredis_connected_clients 7\n", text, StringComparison.Ordinal);
        Assert.Contains("redis_memory_used_bytes 1234\n", text, StringComparison.Ordinal);
        Assert.Contains("redis_db_keys{db=\"db0\"} 3\n", text, StringComparison.Ordinal);
        Assert.Contains(
            "# TYPE redoubt_connected_slave_behind_milliseconds gauge\nredoubt_connected_slave_behind_milliseconds{slave_ip=\"10.0.0.1\",slave_port=\"6379\"} 40\n"
            + "redoubt_connected_slave_behind_milliseconds{slave_ip=\"10.0.0.2\",slave_port=\"6379\"} 0\n",
            text, StringComparison.Ordinal);
        string[] types = [.. text.Split('\n').Where(line => line.StartsWith("# TYPE", StringComparison.Ordinal))];
        Assert.Equal(types.Length, types.Distinct().Count());
    }
}
