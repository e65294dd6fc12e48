// What one client may do to the others: list, kill, pause, unblock.

using System.Text;

namespace Redoubt.Commands;

internal static class ClientControl
{
    [Command("CLIENT|LIST", -2, CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Acl = "connection", Group = "connection", Since = "2.4.0", Summary = "Get the list of client connections",
        Complexity = "O(N) where N is the number of client connections",
        Syntax = "[TYPE=normal_master_replica_pubsub(NORMAL|MASTER|REPLICA|PUBSUB)@5.0.0] [ID=id{client-id:integer+}@6.2.0]",
        History =
        [
            "2.8.12: Added unique client `id` field.",
            "5.0.0: Added optional `TYPE` filter.",
            "6.0.0: Added `user` field.",
            "6.2.0: Added `argv-mem`, `tot-mem`, `laddr` and `redir` fields and the optional `ID` filter.",
            "7.0.0: Added `resp`, `multi-mem`, `rbs` and `rbp` fields.",
            "7.0.3: Added `ssub` field.",
        ],
        Tips = ["nondeterministic_output"])]
    public static void List(CommandContext c)
    {
        if (c.Count == 2)
        {
            c.ReplyText(c.Ports.Clients.List(new ClientFilter()));
        }
        else if (c.Count == 4 && c.Is(2, "TYPE"u8))
        {
            if (TryType(c, 3, out string type))
                c.ReplyText(c.Ports.Clients.List(new ClientFilter { Type = type }));
        }
        else if (c.Count > 3 && c.Is(2, "ID"u8))
        {
            ListByIds(c);
        }
        else
        {
            c.Error(Errors.Syntax);
        }
    }

    [Command("CLIENT|KILL", -3, CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Acl = "connection", Group = "connection", Since = "2.4.0", Summary = "Kill the connection of a client",
        Complexity = "O(N) where N is the number of client connections",
        Syntax = "filter('ip:port'~2.8.12|new-format([ID=client-id:integer@2.8.12]|[TYPE=normal_master_slave_pubsub(NORMAL|"
            + "MASTER@3.2.0|SLAVE|REPLICA@5.0.0|PUBSUB)@2.8.12]|[USER=username]|[ADDR='ip:port']|[LADDR='ip:port'@6.2.0]|"
            + "[SKIPME='yes/no'])+)",
        History =
        [
            "2.8.12: Added new filter format.",
            "2.8.12: `ID` option.",
            "3.2.0: Added `master` type in for `TYPE` option.",
            "5.0.0: Replaced `slave` `TYPE` with `replica`. `slave` still supported for backward compatibility.",
            "6.2.0: `LADDR` option.",
        ])]
    public static void Kill(CommandContext c)
    {
        // The old form names one address, and lets a client end itself.
        if (c.Count == 3)
        {
            if (c.Ports.Clients.Kill(new ClientFilter { Address = c.Text(2) }, c.Session) == 0)
                c.Error(Errors.NoSuchClient);
            else
                c.Reply.Ok();
            return;
        }
        var filter = new ClientFilter { SkipSelf = true };
        for (int i = 2; i < c.Count; i += 2)
        {
            if (i + 1 == c.Count)
            {
                c.Error(Errors.Syntax);
                return;
            }
            if (!TryKillOption(c, i, ref filter))
                return;
        }
        c.Reply.Integer(c.Ports.Clients.Kill(filter, c.Session));
    }

    [Command("CLIENT|UNBLOCK", -3, CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Acl = "connection", Group = "connection", Since = "5.0.0",
        Summary = "Unblock a client blocked in a blocking command from a different connection",
        Complexity = "O(log N) where N is the number of client connections",
        Syntax = "client-id:integer [timeout_error(TIMEOUT|ERROR)]")]
    public static void Unblock(CommandContext c)
    {
        bool withError = false;
        if (c.Count > 4)
        {
            c.SubcommandError();
            return;
        }
        if (c.Count == 4)
        {
            withError = c.Is(3, "ERROR"u8);
            if (!withError && !c.Is(3, "TIMEOUT"u8))
            {
                c.Error(Errors.UnblockReason);
                return;
            }
        }
        if (c.TryInteger(2, out long id))
            c.Reply.Integer(c.Ports.Clients.Unblock(id, withError) ? 1 : 0);
    }

    [Command("CLIENT|PAUSE", -3, CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Acl = "connection", Group = "connection", Since = "2.9.50", Summary = "Stop processing commands from clients for some time",
        Complexity = "O(1)", Syntax = "timeout:integer [mode(WRITE|ALL)@6.2.0]",
        History = ["6.2.0: `CLIENT PAUSE WRITE` mode added along with the `mode` option."])]
    public static void Pause(CommandContext c)
    {
        bool writesOnly = false;
        if (c.Count > 4)
        {
            c.SubcommandError();
            return;
        }
        if (c.Count == 4)
        {
            writesOnly = c.Is(3, "WRITE"u8);
            if (!writesOnly && !c.Is(3, "ALL"u8))
            {
                c.Error(Errors.PauseMode);
                return;
            }
        }
        if (!c.TryTimeoutMs(2, out long untilMs))
            return;
        c.Ports.Clients.Pause(untilMs, writesOnly);
        c.Reply.Ok();
    }

    [Command("CLIENT|UNPAUSE", 2, CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Acl = "connection", Group = "connection", Since = "6.2.0", Summary = "Resume processing of clients that were paused",
        Complexity = "O(N) Where N is the number of paused clients")]
    public static void Unpause(CommandContext c)
    {
        c.Ports.Clients.Unpause();
        c.Reply.Ok();
    }

    private static bool TryKillOption(CommandContext c, int i, ref ClientFilter filter)
    {
        if (c.Is(i, "ID"u8))
        {
            if (!c.TryInteger(i + 1, out long id, Errors.ClientIdPositive))
                return false;
            if (id < 1)
            {
                c.Error(Errors.ClientIdPositive);
                return false;
            }
            filter = filter with { Ids = [id] };
        }
        else if (c.Is(i, "TYPE"u8))
        {
            if (!TryType(c, i + 1, out string type))
                return false;
            filter = filter with { Type = type };
        }
        else if (c.Is(i, "ADDR"u8))
        {
            filter = filter with { Address = c.Text(i + 1) };
        }
        else if (c.Is(i, "LADDR"u8))
        {
            filter = filter with { LocalAddress = c.Text(i + 1) };
        }
        else if (c.Is(i, "USER"u8))
        {
            if (!c.Ports.Clients.HasUser(c.Text(i + 1)))
            {
                c.Error(Errors.NoSuchUser, c[i + 1], Errors.ClosingQuote);
                return false;
            }
            filter = filter with { User = c.Text(i + 1) };
        }
        else if (c.Is(i, "SKIPME"u8) && (c.Is(i + 1, "YES"u8) || c.Is(i + 1, "NO"u8)))
        {
            filter = filter with { SkipSelf = c.Is(i + 1, "YES"u8) };
        }
        else
        {
            c.Error(Errors.Syntax);
            return false;
        }
        return true;
    }

    private static void ListByIds(CommandContext c)
    {
        var lines = new StringBuilder();
        for (int i = 3; i < c.Count; i++)
        {
            if (!c.TryInteger(i, out long id, Errors.InvalidClientId))
                return;
            if (c.Ports.Clients.Find(id) is not { } client)
                continue;
            c.Ports.Clients.Describe(client, lines);
            lines.Append('\n');
        }
        c.ReplyText(lines.ToString());
    }

    private static bool TryType(CommandContext c, int index, out string type)
    {
        type = c.Text(index).ToLowerInvariant();
        if (type == "slave")
            type = "replica";
        if (type is "normal" or "master" or "replica" or "pubsub")
            return true;
        c.Error(Errors.UnknownClientType, c[index], Errors.ClosingQuote);
        return false;
    }
}
