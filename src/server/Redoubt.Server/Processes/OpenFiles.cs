// maxclients needs descriptors, of which the system grants a number (`ulimit -n`). As many as needed are asked for; when
// they are not to be had, maxclients follows what is.

using Redoubt.Native.Processes;
using Redoubt.Server.Configuration;
using Redoubt.Server.Logging;

namespace Redoubt.Server.Processes;

internal sealed class OpenFiles(ServerConfig config, ServerLog log)
{
    /// <summary>For everything that is no client: files, listeners, replicas' snapshots.</summary>
    private const ulong ReservedFiles = 32;
    private const ulong Step = 16;

    /// <summary>Lowers maxclients to what the system allows. False when that is none.</summary>
    public bool Adjust()
    {
        long maxClients = config.Network.MaxClients.Value;
        ulong needed = (ulong)maxClients + ReservedFiles;
        if (OpenFileLimit.Current is not { } before || before >= needed)
            return true;
        string? reason = null;
        ulong reached = needed;
        while (reached > before)
        {
            string? failure = OpenFileLimit.Raise(reached);
            if (failure is null)
                break;
            reason = failure;
            reached = reached > Step ? reached - Step : 0;
        }
        reached = Math.Max(reached, before);
        if (reached >= needed)
        {
            log.OpenFilesRaised(needed, before);
            return true;
        }
        if (reached <= ReservedFiles)
        {
            log.OpenFilesNotEnough(before, needed);
            return false;
        }
        config.Network.MaxClients.Restore((long)(reached - ReservedFiles));
        log.OpenFilesTooFew(maxClients, needed, reached, config.Network.MaxClients.Value, reason ?? "");
        return true;
    }

    /// <summary>CONFIG SET maxclients.</summary>
    public string? Apply()
    {
        long wanted = config.Network.MaxClients.Value;
        return Adjust() && config.Network.MaxClients.Value == wanted
            ? null
            : $"The operating system is not able to handle the specified number of clients, try with {config.Network.MaxClients.Printed}";
    }
}
