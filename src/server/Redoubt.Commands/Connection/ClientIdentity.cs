// What a client says about itself, and what it may ask about itself.

using System.Text;

namespace Redoubt.Commands;

[CommandContainer("CLIENT",
    Group = "connection", Since = "2.4.0", Summary = "A container for client connection commands",
    Complexity = "Depends on subcommand.")]
internal static class ClientIdentity
{
    [Command("CLIENT|ID", 2, CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Acl = "connection", Group = "connection", Since = "5.0.0", Summary = "Returns the client ID for the current connection",
        Complexity = "O(1)")]
    public static void Id(CommandContext c) => c.Reply.Integer(c.Session.Id);

    [Command("CLIENT|GETNAME", 2, CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Acl = "connection", Group = "connection", Since = "2.6.9", Summary = "Get the current connection name", Complexity = "O(1)")]
    public static void GetName(CommandContext c)
    {
        if (c.Session.Name.Length == 0)
            c.Reply.Null();
        else
            c.Reply.Bulk(c.Session.Name);
    }

    [Command("CLIENT|SETNAME", 3, CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Acl = "connection", Group = "connection", Since = "2.6.9", Summary = "Set the current connection name", Complexity = "O(1)",
        Syntax = "connection-name")]
    public static void SetName(CommandContext c)
    {
        if (TrySetName(c, c[2]))
            c.Reply.Ok();
    }

    [Command("CLIENT|SETINFO", 4, CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Acl = "connection", Group = "connection", Since = "7.2.0", Summary = "Sets information specific to the client or connection.",
        Complexity = "O(1)", Syntax = "attr(LIB-NAME=libname|LIB-VER=libver)",
        Tips = ["request_policy:all_nodes", "response_policy:all_succeeded"])]
    public static void SetInfo(CommandContext c)
    {
        bool isName = c.Is(2, "LIB-NAME"u8);
        if (!isName && !c.Is(2, "LIB-VER"u8))
        {
            c.Error(Errors.UnrecognizedOption, c[2], Errors.ClosingQuote);
            return;
        }
        if (!IsOneWord(c[3]))
        {
            c.Error(Errors.Code, c[2], Errors.ClientAttribute);
            return;
        }
        string value = Encoding.ASCII.GetString(c[3]);
        if (isName)
            c.Session.LibraryName = value;
        else
            c.Session.LibraryVersion = value;
        c.Reply.Ok();
    }

    [Command("CLIENT|INFO", 2, CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Acl = "connection", Group = "connection", Since = "6.2.0",
        Summary = "Returns information about the current client connection.", Complexity = "O(1)", Tips = ["nondeterministic_output"])]
    public static void Info(CommandContext c)
    {
        var line = new StringBuilder();
        c.Ports.Clients.Describe(c.Session, line);
        c.ReplyText(line.Append('\n').ToString());
    }

    [Command("CLIENT|NO-EVICT", 3, CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Acl = "connection", Group = "connection", Since = "7.0.0", Summary = "Set client eviction mode for the current connection",
        Complexity = "O(1)", Syntax = "enabled(ON|OFF)")]
    public static void NoEvict(CommandContext c)
    {
        bool isOn = c.Is(2, "ON"u8);
        if (!isOn && !c.Is(2, "OFF"u8))
        {
            c.Error(Errors.Syntax);
            return;
        }
        c.Session.IsNoEvict = isOn;
        c.Reply.Ok();
    }

    /// <summary>Sets the reply mode. The dispatcher looks at the mode after the command: what was written under Off or Skip is dropped.</summary>
    [Command("CLIENT|REPLY", 3, CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Acl = "connection", Group = "connection", Since = "3.2.0", Summary = "Instruct the server whether to reply to commands",
        Complexity = "O(1)", Syntax = "on_off_skip(ON|OFF|SKIP)")]
    public static void Reply(CommandContext c)
    {
        if (c.Is(2, "ON"u8))
        {
            c.Session.ReplyMode = ReplyMode.On;
            c.Reply.Ok();
        }
        else if (c.Is(2, "OFF"u8))
        {
            c.Session.ReplyMode = ReplyMode.Off;
        }
        else if (!c.Is(2, "SKIP"u8))
        {
            c.Error(Errors.Syntax);
        }
        else if (c.Session.ReplyMode != ReplyMode.Off)
        {
            c.Session.ReplyMode = ReplyMode.SkipNext;
        }
    }

    [Command("CLIENT|HELP", 2, CommandFlags.Loading | CommandFlags.Stale,
        Acl = "connection", Group = "connection", Since = "5.0.0", Summary = "Show helpful text about the different subcommands",
        Complexity = "O(1)")]
    public static void Help(CommandContext c) => c.ReplyHelp(
        "GETNAME",
        "    Name of this connection.",
        "ID",
        "    ID of this connection.",
        "INFO",
        "    This connection's line of CLIENT LIST.",
        "KILL <ip:port>",
        "    Close the connection from <ip:port>.",
        "KILL <option> <value> [<option> <value> [...]]",
        "    Close the connections that all options fit:",
        "    * ADDR <ip:port>",
        "      Connected from this address.",
        "    * LADDR <ip:port>",
        "      Connected to this address.",
        "    * ID <client-id>",
        "      With this ID.",
        "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
        "      Of this kind.",
        "    * USER <username>",
        "      Authenticated as this user.",
        "    * SKIPME (YES|NO)",
        "      Spare this connection (default: yes).",
        "LIST [TYPE (NORMAL|MASTER|REPLICA|PUBSUB)|ID <id> [<id> ...]]",
        "    One line about each connection.",
        "NO-EVICT (ON|OFF)",
        "    Keep this connection when memory for clients runs out.",
        "PAUSE <timeout> [WRITE|ALL]",
        "    Make clients wait for <timeout> milliseconds, all or those that write.",
        "REPLY (ON|OFF|SKIP)",
        "    Whether this connection gets replies.",
        "SETINFO (LIB-NAME|LIB-VER) <value>",
        "    Name or version of the client library.",
        "SETNAME <name>",
        "    Name this connection.",
        "UNBLOCK <clientid> [TIMEOUT|ERROR]",
        "    End another client's wait.",
        "UNPAUSE",
        "    End a pause.");

    /// <summary>An empty name removes the name; false when the error was sent.</summary>
    internal static bool TrySetName(CommandContext c, ReadOnlySpan<byte> name)
    {
        if (!IsOneWord(name))
        {
            c.Error(Errors.ClientName);
            return false;
        }
        c.Session.Name = Encoding.ASCII.GetString(name);
        return true;
    }

    // CLIENT LIST separates its fields by spaces, so a name may not contain any.
    private static bool IsOneWord(ReadOnlySpan<byte> text) => !text.ContainsAnyExceptInRange((byte)'!', (byte)'~');
}
