using Redoubt.Commands;
using Redoubt.Server.Configuration;
using Redoubt.Server.Hosting;
using Redoubt.Server.Logging;

LoadResult start = ServerConfig.Load(args, new LoadSurroundings
{
    IsCommand = static name => CommandTable.Find(System.Text.Encoding.UTF8.GetBytes(name)) is not null,
    StandardInput = args.Contains("-") ? Console.OpenStandardInput() : null,
});
Console.Out.Write(start.Output);
Console.Out.Flush();
Console.Error.Write(start.Error);
if (start.Config is not { } config)
    return start.ExitCode;

using ServerLog log = new(config.LogFile, config.LogLevel);
log.Starting();
if (config.ConfigFilePath is null && args.Length == 0)
    log.NoConfigurationFile("redoubt-server");
else
    log.ConfigurationLoaded();
log.DirectivesNotInEffect(config.NotInEffect());
Banner.Print(log, config, !Console.IsOutputRedirected);
AppDomain.CurrentDomain.UnhandledException += (_, failure) => log.Write(LogLevel.Warning, LogMessages.Id.Text, $"=== REDOUBT CRASHED; please report this === {failure.ExceptionObject}");
using ServerHost server = new(config, log);
return server.Run();
