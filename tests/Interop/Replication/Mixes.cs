using Redoubt.Testing;

namespace Redoubt.Interop.Replication;

/// <summary>Every scenario in every mix of servers; at the end datasets are equal key by key, and nobody has taken more full resyncs than it should.</summary>
public sealed class Mixes
{
    private static readonly ServerKind[] Kinds = [ServerKind.Redis, ServerKind.Redoubt];

    public static TheoryData<string, ServerKind, ServerKind, ServerKind> All
    {
        get
        {
            TheoryData<string, ServerKind, ServerKind, ServerKind> all = [];
            int number = 0;
            foreach (string file in Directory.GetFiles(Scenario.Folder, "*.txt").Order(StringComparer.Ordinal))
            {
                string name = Path.GetFileNameWithoutExtension(file);
                foreach (ServerKind a in Kinds)
                {
                    foreach (ServerKind b in Kinds)
                    {
                        foreach (ServerKind c in Kinds)
                        {
                            // Redis among itself is the model. Of the others each scenario is run in one mix at least.
                            bool isModel = (a, b, c) == (ServerKind.Redis, ServerKind.Redis, ServerKind.Redis);
                            if (Nodes.RunsAll || (!isModel && number++ % 5 == 0))
                                all.Add(name, a, b, c);
                        }
                    }
                }
            }
            return all;
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Of_servers_go_through_the_scenario(string name, ServerKind a, ServerKind b, ServerKind c)
    {
        using Scenario scenario = Scenario.Read(name, a, b, c);
        scenario.Run();
    }
}
