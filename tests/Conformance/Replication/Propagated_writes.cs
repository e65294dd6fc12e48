using Redoubt.Conformance.Differential;
using Redoubt.Conformance.Generation;

namespace Redoubt.Conformance.Replication;

public sealed class Propagated_writes(ServerPair servers) : IClassFixture<ServerPair>
{
    private static readonly Recipe[] Families =
        [
            .. StringRecipes.All, .. ListRecipes.All, .. HashRecipes.All, .. SetRecipes.All, .. SortedSetRecipes.All, .. GeoRecipes.All,
            .. StreamRecipes.All, .. BitmapRecipes.All, .. KeyRecipes.All, .. PayloadRecipes.All, .. SortRecipes.All, Recipes.Named("SELECT"),
        ];

    public static TheoryData<string> RecipeNames => [.. Families.Where(r => r.Canonical is null).Select(r => r.Name)];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Of_all_kinds_reach_replicas_as_from_Redis(int seed)
    {
        servers.Flush();
        List<Request> requests = Recipes.Mixture(Families, DifferentialRun.BaseSeed + seed, 5_000);
        Assert.True(PropagationComparison.Run(servers.Redis, servers.Redoubt, requests) > 1_000);
    }

    [Theory]
    [MemberData(nameof(RecipeNames))]
    public void Of_one_kind_reach_replicas_as_from_Redis(string recipe)
    {
        servers.Flush();
        List<Request> requests = Recipes.Focused(Recipes.Named(recipe), DifferentialRun.BaseSeed, 300);
        Assert.True(PropagationComparison.Run(servers.Redis, servers.Redoubt, requests) > 50);
    }
}
