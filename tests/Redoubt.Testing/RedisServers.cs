namespace Redoubt.Testing;

public enum ServerKind
{
    Redis,
    Redoubt,
}

/// <summary>Where the binaries are. REDOUBT_SERVER points elsewhere: at another build, or at redis-server to prove the tests themselves.</summary>
public static class ServerBinaries
{
    public const string Redis = "/usr/bin/redis-server";

    public static string Redoubt { get; } = FindRedoubt();

    /// <summary>Directives that every Redoubt under test gets, before those of the test: REDOUBT_SERVER_OPTIONS, such as "--io portable".</summary>
    public static IReadOnlyList<string> RedoubtOptions { get; } =
        (Environment.GetEnvironmentVariable("REDOUBT_SERVER_OPTIONS") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);

    public static string RepositoryRoot => FindRoot();

    public static string PathOf(ServerKind kind)
    {
        string path = kind == ServerKind.Redis ? Redis : Redoubt;
        return File.Exists(path) ? path : throw new FileNotFoundException(kind == ServerKind.Redis
            ? $"{path} is missing: install redis-server 7 (./test.sh does)"
            : $"{path} is missing: run ./build.sh, or set REDOUBT_SERVER");
    }

    private static string FindRedoubt()
    {
        string? path = Environment.GetEnvironmentVariable("REDOUBT_SERVER");
        return string.IsNullOrEmpty(path) ? Path.Combine(FindRoot(), "artifacts", "redoubt-server") : Path.GetFullPath(path, FindRoot());
    }

    private static string FindRoot()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Redoubt.slnx")))
            {
                return folder;
            }
        }

        throw new DirectoryNotFoundException($"no Redoubt.slnx above {AppContext.BaseDirectory}");
    }
}

/// <summary>The two servers of every comparison. Each call starts one; extra arguments are directives.</summary>
public static class RedisServers
{
    public static ServerProcess Redis(params string[] arguments) => Start(ServerKind.Redis, arguments);

    public static ServerProcess Redoubt(params string[] arguments) => Start(ServerKind.Redoubt, arguments);

    /// <summary>A replica, which may not have its link yet.</summary>
    public static ServerProcess ReplicaOf(ServerProcess master, ServerKind kind = ServerKind.Redis, params string[] arguments) =>
        Start(kind, ["--replicaof", $"{master.Host} {master.Port}", .. arguments]);

    public static ServerProcess Start(ServerKind kind, params string[] arguments) => ServerProcess.Start(kind, arguments);
}
