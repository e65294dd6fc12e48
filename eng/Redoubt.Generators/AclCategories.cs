// ACL categories of a command: those that follow from its flags and those it names itself.

namespace Redoubt.Generators;

internal static class AclCategories
{
    /// <summary>In the order in which COMMAND INFO lists them; the position is also the bit in Redoubt.Commands.AclCategories.</summary>
    public static readonly IReadOnlyList<(string Word, string Member)> All =
    [
        ("keyspace", "Keyspace"), ("read", "Read"), ("write", "Write"), ("set", "Set"), ("sortedset", "SortedSet"), ("list", "List"),
        ("hash", "Hash"), ("string", "String"), ("bitmap", "Bitmap"), ("hyperloglog", "HyperLogLog"), ("geo", "Geo"),
        ("stream", "Stream"), ("pubsub", "PubSub"), ("admin", "Admin"), ("fast", "Fast"), ("slow", "Slow"), ("blocking", "Blocking"),
        ("dangerous", "Dangerous"), ("connection", "Connection"), ("transaction", "Transaction"), ("scripting", "Scripting"),
    ];

    public static IEnumerable<string> Words(string acl) => acl.Split([' '], StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The categories of a command, as indexes into <see cref="All"/>.</summary>
    public static IReadOnlyList<int> Of(CommandModel command)
    {
        var words = new HashSet<string>(Words(command.Acl)) { command.Has("Fast") ? "fast" : "slow" };
        if (command.Has("Write"))
            words.Add("write");
        if (command.Has("ReadOnly") && !words.Contains("scripting"))
            words.Add("read");
        if (command.Has("Admin"))
            words.UnionWith(["admin", "dangerous"]);
        if (command.Has("PubSub"))
            words.Add("pubsub");
        if (command.Has("Blocking"))
            words.Add("blocking");
        return Enumerable.Range(0, All.Count).Where(i => words.Contains(All[i].Word)).ToList();
    }
}
