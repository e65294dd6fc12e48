namespace Redoubt.Operations.Local;

/// <summary>Finds the server to start.</summary>
public static class ServerBinary
{
    /// <summary>In this order: what was asked for, <c>REDOUBT_SERVER</c>, <c>redoubt-server</c> beside this tool, in an
    /// <c>artifacts</c> folder above it (a tool that runs from its build folder), or on the PATH.</summary>
    /// <exception cref="LocalGroupException">None of these is there.</exception>
    public static string Find(string? wanted)
    {
        wanted ??= Environment.GetEnvironmentVariable("REDOUBT_SERVER") is { Length: > 0 } variable ? variable : null;
        if (wanted is not null)
        {
            return Existing(wanted) ?? (wanted.Contains('/') ? null : OnPath(wanted))
                ?? throw new LocalGroupException($"There is no program '{wanted}'. --server and REDOUBT_SERVER name a server binary, such as /usr/bin/redis-server.");
        }

        if (Existing(Path.Combine(AppContext.BaseDirectory, "redoubt-server")) is { } beside)
            return beside;
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (Existing(Path.Combine(folder.FullName, "artifacts", "redoubt-server")) is { } built)
                return built;
        }

        return OnPath("redoubt-server")
            ?? throw new LocalGroupException("redoubt-server is not built yet: run ./build.sh, or name a server with --server (any redis-server will do).");
    }

    private static string? OnPath(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Existing(Path.Combine(folder, name)))
            .FirstOrDefault(found => found is not null);

    private static string? Existing(string path) => File.Exists(path) ? Path.GetFullPath(path) : null;
}
