// CLIENT TRACKING, CACHING, TRACKINGINFO and GETREDIR: server-assisted caching in clients. The rules about which options go
// together, in Redis's order and words; what follows from them is the server's (ITracking).

namespace Redoubt.Commands;

internal static class ClientTracking
{
    [Command("CLIENT|TRACKING", -3, CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Acl = "connection", Group = "connection", Since = "6.0.0",
        Summary = "Enable or disable server assisted client side caching support",
        Complexity = "O(1). Some options may introduce additional complexity.",
        Syntax = "status(ON|OFF) [REDIRECT=client-id:integer] [PREFIX=prefix++] [BCAST] [OPTIN] [OPTOUT] [NOLOOP]")]
    public static void Tracking(CommandContext c)
    {
        List<byte[]> prefixes = [];
        if (!TryOptions(c, prefixes, out TrackingModes modes, out long redirection))
            return;
        if (c.Is(2, "ON"u8))
        {
            if (Contradiction(c, modes, prefixes) is { } error)
            {
                c.Error(error);
                return;
            }
            c.Ports.Tracking.Enable(c.Session, modes, redirection, prefixes);
        }
        else if (c.Is(2, "OFF"u8))
        {
            c.Ports.Tracking.Disable(c.Session);
        }
        else
        {
            c.Error(Errors.Syntax);
            return;
        }
        c.Reply.Ok();
    }

    [Command("CLIENT|CACHING", 3, CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Acl = "connection", Group = "connection", Since = "6.0.0",
        Summary = "Instruct the server about tracking or not keys in the next request", Complexity = "O(1)", Syntax = "mode(YES|NO)")]
    public static void Caching(CommandContext c)
    {
        ITracking tracking = c.Ports.Tracking;
        TrackingModes modes = tracking.ModesOf(c.Session);
        if (!tracking.IsOn(c.Session))
        {
            c.Error("ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled"u8);
        }
        else if (!c.Is(2, "YES"u8) && !c.Is(2, "NO"u8))
        {
            c.Error(Errors.Syntax);
        }
        else if (c.Is(2, "YES"u8) && (modes & TrackingModes.OptIn) == 0)
        {
            c.Error("ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode."u8);
        }
        else if (c.Is(2, "NO"u8) && (modes & TrackingModes.OptOut) == 0)
        {
            c.Error("ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode."u8);
        }
        else
        {
            tracking.GiveCaching(c.Session);
            c.Reply.Ok();
        }
    }

    [Command("CLIENT|GETREDIR", 2, CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Acl = "connection", Group = "connection", Since = "6.0.0", Summary = "Get tracking notifications redirection client ID if any",
        Complexity = "O(1)")]
    public static void GetRedir(CommandContext c) => c.Reply.Integer(Redirection(c));

    [Command("CLIENT|TRACKINGINFO", 2, CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Acl = "connection", Group = "connection", Since = "6.2.0",
        Summary = "Return information about server assisted client side caching for the current connection", Complexity = "O(1)")]
    public static void TrackingInfo(CommandContext c)
    {
        ITracking tracking = c.Ports.Tracking;
        TrackingModes modes = tracking.ModesOf(c.Session);
        bool isCachingGiven = tracking.IsCachingGiven(c.Session);
        List<string> flags = [tracking.IsOn(c.Session) ? "on" : "off"];
        if ((modes & TrackingModes.Broadcast) != 0)
            flags.Add("bcast");
        if ((modes & TrackingModes.OptIn) != 0)
            flags.AddRange(isCachingGiven ? ["optin", "caching-yes"] : ["optin"]);
        if ((modes & TrackingModes.OptOut) != 0)
            flags.AddRange(isCachingGiven ? ["optout", "caching-no"] : ["optout"]);
        if ((modes & TrackingModes.NoLoop) != 0)
            flags.Add("noloop");
        if (tracking.IsRedirectionBroken(c.Session))
            flags.Add("broken_redirect");

        c.Reply.Map(3);
        c.Reply.Bulk("flags"u8);
        c.Reply.Set(flags.Count);
        foreach (string flag in flags)
            c.Reply.Bulk(flag);
        c.Reply.Bulk("redirect"u8);
        c.Reply.Integer(Redirection(c));
        c.Reply.Bulk("prefixes"u8);
        IReadOnlyCollection<byte[]> prefixes = tracking.PrefixesOf(c.Session);
        c.Reply.Array(prefixes.Count);
        foreach (byte[] prefix in prefixes)
            c.Reply.Bulk(prefix);
    }

    /// <summary>-1 when nothing is tracked.</summary>
    private static long Redirection(CommandContext c) => c.Ports.Tracking.IsOn(c.Session) ? c.Ports.Tracking.RedirectionOf(c.Session) : -1;

    private static bool TryOptions(CommandContext c, List<byte[]> prefixes, out TrackingModes modes, out long redirection)
    {
        modes = TrackingModes.None;
        redirection = 0;
        for (int i = 3; i < c.Count; i++)
        {
            bool hasMore = i + 1 < c.Count;
            if (hasMore && c.Is(i, "REDIRECT"u8))
            {
                if (!TryRedirection(c, ++i, ref redirection))
                    return false;
            }
            else if (hasMore && c.Is(i, "PREFIX"u8))
            {
                prefixes.Add(c[++i].ToArray());
            }
            else if (ModeOf(c, i) is var mode and not TrackingModes.None)
            {
                modes |= mode;
            }
            else
            {
                c.Error(Errors.Syntax);
                return false;
            }
        }
        return true;
    }

    private static TrackingModes ModeOf(CommandContext c, int index) =>
        c.Is(index, "BCAST"u8) ? TrackingModes.Broadcast
            : c.Is(index, "OPTIN"u8) ? TrackingModes.OptIn
            : c.Is(index, "OPTOUT"u8) ? TrackingModes.OptOut
            : c.Is(index, "NOLOOP"u8) ? TrackingModes.NoLoop : TrackingModes.None;

    private static bool TryRedirection(CommandContext c, int index, ref long redirection)
    {
        if (redirection != 0)
        {
            c.Error("ERR A client can only redirect to a single other client"u8);
            return false;
        }
        if (!c.TryInteger(index, out redirection))
            return false;
        if (c.Ports.Clients.Find(redirection) is not null)
            return true;
        c.Error("ERR The client ID you want redirect to does not exist"u8);
        return false;
    }

    private static string? Contradiction(CommandContext c, TrackingModes modes, List<byte[]> prefixes)
    {
        bool broadcasts = (modes & TrackingModes.Broadcast) != 0, optsIn = (modes & TrackingModes.OptIn) != 0, optsOut = (modes & TrackingModes.OptOut) != 0;
        TrackingModes before = c.Ports.Tracking.ModesOf(c.Session);
        if (!broadcasts && prefixes.Count > 0)
            return "ERR PREFIX option requires BCAST mode to be enabled";
        if (c.Ports.Tracking.IsOn(c.Session) && ((before & TrackingModes.Broadcast) != 0) != broadcasts)
            return "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode.";
        if (broadcasts && (optsIn || optsOut))
            return "ERR OPTIN and OPTOUT are not compatible with BCAST";
        if (optsIn && optsOut)
            return "ERR You can't specify both OPTIN mode and OPTOUT mode";
        if ((optsIn && (before & TrackingModes.OptOut) != 0) || (optsOut && (before & TrackingModes.OptIn) != 0))
            return "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode.";
        return broadcasts ? Collision(c, prefixes) : null;
    }

    /// <summary>Two prefixes of which one begins with the other would report the same key twice.</summary>
    private static string? Collision(CommandContext c, List<byte[]> prefixes)
    {
        for (int i = 0; i < prefixes.Count; i++)
        {
            foreach (byte[] present in c.Ports.Tracking.PrefixesOf(c.Session))
            {
                if (Overlap(present, prefixes[i]))
                    return Worded(prefixes[i], "an existing", present);
            }
            for (int other = i + 1; other < prefixes.Count; other++)
            {
                if (Overlap(prefixes[i], prefixes[other]))
                    return Worded(prefixes[i], "another provided", prefixes[other]);
            }
        }
        return null;
    }

    private static bool Overlap(byte[] a, byte[] b) => a.AsSpan().StartsWith(b) || b.AsSpan().StartsWith(a);

    private static string Worded(byte[] prefix, string which, byte[] other) =>
        $"ERR Prefix '{Text(prefix)}' overlaps with {which} prefix '{Text(other)}'. Prefixes for a single client must not overlap.";

    private static string Text(byte[] bytes) => System.Text.Encoding.UTF8.GetString(bytes);
}
