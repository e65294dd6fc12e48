namespace Redoubt.Server.Information;

/// <summary>INFO's sections, in the order in which they are printed.</summary>
internal enum InfoSection
{
    Server,
    Clients,
    Memory,
    Persistence,
    Stats,
    Replication,
    Cpu,
    Modules,
    CommandStats,
    ErrorStats,
    LatencyStats,
    Cluster,
    Keyspace,
}

/// <summary>Which sections an INFO asks for. Names come in lower case; unknown ones ask for nothing.</summary>
internal static class SectionChoice
{
    /// <summary>INFO without arguments: all but those whose size grows with the number of commands.</summary>
    public static HashSet<InfoSection> Default => [.. All.Except([InfoSection.CommandStats, InfoSection.LatencyStats])];

    private static InfoSection[] All => Enum.GetValues<InfoSection>();

    public static HashSet<InfoSection> Of(IReadOnlyList<string> names)
    {
        if (names.Count == 0)
            return Default;
        HashSet<InfoSection> chosen = [];
        foreach (string name in names)
        {
            // "everything" differs from "all" only by what loaded modules add.
            if (name is "all" or "everything")
                chosen.UnionWith(All);
            else if (name == "default")
                chosen.UnionWith(Default);
            else if (Array.FindIndex(All, each => each.ToString().Equals(name, StringComparison.OrdinalIgnoreCase)) is >= 0 and int index)
                chosen.Add(All[index]);
        }
        return chosen;
    }
}
