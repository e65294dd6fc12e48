using Redoubt.Failover;
using Redoubt.Failover.Procedures;
using Redoubt.Topology;

namespace Redoubt.Operations.Groups;

/// <summary>What a group file asks of procedures.</summary>
public static class Requests
{
    /// <summary>A switchover with the group's own gates and rules.</summary>
    public static SwitchoverRequest ToSwitchover(this GroupDefinition group) => new()
    {
        LagBytesMax = group.Gates.LagBytesMax,
        Timeout = group.Gates.PauseMax,
        Deadline = group.Gates.Deadline,
        AcknowledgementAgeMax = group.Gates.AcknowledgementAgeMax,
        Promote = group.Nodes.ToDictionary(node => node.Address, node => node.Promote),
        Name = group.ToName(),
        Drain = group.Clients.Drain,
        Stragglers = group.Clients.Stragglers,
        AllowedOnReplica = new ClientRules(group.Clients.AllowedOnReplica),
    };

    /// <summary>How the group's name moves; null without one.</summary>
    public static NamePlan? ToName(this GroupDefinition group) => group.Dns is { Provider: "none" } or { Name.Length: 0 } ? null : new NamePlan
    {
        Name = group.Dns.Name,
        Values = group.Nodes.Where(node => node.NameValue is not null).ToDictionary(node => node.Address, node => node.NameValue!),
        Wait = group.Gates.NameWait,
        TtlSeconds = group.Dns.TtlSeconds,
        Timeout = group.Dns.Verification.Timeout,
        GoOnWithout = group.Dns.OnSwitchoverFailure == Names.NameFailureRule.Continue,
    };
}
