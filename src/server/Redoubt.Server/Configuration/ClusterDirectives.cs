using static Redoubt.Server.Configuration.Traits;

namespace Redoubt.Server.Configuration;

internal enum EndpointType
{
    Ip,
    Hostname,
    Unknown,
}

/// <summary>Redis Cluster: accepted so that files which name its directives load.</summary>
internal sealed class ClusterDirectives(DirectiveTable table)
{
    private const int HostnameMax = 256;

    public SwitchDirective Enabled { get; } = table.Switch("cluster-enabled", false, Immutable | NotInEffect);

    public TextDirective ConfigFile { get; } = table.TextOr("cluster-config-file", "nodes.conf", Immutable | NotInEffect);

    public NumberDirective Port { get; } = table.Number("cluster-port", 0, 0, 65535, Immutable | NotInEffect);

    public NumberDirective NodeTimeout { get; } = table.Number("cluster-node-timeout", 15000, 0, long.MaxValue, NotInEffect);

    public NumberDirective ReplicaValidityFactor { get; } =
        table.Number("cluster-replica-validity-factor", 10, 0, int.MaxValue, NotInEffect, "cluster-slave-validity-factor");

    public NumberDirective MigrationBarrier { get; } = table.Number("cluster-migration-barrier", 1, 0, int.MaxValue, NotInEffect);

    public SwitchDirective AllowReplicaMigration { get; } = table.Switch("cluster-allow-replica-migration", true, NotInEffect);

    public SwitchDirective RequireFullCoverage { get; } = table.Switch("cluster-require-full-coverage", true, NotInEffect);

    public SwitchDirective ReplicaNoFailover { get; } =
        table.Switch("cluster-replica-no-failover", false, NotInEffect, "cluster-slave-no-failover");

    public SwitchDirective AllowReadsWhenDown { get; } = table.Switch("cluster-allow-reads-when-down", false, NotInEffect);

    public SwitchDirective AllowPubSubShardWhenDown { get; } = table.Switch("cluster-allow-pubsubshard-when-down", true, NotInEffect);

    public NumberDirective LinkSendbufLimit { get; } = table.Memory("cluster-link-sendbuf-limit", 0, 0, -1, NotInEffect, unsigned: true);

    public TextDirective AnnounceIp { get; } = table.Text("cluster-announce-ip", NotInEffect);

    public NumberDirective AnnouncePort { get; } = table.Number("cluster-announce-port", 0, 0, 65535, NotInEffect);

    public NumberDirective AnnounceTlsPort { get; } = table.Number("cluster-announce-tls-port", 0, 0, 65535, NotInEffect);

    public NumberDirective AnnounceBusPort { get; } = table.Number("cluster-announce-bus-port", 0, 0, 65535, NotInEffect);

    public TextDirective AnnounceHostname { get; } = table.Text("cluster-announce-hostname", NotInEffect, refuse: WhyNotHostname);

    public ChoiceDirective<EndpointType> PreferredEndpointType { get; } = table.Choice("cluster-preferred-endpoint-type", EndpointType.Ip,
        [("ip", EndpointType.Ip), ("hostname", EndpointType.Hostname), ("unknown-endpoint", EndpointType.Unknown)], NotInEffect);

    private static string? WhyNotHostname(string name)
    {
        if (name.Length >= HostnameMax) return "Hostnames must be less than 256 characters";
        return name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.')
            ? null
            : "Hostnames may only contain alphanumeric characters, hyphens or dots";
    }
}
