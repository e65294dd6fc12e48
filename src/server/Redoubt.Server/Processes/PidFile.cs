using System.Globalization;
using Redoubt.Server.Configuration;
using Redoubt.Server.Logging;

namespace Redoubt.Server.Processes;

/// <summary>
/// The process id, for init scripts: written when the server listens, removed when it ends well. A daemon without <c>pidfile</c> uses
/// Redis's default path. As with Redis, a file that can't be written stops nothing.
/// </summary>
internal sealed class PidFile(ServerConfig config, ServerLog log)
{
    private const string OfDaemons = "/var/run/redis.pid";

    private string Path => config.PidFile.Length > 0 ? config.PathInDir(config.PidFile) : config.Process.Daemonize.Value ? OfDaemons : "";

    public void Write()
    {
        if (Path.Length == 0)
            return;
        try
        {
            File.WriteAllText(Path, Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n");
        }
        catch (Exception failure) when (FileErrors.IsOne(failure))
        {
            // See above.
        }
    }

    public void Remove()
    {
        if (Path.Length == 0)
            return;
        log.RemovingPidFile();
        try
        {
            File.Delete(Path);
        }
        catch (Exception failure) when (FileErrors.IsOne(failure))
        {
            // The server ends either way.
        }
    }
}
