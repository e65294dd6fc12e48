using System.Globalization;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Redoubt.Testing;

namespace Redoubt.Client.AspNetCore.Tests;

public class CacheTests
{
    [Fact]
    public async Task Entries_are_written_read_and_removed_under_the_instance_name()
    {
        using ServerProcess server = RedisServers.Redis();
        await using ServiceProvider services = ServicesFor(server);
        IDistributedCache cache = services.GetRequiredService<IDistributedCache>();
        byte[] value = [0, 1, 255];
        await cache.SetAsync("key", value, new DistributedCacheEntryOptions());
        Assert.Equal(value, await cache.GetAsync("key"));
        Assert.Equal(":-1", server.Ask("PTTL", "shop:key"));
        Assert.Equal("-1", server.Ask("HGET", "shop:key", "absexp"));
        cache.Remove("key");
        Assert.Null(cache.Get("key"));
    }

    [Fact]
    public async Task An_entry_in_the_form_of_Microsofts_cache_is_read_and_slides()
    {
        using ServerProcess server = RedisServers.Redis();
        await using ServiceProvider services = ServicesFor(server);
        IDistributedCache cache = services.GetRequiredService<IDistributedCache>();
        server.Ask("HSET", "shop:theirs", "absexp", "-1", "sldexp", TimeSpan.FromMinutes(10).Ticks.ToString(CultureInfo.InvariantCulture), "data", "hello");
        server.Ask("EXPIRE", "shop:theirs", "5");
        Assert.Equal("hello", await cache.GetStringAsync("theirs"));
        Assert.InRange(Ttl(server, "shop:theirs"), 500_000, 600_000);
    }

    [Fact]
    public async Task The_nearer_of_absolute_and_sliding_expiration_counts()
    {
        using ServerProcess server = RedisServers.Redis();
        await using ServiceProvider services = ServicesFor(server);
        IDistributedCache cache = services.GetRequiredService<IDistributedCache>();
        await cache.SetStringAsync("a", "x", new DistributedCacheEntryOptions { AbsoluteExpirationRelativeToNow = TimeSpan.FromMinutes(1), SlidingExpiration = TimeSpan.FromMinutes(10) });
        Assert.InRange(Ttl(server, "shop:a"), 1, 60_000);
        server.Ask("PERSIST", "shop:a");
        await cache.RefreshAsync("a");
        Assert.InRange(Ttl(server, "shop:a"), 1, 60_000);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => cache.SetStringAsync("a", "x", new DistributedCacheEntryOptions { AbsoluteExpiration = DateTimeOffset.UnixEpoch }));
    }

    [Fact]
    public async Task The_health_check_tells_a_master_from_a_replica_and_from_nobody()
    {
        using ServerProcess server = RedisServers.Redis();
        await using ServiceProvider services = ServicesFor(server);
        HealthCheckService health = services.GetRequiredService<HealthCheckService>();
        Assert.Equal(HealthStatus.Healthy, (await health.CheckHealthAsync()).Status);
        server.Ask("REPLICAOF", "127.0.0.1", "1");
        Assert.Equal(HealthStatus.Degraded, (await health.CheckHealthAsync()).Status);
        server.Kill();
        Assert.Equal(HealthStatus.Unhealthy, (await health.CheckHealthAsync()).Status);
    }

    private static long Ttl(ServerProcess server, string key) => long.Parse(server.Ask("PTTL", key).TrimStart(':'), CultureInfo.InvariantCulture);

    private static ServiceProvider ServicesFor(ServerProcess server)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddRedoubtClient($"{server.Host}:{server.Port}");
        services.AddRedoubtDistributedCache(options => options.InstanceName = "shop:");
        services.AddHealthChecks().AddRedoubt();
        return services.BuildServiceProvider();
    }
}
