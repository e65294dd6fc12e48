namespace Redoubt.Commands;

internal static class Monitoring
{
    /// <summary>What others do is sent after the reply. Asking twice changes nothing and is not answered.</summary>
    [Command("MONITOR", 1, CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
        Group = "server", Since = "1.0.0", Summary = "Listen for all requests received by the server in real time")]
    public static void Monitor(CommandContext c)
    {
        if (c.IsInTransaction)
        {
            c.Error(Errors.MonitorInTransaction);
            return;
        }
        if (c.Session.IsReplica || c.Session.IsMonitor)
            return;
        c.Ports.Clients.Monitor(c.Session);
        c.Reply.Ok();
    }
}
