using Redoubt.Testing;

namespace Redoubt.Conformance.Generation;

internal static class Recipes
{
    /// <summary>The family of whatever is about strings, or about no kind of value.</summary>
    public const string Strings = "string";

    public static IReadOnlyList<Recipe> All { get; } =
        [
            .. StringRecipes.All, .. ListRecipes.All, .. HashRecipes.All, .. SetRecipes.All, .. SortedSetRecipes.All, .. GeoRecipes.All,
            .. StreamRecipes.All, .. BitmapRecipes.All, .. KeyRecipes.All, .. PayloadRecipes.All, .. SortRecipes.All, .. ConnectionRecipes.All, .. MessageRecipes.All, .. ServerRecipes.All,
            .. MalformedRecipes.All,
        ];

    public static Recipe Named(string name) => All.Single(r => r.Name == name);

    /// <summary>A sequence over all recipes by weight.</summary>
    public static List<Request> Mixture(int seed, int count) => Sequence(seed, count, All);

    public static List<Request> Mixture(IReadOnlyList<Recipe> recipes, int seed, int count) => Sequence(seed, count, recipes);

    /// <summary>A sequence in which every other command is of one recipe, between commands that make keys.</summary>
    public static List<Request> Focused(Recipe recipe, int seed, int count)
    {
        Recipe[] makers = [.. All.Where(r => r.Makes && (r.Family == recipe.Family || r.Family == Strings))];
        return Sequence(seed, count, [recipe with { Weight = makers.Sum(m => m.Weight) }, .. makers]);
    }

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
