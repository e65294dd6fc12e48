// Replication answers these itself: some replies come much later (WAIT), some never (PSYNC turns the connection into a stream).

namespace Redoubt.Commands;

internal static class ReplicationCommands
{
    [Command("REPLICAOF", 3, CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Stale | CommandFlags.NoAsyncLoading,
        Group = "server", Since = "5.0.0", Summary = "Make the server a replica of another instance, or promote it as master.",
        Complexity = "O(1)", Syntax = "args(host-port{host port:integer}|no-one{NO ONE})", ExtraWords = 1)]
    public static void ReplicaOf(CommandContext c) => c.Ports.Replication.ReplicaOf(c);

    [Command("SLAVEOF", 3, CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Stale | CommandFlags.NoAsyncLoading,
        Group = "server", Since = "1.0.0", Summary = "Make the server a replica of another instance, or promote it as master.",
        Complexity = "O(1)", Syntax = "args(host-port{host port:integer}|no-one{NO ONE})", Deprecated = "5.0.0: `REPLICAOF`", ExtraWords = 1)]
    public static void SlaveOf(CommandContext c) => c.Ports.Replication.ReplicaOf(c);

    [Command("ROLE", 1, CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast,
        Acl = "admin dangerous", Group = "server", Since = "2.8.12",
        Summary = "Return the role of the instance in the context of replication", Complexity = "O(1)")]
    public static void Role(CommandContext c) => c.Ports.Replication.Role(c);

    [Command("WAIT", 3, CommandFlags.NoScript,
        Acl = "connection", Group = "generic", Since = "3.0.0",
        Summary = "Wait for the synchronous replication of all the write commands sent in the context of the current connection",
        Complexity = "O(1)", Syntax = "numreplicas:integer timeout:integer",
        Tips = ["request_policy:all_shards", "response_policy:agg_min"])]
    public static void Wait(CommandContext c) => c.Ports.Replication.Wait(c);

    [Command("WAITAOF", 4, CommandFlags.NoScript,
        Acl = "connection", Group = "generic", Since = "7.2.0",
        Summary = "Wait for the write commands sent in the context of the current connection to be on this server's disk and on those of replicas",
        Complexity = "O(1)", Syntax = "numlocal:integer numreplicas:integer timeout:integer",
        Tips = ["request_policy:all_shards", "response_policy:agg_min"])]
    public static void WaitAof(CommandContext c) => c.Ports.Replication.WaitAof(c);

    [Command("FAILOVER", -1, CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Stale,
        Group = "server", Since = "6.2.0", Summary = "Start a coordinated failover between this server and one of its replicas.",
        Complexity = "O(1)", Syntax = "[TO=target{host port:integer [FORCE]}] [ABORT] [TIMEOUT=milliseconds:integer]")]
    public static void Failover(CommandContext c) => c.Ports.Replication.Failover(c);

    [Command("PSYNC", -3, CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.NoAsyncLoading | CommandFlags.NoMulti,
        Group = "server", Since = "2.8.0", Summary = "Internal command used for replication", Syntax = "replicationid offset:integer")]
    public static void PSync(CommandContext c) => c.Ports.Replication.Sync(c);

    [Command("SYNC", 1, CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.NoAsyncLoading | CommandFlags.NoMulti,
        Group = "server", Since = "1.0.0", Summary = "Internal command used for replication")]
    public static void Sync(CommandContext c) => c.Ports.Replication.Sync(c);

    [Command("REPLCONF", -1, CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale
        | CommandFlags.AllowBusy,
        Group = "server", Since = "3.0.0", Summary = "An internal command for configuring the replication stream", Complexity = "O(1)",
        SystemCommand = true)]
    public static void ReplConf(CommandContext c) => c.Ports.Replication.ReplicationConfiguration(c);
}
