using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Redoubt.Client.AspNetCore;

/// <summary>Healthy while the server behind the name answers and has the expected role, degraded while it only answers, unhealthy otherwise.</summary>
public sealed class RedoubtHealthCheck(RedoubtClient client, bool expectMaster = true) : IHealthCheck
{
    // A check that retried through a failover would report it only when it is over.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        var options = new CommandOptions { RetryFor = TimeSpan.Zero, Timeout = Limit, Cancellation = cancellationToken };
        try
        {
            Reply role = await client.CommandAsync(options, "ROLE").ConfigureAwait(false);
            string word = role[0].ToString();
            return word == "master" == expectMaster
                ? HealthCheckResult.Healthy($"{client.Address} answers as {word}.")
                : HealthCheckResult.Degraded($"{client.Address} answers as {word}.");
        }
        catch (AccessDeniedException error) when (error.Code == "NOPERM")
        {
            return HealthCheckResult.Healthy($"{client.Address} answers; its role is not for this user to see.");
        }
        catch (ClientException error)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, error.Message, error);
        }
    }
}
