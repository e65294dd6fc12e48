using Redoubt.Commands;
using Redoubt.Server.Configuration;
using Redoubt.Server.Crash;
using Redoubt.Server.Hosting;
using Redoubt.Server.Logging;
using Redoubt.Server.Processes;

bool isDaemon = Daemon.IsThisProcess();
byte[] standardInput = args.Contains("-") ? ReadStandardInput() : [];
LoadResult start = ServerConfig.Load(args, new LoadSurroundings
{
    IsCommand = static name => CommandTable.Find(System.Text.Encoding.UTF8.GetBytes(name)) is not null,
    StandardInput = new MemoryStream(standardInput),
});
Console.Out.Write(start.Output);
Console.Out.Flush();
Console.Error.Write(start.Error);
if (start.Config is not { } config)
    return start.ExitCode;

using ServerLog log = new(config.LogFile, config.LogLevel);
if (config.Process.SyslogEnabled.Value)
    Syslog.Attach(log, config);
Supervisor supervisor = Supervisor.Find(config.Process.Supervised.Value, log);
if (config.Process.Daemonize.Value && !supervisor.IsPresent && !isDaemon)
    return Daemon.Start(standardInput);
log.Starting();
if (args.Length == 0)
    log.NoConfigurationFile(Redoubt.Native.Processes.ArgumentArea.Original[0]);
else
    log.ConfigurationLoaded();
log.DirectivesNotInEffect(config.NotInEffect());
using ServerHost server = new(config, log, supervisor);
return CrashWatch.Run(server);

static byte[] ReadStandardInput()
{
    using MemoryStream bytes = new();
    using Stream input = Console.OpenStandardInput();
    input.CopyTo(bytes);
    return bytes.ToArray();
}
