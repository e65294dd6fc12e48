using System.Globalization;
using System.Text;

namespace Redoubt.Server.Configuration;

/// <summary>A configuration that can't be used; ends the start.</summary>
internal sealed class ConfigException(string reason) : Exception(reason)
{
    /// <summary>The line as Redis counts it: the file, standard input and the options are one text.</summary>
    public int Line { get; init; }

    public string? Directive { get; init; }

    /// <summary>Where a reader finds it: "line 3 of /etc/redis.conf", "the command line".</summary>
    public string? Place { get; init; }

    public string Report()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"\n*** FATAL CONFIG FILE ERROR (Redis {ServerVersion.Redis}) ***\n");
        if (Directive is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $"Reading the configuration file, at line {Line}\n>>> '{Directive}'\n");
        }
        text.Append(Message).Append('\n');
        if (Place is not null) text.Append("(in ").Append(Place).Append(")\n");
        return ConfigText.ToText(text.ToString());
    }
}

/// <summary>A file that can't be opened; Redis reports it as a line of the log.</summary>
internal sealed class ConfigFileException(string path, string reason)
    : Exception($"Fatal error, can't open config file '{path}': {reason}");

/// <summary>The words of the C library for what the file system refuses.</summary>
internal static class FileErrors
{
    public static bool IsOne(Exception e) => e is IOException or UnauthorizedAccessException;

    public static string Reason(Exception e, string path) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => "No such file or directory",
        _ when Directory.Exists(path) => "Is a directory",
        UnauthorizedAccessException => "Permission denied",
        _ => e.Message,
    };
}
