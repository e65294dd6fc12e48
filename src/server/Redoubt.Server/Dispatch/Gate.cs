// What may stop a command before it runs, in Redis's order and words.
//
// The common case, a healthy server and an authenticated client, must not pay for the questions. So the conditions that
// can stop commands at all are summed up in `_restrictions`, which changes rarely; only when one applies are the questions
// asked one by one.

using System.Text;
using Redoubt.Commands;
using Redoubt.Server.Configuration;
using Redoubt.Server.Connections;
using Redoubt.Server.Memory;

namespace Redoubt.Server.Dispatch;

internal sealed class Gate(ServerState state, ServerConfig config, DiskErrors disk)
{
    /// <summary>Some condition may stop some command; else every command of an authenticated client runs.</summary>
    public bool IsNarrow { get; private set; }

    public bool IsPasswordRequired { get; private set; }

    /// <summary>Keys are being evicted for the command that stands before the gate.</summary>
    public bool IsMakingRoom { get; private set; }

    public DiskErrors Disk => disk;

    /// <summary>Makes room where memory is limited; set by the composition root.</summary>
    public MemoryGuard? Memory { get; set; }

    /// <summary>Closes clients that take too much memory; set by the composition root.</summary>
    public ClientEviction? Clients { get; set; }

    /// <summary>To be called whenever a condition may have changed: role, link, loading, pause, password, replicas.</summary>
    public void Refresh()
    {
        IsPasswordRequired = config.RequirePass is { Length: > 0 };
        IsNarrow = state.IsReplica || state.IsLoadingAny || state.Pause != PauseKind.None || !state.HasEnoughReplicas || IsPasswordRequired
            || disk.StopsWrites || Memory is { IsLimited: true } || Clients is { IsLimited: true };
    }

    /// <summary>The error that stops this command, or empty when it may run, unless the client was closed.</summary>
    public ReadOnlySpan<byte> Refusal(ClientConnection client, CommandDescriptor command)
    {
        if (command.Has(CommandFlags.Protected) && !ServerConfig.IsAllowed(config.EnableDebugCommand, client.IsLocal))
            return Errors.DebugNotAllowed;
        if (!client.IsAuthenticated && IsPasswordRequired && !command.Has(CommandFlags.NoAuth))
            return "NOAUTH Authentication required."u8;
        if (Clients is { IsLimited: true } clients && clients.Enforce() && client.IsClosed)
            return default;
        if (Memory is { IsLimited: true } memory && !MakeRoom(memory) && NeedsMemory(client, command))
            return "OOM command not allowed when used memory > 'maxmemory'."u8;
        bool writes = IsWrite(client, command);
        if (disk.StopsWrites && (writes || command.Name == "ping"))
        {
            if (!client.IsMasterLink)
                return disk.Refusal;
            disk.MasterWrites(isPing: !writes);
        }
        if (client.IsMasterLink)
            return default;
        if (!state.HasEnoughReplicas && !state.IsReplica && writes)
            return "NOREPLICAS Not enough good replicas to write."u8;
        if (state.IsReplica && config.ReplicaReadOnly && writes)
            return "READONLY You can't write against a read only replica."u8;
        if (client is { Subscriptions: not null, Protocol: 2 } && !IsForSubscribers(command))
            return Encoding.Latin1.GetBytes(
                $"ERR Can't execute '{command.Name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context");
        if (state.IsReplica && !state.IsMasterLinkUp && !config.ReplicaServeStaleData && !Allows(client, command, CommandFlags.Stale))
            return "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."u8;
        if (state.IsLoading && !Allows(client, command, CommandFlags.Loading))
            return "LOADING Redis is loading the dataset in memory"u8;
        if (state.IsLoadingBeside && command.Has(CommandFlags.NoAsyncLoading))
            return "LOADING Redis is loading the dataset in memory"u8;
        // A pause does not hold replicas back: so they may do nothing that it is there to hold back.
        if ((client.IsReplica || client.IsMonitor) && (FlagsOf(client, command) & (CommandFlags.Write | CommandFlags.MayReplicate | CommandFlags.ReadOnly)) != 0)
            return "ERR Replica can't interact with the keyspace"u8;
        return default;
    }

    private bool MakeRoom(MemoryGuard memory)
    {
        IsMakingRoom = true;
        bool suffices = memory.MakeRoom();
        IsMakingRoom = false;
        return suffices;
    }

    /// <summary>Whether a pause holds this command back. Replicas are never held back, but what the master sends is.</summary>
    public bool IsPaused(ClientConnection client, CommandDescriptor command) =>
        state.Pause != PauseKind.None && !client.IsReplica && !client.IsMonitor
            && (state.Pause == PauseKind.All || IsWrite(client, command) || (FlagsOf(client, command) & CommandFlags.MayReplicate) != 0);

    private static bool IsForSubscribers(CommandDescriptor command) =>
        command.Name is "ping" or "subscribe" or "unsubscribe" or "psubscribe" or "punsubscribe" or "ssubscribe" or "sunsubscribe" or "quit" or "reset";

    private static bool IsWrite(ClientConnection client, CommandDescriptor command) =>
        (FlagsOf(client, command) & CommandFlags.Write) != 0;

    private static bool Allows(ClientConnection client, CommandDescriptor command, CommandFlags flag) =>
        command.Has(flag) && (client.Transaction is not { } open || command.Name != "exec" || open.Commands.All(queued => queued.Command.Has(flag)));

    /// <summary>What is queued takes memory whatever it will do.</summary>
    private static bool NeedsMemory(ClientConnection client, CommandDescriptor command) =>
        (FlagsOf(client, command) & CommandFlags.DenyOom) != 0
            || (client.Transaction is not null && command.Name is not ("exec" or "discard" or "quit" or "reset"));

    /// <summary>EXEC counts as everything it will run.</summary>
    private static CommandFlags FlagsOf(ClientConnection client, CommandDescriptor command) =>
        client.Transaction is { } open && command.Name == "exec" ? command.Flags | open.CombinedFlags : command.Flags;
}
