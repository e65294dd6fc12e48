using System.Diagnostics;
using System.Diagnostics.Metrics;
using Redoubt.Topology;

namespace Redoubt.Client;

/// <summary>Numbers and traces under the name <c>Redoubt.Client</c>, in OpenTelemetry's words where it has some. Costs next to nothing while
/// nobody listens.</summary>
public static class Telemetry
{
    /// <summary>The name of the meter and of the activity source.</summary>
    public const string Name = "Redoubt.Client";

    private static readonly Meter Meter = new(Name);
    private static readonly ActivitySource Source = new(Name);

    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>("db.client.operation.duration", "s", "From giving a command to its reply, retries included.");
    private static readonly Counter<long> Connections = Meter.CreateCounter<long>("redoubt.client.connects", "{attempt}", "Attempts to connect; the error's kind as error.type.");
    private static readonly Counter<long> Retries = Meter.CreateCounter<long>("redoubt.client.retries", "{command}", "Commands sent again; the reason as error.type.");
    private static readonly Counter<long> Maybe = Meter.CreateCounter<long>("redoubt.client.maybe_applied", "{command}", "Commands of which nobody knows whether they were applied.");

    internal static Activity? Begin(string command, NodeAddress address)
    {
        Activity? activity = Source.HasListeners() ? Source.StartActivity(command, ActivityKind.Client) : null;
        activity?.SetTag("db.system.name", "redis").SetTag("db.operation.name", command).SetTag("server.address", address.Host).SetTag("server.port", address.Port);
        return activity;
    }

    internal static void Done(string command, NodeAddress address, long began, Exception? error)
    {
        if (error is MaybeAppliedException)
            Maybe.Add(1, new KeyValuePair<string, object?>("server.address", address.Host));
        if (!Duration.Enabled)
            return;
        var tags = new TagList { { "db.system.name", "redis" }, { "db.operation.name", command }, { "server.address", address.Host } };
        if (error is not null)
            tags.Add("error.type", Fates.Word(error));
        Duration.Record(Stopwatch.GetElapsedTime(began).TotalSeconds, tags);
    }

    internal static void Connected(NodeAddress address, Exception? error)
    {
        if (Connections.Enabled)
            Connections.Add(1, new KeyValuePair<string, object?>("server.address", address.Host), new KeyValuePair<string, object?>("error.type", Fates.Word(error)));
    }

    internal static void Retried(NodeAddress address, Exception error)
    {
        if (Retries.Enabled)
            Retries.Add(1, new KeyValuePair<string, object?>("server.address", address.Host), new KeyValuePair<string, object?>("error.type", Fates.Word(error)));
    }
}
