// The clients as the CLIENT command sees them: who they are, closing them, holding them back.

using System.Text;
using Redoubt.Commands;
using Redoubt.Server.Blocking;
using Redoubt.Server.Configuration;
using Redoubt.Server.Dispatch;
using Redoubt.Server.Loop;
using Redoubt.Server.PubSub;
using Redoubt.Server.Tracking;

namespace Redoubt.Server.Connections;

internal sealed class ClientDirectory(ConnectionTable connections, ServerConfig config, Pauses pauses, BlockedClients blocked, Subscriptions subscriptions, KeyTracking tracking) : IClientDirectory
{
    /// <summary>Set by the composition root.</summary>
    public Monitors Monitors { get; set; } = null!;

    /// <summary>Set by the composition root.</summary>
    public Watches Watches { get; set; } = null!;

    public bool IsPasswordRequired => config.RequirePass is { Length: > 0 };

    public void Describe(ClientSession client, StringBuilder target) => ClientLine.Write((ClientConnection)client, target);

    public string List(ClientFilter filter)
    {
        StringBuilder text = new();
        foreach (ClientConnection client in connections.All.Values.OrderBy(static each => each.Id))
        {
            if (!Matches(client, filter, self: null))
                continue;
            ClientLine.Write(client, text);
            text.Append('\n');
        }
        return text.ToString();
    }

    public ClientSession? Find(long clientId) => connections.Find(clientId);

    public bool HasUser(string name) => name == "default";

    public int Kill(ClientFilter filter, ClientSession self)
    {
        int killed = 0;
        foreach (ClientConnection client in connections.All.Values.ToArray())
        {
            if (!Matches(client, filter, self))
                continue;
            killed++;
            if (client == self)
                client.CloseAfterReply = true;
            else
                connections.Close(client);
        }
        return killed;
    }

    public void Pause(long untilMs, bool writesOnly) => pauses.Pause(untilMs, writesOnly);

    public void Unpause() => pauses.Unpause();

    public bool Unblock(long clientId, bool withError) =>
        connections.Find(clientId) is { } client && blocked.Unblock(client, withError);

    public bool Authenticate(ReadOnlySpan<byte> user, ReadOnlySpan<byte> password)
    {
        if (!user.SequenceEqual("default"u8))
            return false;
        if (config.RequirePass is not { Length: > 0 } required)
            return true;
        return System.Security.Cryptography.CryptographicOperations.FixedTimeEquals(password, required);
    }

    public void Monitor(ClientSession client) => Monitors.Add((ClientConnection)client);

    public void Reset(ClientSession client)
    {
        ClientConnection connection = (ClientConnection)client;
        connection.Transaction = null;
        subscriptions.RemoveAll(connection);
        tracking.Disable(connection);
        connection.IsWatchBroken = false;
        Watches.Forget(connection);
        Monitors.Remove(connection);
        connection.IsAuthenticated = !IsPasswordRequired;
    }

    private static bool Matches(ClientConnection client, ClientFilter filter, ClientSession? self) =>
        !(filter.SkipSelf && client == self)
            && (filter.Type is null || filter.Type == TypeOf(client))
            && (filter.Ids is null || filter.Ids.Contains(client.Id))
            && (filter.Address is null || filter.Address == client.Address)
            && (filter.LocalAddress is null || filter.LocalAddress == client.LocalAddress)
            && (filter.User is null || filter.User == "default");

    private static string TypeOf(ClientConnection client) =>
        client.IsMasterLink ? "master" : client.IsReplica ? "replica" : client.Subscriptions is null ? "normal" : "pubsub";
}

/// <summary>One line of CLIENT LIST, field by field as Redis 7.0 prints it.</summary>
internal static class ClientLine
{
    public static void Write(ClientConnection client, StringBuilder text)
    {
        long now = Clock.UnixMs;
        text.Append("id=").Append(client.Id)
            .Append(" addr=").Append(client.Address)
            .Append(" laddr=").Append(client.LocalAddress)
            .Append(" fd=").Append(client.Channel.Descriptor)
            .Append(" name=").Append(client.Name)
            .Append(" age=").Append((now - client.CreatedMs) / 1000)
            .Append(" idle=").Append((now - client.LastInteractionMs) / 1000)
            .Append(" flags=").Append(Flags(client))
            .Append(" db=").Append(client.DatabaseIndex)
            .Append(" sub=").Append(client.Subscriptions?.Count(SubscriptionKind.Channel) ?? 0)
            .Append(" psub=").Append(client.Subscriptions?.Count(SubscriptionKind.Pattern) ?? 0)
            .Append(" ssub=").Append(client.Subscriptions?.Count(SubscriptionKind.ShardChannel) ?? 0)
            .Append(" multi=").Append(client.Transaction?.Commands.Count ?? -1)
            .Append(" qbuf=").Append(QueryBytes(client))
            .Append(" qbuf-free=").Append(client.Rest.Length - Math.Min(client.Rest.Length, Math.Max(client.RestLength, client.BytesInService)))
            .Append(" argv-mem=").Append(client.Parser.ArgumentBytes)
            .Append(" multi-mem=").Append(client.Transaction?.Bytes ?? 0)
            .Append(" rbs=").Append(client.Queue.BufferBytes)
            .Append(" rbp=").Append(Math.Min(client.ReplyPeak, client.Queue.BufferBytes))
            .Append(" obl=").Append(client.SegmentLength + client.Queue.InBuffer)
            .Append(" oll=").Append(client.Queue.BlockCount)
            .Append(" omem=").Append(client.Queue.BlockMemoryBytes + Pending(client))
            .Append(" tot-mem=").Append(client.MemoryBytes + Pending(client))
            .Append(" events=").Append(Events(client))
            .Append(" cmd=").Append(client.LastCommand?.Name ?? "NULL")
            .Append(" user=").Append(client.IsMasterLink ? "(superuser)" : "default")
            .Append(" redir=").Append(client.Tracking?.Redirection ?? -1)
            .Append(" resp=").Append(client.Protocol);
    }

    /// <summary>What waits in the query buffer; of the client that asks, all that it has sent with the question.</summary>
    private static int QueryBytes(ClientConnection client) =>
        client.BytesInService > 0 ? client.BytesInService : client.RestLength - client.Parser.BytesRead;

    public static string Of(ClientConnection client)
    {
        StringBuilder text = new();
        Write(client, text);
        return text.ToString();
    }

    /// <summary>What a replica is behind in the stream: it holds on to that much of it.</summary>
    private static long Pending(ClientConnection client) => client.Feed?.PendingBytes ?? 0;

    private static string Events(ClientConnection client) =>
        client.IsThrottled ? client.AwaitsRoom ? "w" : "" : client.AwaitsRoom ? "rw" : "r";

    private static string Flags(ClientConnection client)
    {
        StringBuilder flags = new();
        if (client.IsMonitor)
            flags.Append('O');
        else if (client.IsReplica)
            flags.Append('S');
        if (client.IsMasterLink)
            flags.Append('M');
        if (client.Subscriptions is not null)
            flags.Append('P');
        if (client.Transaction is not null)
            flags.Append('x');
        if (client.IsBlocked)
            flags.Append('b');
        if (client.Tracking is not null)
            flags.Append('t');
        if (client.Tracking is { IsRedirectionBroken: true })
            flags.Append('R');
        if (client.Tracking is { Broadcasts: true })
            flags.Append('B');
        if (client.IsWatchBroken)
            flags.Append('d');
        if (client.CloseAfterReply)
            flags.Append('c');
        if (client.Channel.IsUnix)
            flags.Append('U');
        if (client.IsNoEvict)
            flags.Append('e');
        return flags.Length == 0 ? "N" : flags.ToString();
    }
}
