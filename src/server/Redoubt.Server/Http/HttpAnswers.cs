using System.Globalization;
using Redoubt.Topology;

namespace Redoubt.Server.Http;

/// <summary>What is answered: a status, and a body for people and scrapers. Load balancers look at the status alone.</summary>
internal readonly record struct HttpAnswer(int Status, string ContentType, string Body);

/// <summary>
/// The questions that load balancers, orchestrators and Prometheus ask: /primary, /replica?max-lag-ms=N, /health, /ready, /metrics.
/// 200 means yes and 503 no; the body says why.
/// </summary>
internal static class HttpAnswers
{
    /// <summary>The keyspace thread publishes ten times a second; after so long without a sign of it the server is stuck.</summary>
    private const long StalledAfterMs = 3000;

    private const string Json = "application/json";

    /// <param name="target">The request's target, such as "/replica?max-lag-ms=500".</param>
    public static HttpAnswer To(string target, ServerStatus status, long nowSteadyMs)
    {
        int question = target.IndexOf('?', StringComparison.Ordinal);
        string path = question < 0 ? target : target[..question];
        string query = question < 0 ? "" : target[(question + 1)..];
        long silentMs = nowSteadyMs - status.AtSteadyMs;
        bool isStalled = silentMs > StalledAfterMs;
        switch (path)
        {
            case "/metrics":
                return new HttpAnswer(200, "text/plain; version=0.0.4; charset=utf-8", Metrics.Of(status, isStalled));
            case "/health":
                return isStalled ? No(status, $"no command has been served for {silentMs} ms") : Yes(status);
            case "/primary" or "/master":
                return Reason(WhyNotPrimary(status));
            case "/replica":
                return TryReadLag(query, out long maxLagMs)
                    ? Reason(WhyNotReplica(status, maxLagMs))
                    : new HttpAnswer(400, Json, "{\"error\":\"max-lag-ms is a number of milliseconds\"}\n");
            case "/ready":
                return Reason(WhyNotReady(status));
            default:
                return new HttpAnswer(404, Json, "{\"error\":\"there are /primary, /replica?max-lag-ms=N, /health, /ready and /metrics\"}\n");
        }

        HttpAnswer Reason(string? why) =>
            isStalled ? No(status, $"no command has been served for {silentMs} ms") : why is null ? Yes(status) : No(status, why);
    }

    private static string? WhyNotPrimary(ServerStatus status) => status.Role != Role.Master ? "this is a replica"
        : status.IsLoading ? "the dataset is being loaded"
        : status.IsHandingOver ? "a FAILOVER is under way" : null;

    private static string? WhyNotReplica(ServerStatus status, long maxLagMs) => status.Role == Role.Master ? "this is a master"
        : status.IsLoading ? "the dataset is being loaded"
        : !status.IsLinkUp ? "the link to the master is down"
        : status.DataAgeMs > maxLagMs ? $"its data may be {status.DataAgeMs} ms old" : null;

    private static string? WhyNotReady(ServerStatus status) => status.IsLoading ? "the dataset is being loaded"
        : status.Role == Role.Replica && !status.IsLinkUp ? "the link to the master is down" : null;

    private static bool TryReadLag(string query, out long maxLagMs)
    {
        maxLagMs = long.MaxValue;
        foreach (string part in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part.StartsWith("max-lag-ms=", StringComparison.Ordinal) && !long.TryParse(part.AsSpan(11), NumberStyles.None, CultureInfo.InvariantCulture, out maxLagMs))
                return false;
        }
        return true;
    }

    private static HttpAnswer Yes(ServerStatus status) => new(200, Json, Body(status, null));

    private static HttpAnswer No(ServerStatus status, string why) => new(503, Json, Body(status, why));

    private static string Body(ServerStatus status, string? why)
    {
        string role = status.Role == Role.Master ? "\"role\":\"master\"" : "\"role\":\"replica\"";
        string replica = status.Role == Role.Master ? ""
            : string.Create(CultureInfo.InvariantCulture, $",\"link\":\"{(status.IsLinkUp ? "up" : "down")}\",\"data_age_ms\":{status.DataAgeMs}");
        string reason = why is null ? "" : $",\"reason\":\"{why}\"";
        return string.Create(CultureInfo.InvariantCulture, $"{{{role},\"offset\":{status.Offset.Value}{replica}{reason}}}\n");
    }
}
