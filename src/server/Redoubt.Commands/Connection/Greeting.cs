// The first and last words of a connection: who it is, which protocol it speaks, which database it means, and goodbye.
//
// HELLO carries out AUTH and SETNAME on the way, in the order given and without taking back: a later option that fails leaves
// the earlier ones done, but the protocol unchanged, because that is switched last.

using System.Text;

namespace Redoubt.Commands;

internal static class Greeting
{
    [Command("PING", -1, CommandFlags.Fast,
        Acl = "connection", Group = "connection", Since = "1.0.0", Summary = "Ping the server", Complexity = "O(1)",
        Syntax = "[message]", Tips = ["request_policy:all_shards", "response_policy:all_succeeded"])]
    public static void Ping(CommandContext c)
    {
        if (c.Count > 2)
            c.ArityError();
        else if (c.Session.Protocol == 2 && c.Session.IsSubscriber)
        {
            // In the form of a message, so that a reader of messages is not surprised.
            c.Reply.Array(2);
            c.Reply.Bulk("pong"u8);
            c.Reply.Bulk(c.Count == 2 ? c[1] : default);
        }
        else if (c.Count == 1)
            c.Reply.SimpleString("PONG"u8);
        else
            c.Reply.Bulk(c[1]);
    }

    [Command("ECHO", 2, CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast,
        Acl = "connection", Group = "connection", Since = "1.0.0", Summary = "Echo the given string", Complexity = "O(1)",
        Syntax = "message")]
    public static void Echo(CommandContext c) => c.Reply.Bulk(c[1]);

    [Command("HELLO", -1, CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast | CommandFlags.NoAuth
        | CommandFlags.AllowBusy,
        Acl = "connection", Group = "connection", Since = "6.0.0", Summary = "Handshake with Redis", Complexity = "O(1)",
        Syntax = "[arguments{protover:integer [AUTH=username_password{username password}] [SETNAME=clientname]}]",
        History =
        [
            "6.2.0: `protover` made optional; when called without arguments the command reports the current connection's context.",
        ])]
    public static void Hello(CommandContext c)
    {
        long protocol = 0;
        if (c.Count >= 2)
        {
            if (!c.TryInteger(1, out protocol, Errors.ProtocolNotInteger))
                return;
            if (protocol is not (2 or 3))
            {
                c.Error(Errors.UnsupportedProtocol);
                return;
            }
        }
        if (!TryHelloOptions(c))
            return;
        if (c.Ports.Clients.IsPasswordRequired && !c.Session.IsAuthenticated)
        {
            c.Error(Errors.HelloNeedsAuthentication);
            return;
        }
        if (protocol != 0)
        {
            c.Session.Protocol = (int)protocol;
            c.Reply.Protocol = (int)protocol;
        }
        ReplyHello(c);
    }

    [Command("AUTH", -2, CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast | CommandFlags.NoAuth
        | CommandFlags.AllowBusy,
        Acl = "connection", Group = "connection", Since = "1.0.0", Summary = "Authenticate to the server",
        Complexity = "O(N) where N is the number of passwords defined for the user", Syntax = "[username@6.0.0] password",
        History = ["6.0.0: Added ACL style (username and password)."])]
    public static void Auth(CommandContext c)
    {
        if (c.Count > 3)
        {
            c.Error(Errors.Syntax);
            return;
        }
        c.Redact(1);
        c.Redact(c.Count - 1);
        if (c.Count == 2 && !c.Ports.Clients.IsPasswordRequired)
        {
            c.Error(Errors.NoPasswordConfigured);
            return;
        }
        ReadOnlySpan<byte> user = c.Count == 2 ? "default"u8 : c[1];
        if (TryAuthenticate(c, user, c[c.Count - 1]))
            c.Reply.Ok();
    }

    [Command("SELECT", 2, CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast,
        Acl = "connection", Group = "connection", Since = "1.0.0", Summary = "Change the selected database for the current connection",
        Complexity = "O(1)", Syntax = "index:integer")]
    public static void Select(CommandContext c)
    {
        if (!c.TryDatabase(1, out int index))
            return;
        c.SelectDatabase(index);
        c.Reply.Ok();
    }

    [Command("QUIT", -1, CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast | CommandFlags.NoAuth
        | CommandFlags.AllowBusy,
        Acl = "connection", Group = "connection", Since = "1.0.0", Summary = "Close the connection", Complexity = "O(1)")]
    public static void Quit(CommandContext c)
    {
        c.Reply.Ok();
        c.Session.CloseAfterReply = true;
    }

    [Command("RESET", 1, CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast | CommandFlags.NoAuth
        | CommandFlags.AllowBusy,
        Acl = "connection", Group = "connection", Since = "6.2.0", Summary = "Reset the connection", Complexity = "O(1)")]
    public static void Reset(CommandContext c)
    {
        ClientSession session = c.Session;
        if (session.IsReplica || session.IsMasterLink)
        {
            c.Error(Errors.OnlyNormalClientsReset);
            return;
        }
        session.Name = "";
        session.Protocol = 2;
        session.ReplyMode = ReplyMode.On;
        session.IsAuthenticated = false;
        c.SelectDatabase(0);
        c.Reply.Protocol = 2;
        c.Ports.Clients.Reset(session);
        c.Reply.SimpleString("RESET"u8);
    }

    private static bool TryHelloOptions(CommandContext c)
    {
        for (int i = 2; i < c.Count; i++)
        {
            int more = c.Count - 1 - i;
            if (more >= 2 && c.Is(i, "AUTH"u8))
            {
                c.Redact(i + 1);
                c.Redact(i + 2);
                if (!TryAuthenticate(c, c[i + 1], c[i + 2]))
                    return false;
                i += 2;
            }
            else if (more >= 1 && c.Is(i, "SETNAME"u8))
            {
                if (!ClientIdentity.TrySetName(c, c[i + 1]))
                    return false;
                i++;
            }
            else
            {
                c.Error(Errors.HelloSyntax, c[i], Errors.ClosingQuote);
                return false;
            }
        }
        return true;
    }

    private static bool TryAuthenticate(CommandContext c, ReadOnlySpan<byte> user, ReadOnlySpan<byte> password)
    {
        if (!c.Ports.Clients.Authenticate(user, password))
        {
            c.Error(Errors.WrongPassword);
            return false;
        }
        c.Session.IsAuthenticated = true;
        return true;
    }

    private static void ReplyHello(CommandContext c)
    {
        c.Reply.Map(7);
        c.Reply.Bulk("server"u8);
        c.Reply.Bulk("redis"u8);
        c.Reply.Bulk("version"u8);
        c.Reply.Bulk(Encoding.ASCII.GetBytes(c.Ports.Status.RedisVersion));
        c.Reply.Bulk("proto"u8);
        c.Reply.Integer(c.Session.Protocol);
        c.Reply.Bulk("id"u8);
        c.Reply.Integer(c.Session.Id);
        c.Reply.Bulk("mode"u8);
        c.Reply.Bulk("standalone"u8);
        c.Reply.Bulk("role"u8);
        c.Reply.Bulk(c.Ports.Replication.HasMaster ? "replica"u8 : "master"u8);
        c.Reply.Bulk("modules"u8);
        c.Reply.Array(0);
    }
}
