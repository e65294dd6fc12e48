using Redoubt.Topology;

namespace Redoubt.Server.Http;

/// <summary>
/// The state of the server at one moment, made by the keyspace thread about ten times a second and at every change of role, and read by whoever
/// answers HTTP: nothing that asks here ever waits for a command, or lets one wait.
/// </summary>
/// <param name="AtSteadyMs">When, by the steady clock.</param>
/// <param name="IsHandingOver">A FAILOVER is under way: writes are held back.</param>
/// <param name="IsLinkUp">A replica's link to its master stands.</param>
/// <param name="DataAgeMs">How old a replica's data may be, in milliseconds; -1 when it never had a master's.</param>
/// <param name="Info">INFO's report, renewed once a second.</param>
internal sealed record ServerStatus(
    long AtSteadyMs, Role Role, bool IsLoading, bool IsHandingOver, bool IsLinkUp, long DataAgeMs, ReplicationOffset Offset, string Info);
