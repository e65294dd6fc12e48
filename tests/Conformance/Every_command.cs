using Redoubt.Conformance.Differential;
using Redoubt.Conformance.Generation;
using Redoubt.Testing;

namespace Redoubt.Conformance;

public sealed class Every_command(ServerPair servers) : IClassFixture<ServerPair>
{
    private const int DrawsPerRecipe = 300;

    /// <summary>What does not answer with one reply that stands by itself, and where it is compared instead.</summary>
    private static readonly Dictionary<string, string> ComparedElsewhere = new()
    {
        ["MONITOR"] = "it answers without end: Clients/Monitors_and_logs.cs",
        ["QUIT"] = "it ends the connection: Protocol/Raw_requests.cs",
        ["PSYNC"] = "it makes a replica of the client: Replication/Propagated_writes.cs and the tests in tests/Interop",
        ["SYNC"] = "it makes a replica of the client: Replication/Propagated_writes.cs and the tests in tests/Interop",
        ["PFSELFTEST"] = "it takes redis-server a second: Every_command.cs",
    };

    /// <summary>A command without a recipe is one that nobody has compared with Redis.</summary>
    [Fact]
    public void Of_the_table_has_a_recipe()
    {
        var draw = new Draw(1);
        HashSet<string> drawn = [];
        foreach (Recipe recipe in Recipes.All.Concat(TransactionRecipes.All))
        {
            for (int i = 0; i < DrawsPerRecipe; i++)
            {
                var request = new Request(recipe, Wire.Arguments(recipe.Make(draw)));
                drawn.Add(request.Name);
                drawn.Add($"{request.Name}|{request.Subcommand}");
            }
        }

        List<string> commands = [.. CommandsOf(servers.Redoubt)];
        Assert.True(commands.Count > 250, $"only {commands.Count} commands");
        Assert.Equal([], commands.Except(drawn).Except(ComparedElsewhere.Keys));
        Assert.Equal([], ComparedElsewhere.Keys.Except(commands));
    }

    [Fact]
    public void PFSELFTEST_ends_as_with_Redis() => Assert.Equal(servers.Redis.Call("PFSELFTEST").ToString(), servers.Redoubt.Call("PFSELFTEST").ToString());

    /// <summary>Names as the table has them; of a command with subcommands, these.</summary>
    private static IEnumerable<string> CommandsOf(ServerProcess server)
    {
        foreach (RespValue command in server.Call("COMMAND").OrThrow().Items)
        {
            string name = command[0].Text.ToUpperInvariant();
            IReadOnlyList<RespValue> subcommands = command[9].Items;
            if (subcommands.Count == 0)
                yield return name;
            foreach (RespValue subcommand in subcommands)
                yield return subcommand[0].Text.ToUpperInvariant();
        }
    }
}
