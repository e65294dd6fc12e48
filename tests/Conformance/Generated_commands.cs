using System.Globalization;
using Redoubt.Conformance.Differential;
using Redoubt.Conformance.Generation;

namespace Redoubt.Conformance;

public sealed class Generated_commands(ServerPair servers, ITestOutputHelper output) : IClassFixture<ServerPair>
{
    private static readonly int CommandsPerProtocol = NumberOfCommands / 2;
    private const int CommandsInTransactions = 30_000;
    private const int CommandsPerRecipe = 500;

    /// <summary>200,000 by default; REDOUBT_COMMANDS sets another number, for a run of an hour or a minute.</summary>
    private static int NumberOfCommands =>
        int.TryParse(Environment.GetEnvironmentVariable("REDOUBT_COMMANDS"), CultureInfo.InvariantCulture, out int number) ? number : 200_000;

    public static TheoryData<string> RecipeNames => [.. Recipes.All.Select(r => r.Name)];

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Mixed_at_random_they_get_the_replies_of_Redis(int protocol)
    {
        var run = new DifferentialRun(servers.Redis.Port, servers.Redoubt.Port, protocol);
        output.WriteLine(run.Compare(CommandsPerProtocol, Recipes.Mixture));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void In_and_around_transactions_they_get_the_replies_of_Redis(int protocol)
    {
        var run = new DifferentialRun(servers.Redis.Port, servers.Redoubt.Port, protocol);
        output.WriteLine(run.Compare(CommandsInTransactions, (seed, count) => Recipes.Mixture(TransactionRecipes.All, seed, count)));
    }

    [Theory]
    [MemberData(nameof(RecipeNames))]
    public void Of_one_kind_among_writes_they_get_the_replies_of_Redis(string recipe)
    {
        foreach (int protocol in new[] { 2, 3 })
        {
            var run = new DifferentialRun(servers.Redis.Port, servers.Redoubt.Port, protocol);
            output.WriteLine(run.Compare(CommandsPerRecipe, (seed, count) => Recipes.Focused(Recipes.Named(recipe), seed, count)));
        }
    }
}
