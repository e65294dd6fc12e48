using Redoubt.Testing;

namespace Redoubt.Conformance.Generation;

internal static class Recipes
{
    public static IReadOnlyList<Recipe> All { get; } =
        [.. StringRecipes.All, .. KeyRecipes.All, .. ConnectionRecipes.All, .. ServerRecipes.All, .. MalformedRecipes.All];

    /// <summary>Commands that make keys for the others to find.</summary>
    private static readonly Recipe[] Makers = [.. All.Where(r => r.Name is "SET plain" or "SET counter" or "SET" or "EXPIREAT")];

    public static Recipe Named(string name) => All.Single(r => r.Name == name);

    /// <summary>A sequence over all recipes by weight.</summary>
    public static List<Request> Mixture(int seed, int count) => Sequence(seed, count, All);

    public static List<Request> Mixture(IReadOnlyList<Recipe> recipes, int seed, int count) => Sequence(seed, count, recipes);

    /// <summary>A sequence in which every other command is of one recipe, between commands that make keys.</summary>
    public static List<Request> Focused(Recipe recipe, int seed, int count) =>
        Sequence(seed, count, [recipe with { Weight = Makers.Sum(m => m.Weight) }, .. Makers]);

    private static List<Request> Sequence(int seed, int count, IReadOnlyList<Recipe> recipes)
    {
        var draw = new Draw(seed);
        int total = recipes.Sum(r => r.Weight);
        var requests = new List<Request>(count);
        for (int i = 0; i < count; i++)
        {
            int ticket = draw.Next(total);
            int index = 0;
            while ((ticket -= recipes[index].Weight) >= 0)
            {
                index++;
            }

            requests.Add(new Request(recipes[index], Wire.Arguments(recipes[index].Make(draw))));
        }

        return requests;
    }
}
