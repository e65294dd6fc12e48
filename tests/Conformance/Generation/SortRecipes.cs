namespace Redoubt.Conformance.Generation;

/// <summary>
/// SORT over lists, sets and sorted sets, with weights and values in other keys. Elements of equal weight come in the order of their bytes, but where weights are compared
/// as texts that order is nobody's; nor is that of a set that is not sorted. Both are left out. The keys are the family's own, because Redis gives a
/// small sorted set that is sorted its large form for good, which OBJECT ENCODING would tell.
/// </summary>
internal static class SortRecipes
{
    private static readonly string[] Collections = ["sort-list", "sort-list", "sort-set", "sort-zset", "no-such-list"];

    public static IEnumerable<Recipe> All { get; } = Family(
        new("RPUSH to be sorted", 20, d => ["RPUSH", "sort-list", .. Elements(d)], Makes: true),
        new("SADD to be sorted", 20, d => ["SADD", "sort-set", .. Elements(d)], Makes: true),
        new("ZADD to be sorted", 20, d => ["ZADD", "sort-zset", Draw.Number(d.Next(9)), d.Pick(Elements(d))], Makes: true),
        new("SET weights", 25, d => ["SET", $"weight-{d.Next(12)}", d.Chance(0.95) ? d.Pick("1", "2", "-3", "1.5", "1e2", "0", "100") : d.Value()], Makes: true),
        new("HSET weights", 20, d => ["HSET", $"weights-{d.Next(12)}", d.Pick("of", "name"), Draw.Number(d.Next(-5, 20))], Makes: true),
        new("SORT", 20, d => [d.Case("SORT"), d.Pick(Collections), .. Options(d), .. d.Chance(0.1) ? ["STORE", d.Pick("sort-list", "sorted", "k1")] : Array.Empty<string>()]),
        new("SORT_RO", 8, d => ["SORT_RO", d.Pick(Collections), .. Options(d), .. d.Chance(0.03) ? ["STORE", "sorted"] : Array.Empty<string>()]),
        new("SORT errors", 3, d => [d.Pick("SORT", "SORT_RO"), d.Pick("sort-list", "weight-1", "weights-1"), .. d.Some(["LIMIT", "0", d.Integer()], ["LIMIT", d.Integer()], ["BY"], ["GET"], ["STORE"], ["bogus"])]),
        new("LRANGE of what was sorted", 5, _ => ["LRANGE", "sorted", "0", "-1"]),
        new("DEL of what was sorted", 3, d => ["DEL", d.Pick("sort-list", "sort-set", "sort-zset", "sorted")]));

    private static Recipe[] Family(params Recipe[] recipes) => [.. recipes.Select(r => r with { Family = "sort" })];

    private static string[] Elements(Draw d) => [.. Enumerable.Range(0, 1 + d.Next(4)).Select(_ => d.Chance(0.97) ? Draw.Number(d.Next(12)) : d.Pick("1.5", "-2", "abc", "", "1e3"))];

    private static string[] Options(Draw d)
    {
        string[] order = d.Some([d.Pick("ASC", "DESC")], ["LIMIT", Draw.Number(d.Next(-1, 5)), Draw.Number(d.Next(-1, 8))]);
        string[] get = [.. Enumerable.Range(0, d.Pick(0, 0, 1, 2)).SelectMany(_ => new[] { d.Case("GET"), d.Pick("#", "weight-*", "weights-*->name", "nothing-*", "no-star", "weights-*->") })];
        string[] by = d.Next(4) switch
        {
            0 => ["BY", d.Pick("weight-*", "weights-*->of", "weights-*->missing", "no-such-*")],
            1 => [d.Case("ALPHA")],
            _ => [],
        };
        return [.. order, .. by, .. get];
    }
}
