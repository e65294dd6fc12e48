using Redoubt.Conformance.Differential;
using Redoubt.Conformance.Generation;
using Redoubt.Testing;

namespace Redoubt.Conformance.Exchange;

/// <summary>Datasets of every type and encoding, made by the same generated commands that are compared elsewhere.</summary>
internal static class GeneratedDataset
{
    private static readonly Recipe[] Writers = [.. Recipes.All.Where(r => r.Canonical is null && r.Name is not ("FLUSHALL" or "FLUSHDB" or "SWAPDB" or "CONFIG SET zset-max-listpack")
        && !MessageRecipes.All.Contains(r) && !MalformedRecipes.All.Contains(r) && !ServerRecipes.All.Contains(r) && !ConnectionRecipes.All.Contains(r))];

    /// <summary>Directives under which short sequences cross the limits of every encoding.</summary>
    public static string[] SmallLimits =>
    [
        "--enable-debug-command", "yes", "--hash-max-listpack-entries", "6", "--zset-max-listpack-entries", "6", "--set-max-intset-entries", "6", "--list-max-listpack-size", "4",
        "--list-compress-depth", "1", "--stream-node-max-entries", "5", "--repl-diskless-sync-delay", "0",
    ];

    /// <summary>Sends so many generated commands in pipelines.</summary>
    public static void Write(ServerProcess server, int seed, int count)
    {
        using RespConnection connection = server.Connect();
        foreach (Request[] batch in Recipes.Mixture(Writers, DifferentialRun.BaseSeed + seed, count).Chunk(100))
        {
            connection.Pipeline([.. batch.Select(r => (IReadOnlyList<byte[]>)r.Arguments)]);
        }
    }

    /// <summary>The keys of the database that the connection is in.</summary>
    public static List<byte[]> KeysOf(RespConnection connection) => [.. Dataset.Keys(connection)];
}
