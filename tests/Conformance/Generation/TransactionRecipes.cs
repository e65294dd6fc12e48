namespace Redoubt.Conformance.Generation;

/// <summary>
/// Commands around transactions, and what may be between them: everything whose reply is the same on both servers to the byte, because
/// nothing can be explained away inside the reply of an EXEC.
/// </summary>
internal static class TransactionRecipes
{
    public static IReadOnlyList<Recipe> All { get; } =
    [
        new("MULTI", 40, d => [d.Case("MULTI"), .. d.Chance(0.03) ? ["x"] : Array.Empty<string>()]),
        new("EXEC", 40, d => [d.Case("EXEC"), .. d.Chance(0.03) ? ["x"] : Array.Empty<string>()]),
        new("DISCARD", 8, d => ["DISCARD", .. d.Chance(0.05) ? ["x"] : Array.Empty<string>()]),
        new("WATCH", 20, d => ["WATCH", .. d.KeyList(3)]),
        new("UNWATCH", 8, _ => ["UNWATCH"]),
        new("SAVE inside", 1, _ => ["SAVE", "x"]),
        new("CLIENT REPLY inside", 1, d => ["CLIENT", "REPLY", d.Pick("ON", "bogus")]),
        new("RESET inside", 1, _ => ["RESET"]),
        .. StringRecipes.All,
        .. KeyRecipes.All.Where(r => r.Canonical is null && r.Name is not ("TTL" or "PTTL" or "EXPIRETIME" or "PEXPIRETIME" or "KEYS" or "OBJECT IDLETIME" or "OBJECT REFCOUNT" or "MEMORY USAGE")),
        new("arity inside", 5, d => [d.Case(d.Pick("GET", "SET", "INCR", "DEL", "EXPIRE", "RENAME", "SELECT"))]),
        .. MalformedRecipes.All.Where(r => r.Name != "wrong arity"),
    ];
}
