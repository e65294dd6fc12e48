namespace Redoubt.Server.Logging;

/// <summary>How much a line matters; loglevel hides what is below it.</summary>
internal enum LogLevel
{
    Debug,
    Verbose,
    Notice,
    Warning,
}
