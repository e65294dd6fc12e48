using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Redoubt.Client.AspNetCore;

/// <summary>Adds the client and what is built on it to an application's services.</summary>
public static class Registration
{
    /// <summary>One client for the whole application; <paramref name="address"/> is <c>host:port</c>.</summary>
    public static IServiceCollection AddRedoubtClient(this IServiceCollection services, string address, ClientOptions? options = null) =>
        services.AddSingleton(_ => new RedoubtClient(address, options));

    /// <summary>The distributed cache, on the client that <see cref="AddRedoubtClient"/> added.</summary>
    public static IServiceCollection AddRedoubtDistributedCache(this IServiceCollection services, Action<RedoubtDistributedCacheOptions>? configure = null)
    {
        var options = new RedoubtDistributedCacheOptions();
        configure?.Invoke(options);
        return services.AddSingleton<IDistributedCache>(provider => new RedoubtDistributedCache(provider.GetRequiredService<RedoubtClient>(), options));
    }

    /// <summary>A health check of the client that <see cref="AddRedoubtClient"/> added.</summary>
    public static IHealthChecksBuilder AddRedoubt(this IHealthChecksBuilder builder, string name = "redoubt", bool expectMaster = true, HealthStatus? failureStatus = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HealthCheckRegistration(name, provider => new RedoubtHealthCheck(provider.GetRequiredService<RedoubtClient>(), expectMaster), failureStatus, ["redis"]));
    }
}
