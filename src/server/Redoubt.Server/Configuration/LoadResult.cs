namespace Redoubt.Server.Configuration;

/// <summary>What came of a start: a configuration, or texts and an exit code.</summary>
internal sealed record LoadResult(ServerConfig? Config, int ExitCode, string Output, string Error)
{
    public static LoadResult Stop(int exitCode, string output = "", string error = "") => new(null, exitCode, output, error);
}

/// <summary>What the configuration may ask of its surroundings; the defaults are those of a real start.</summary>
internal sealed class LoadSurroundings
{
    /// <summary>Tells whether rename-command names a command; without it any name passes.</summary>
    public Func<string, bool>? IsCommand { get; init; }

    public Stream? StandardInput { get; init; }

    public string CurrentDirectory { get; init; } = Environment.CurrentDirectory;
}
