using System.Globalization;
using Redoubt.Testing;

namespace Redoubt.Interop.Tools;

/// <summary>The two client libraries of JavaScript, unchanged, on the everyday paths of every type. They are run on Redis, too, or a wrong expectation would look like a fault.</summary>
public sealed class Node_clients
{
    private static readonly string Modules = Path.Combine(ServerBinaries.RepositoryRoot, "artifacts", "node-clients", "node_modules");

    [Theory]
    [InlineData("ioredis", "ioredis", ServerKind.Redis)]
    [InlineData("ioredis", "ioredis", ServerKind.Redoubt)]
    [InlineData("redis", "node-redis", ServerKind.Redis)]
    [InlineData("redis", "node-redis", ServerKind.Redoubt)]
    public void Work_unchanged(string package, string script, ServerKind kind)
    {
        Assert.SkipUnless(Directory.Exists(Path.Combine(Modules, package)), $"{package} is not installed (./test.sh installs it)");
        using ServerProcess server = RedisServers.Start(kind);
        string path = Path.Combine(ServerBinaries.RepositoryRoot, "tests", "Interop", "Tools", "Node", $"{script}.cjs");
        ToolRun run = ToolRun.Of("/usr/bin/env", [$"NODE_PATH={Modules}", "node", path, server.Port.ToString(CultureInfo.InvariantCulture)]);
        Assert.Equal("all well\n", run.Succeeded());
    }
}
