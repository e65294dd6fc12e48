using Redoubt.Conformance.Differential;
using Redoubt.Conformance.Generation;
using Redoubt.Testing;

namespace Redoubt.Conformance.Messages;

/// <summary>
/// What a caching client of either server is told while another one writes: the same generated commands on both, the reader's and the writer's in turn, and
/// after each turn the keys that the reader was told to forget.
/// </summary>
public sealed class Generated_invalidations(ServerPair servers) : IClassFixture<ServerPair>
{
    private const int Turns = 250;
    private const int CommandsPerTurn = 8;

    [Theory]
    [InlineData("ON")]
    [InlineData("ON NOLOOP")]
    [InlineData("ON BCAST")]
    [InlineData("ON BCAST PREFIX k PREFIX l NOLOOP")]
    public void Are_those_of_Redis(string mode)
    {
        servers.Flush();
        List<string> expected = ToldBy(servers.Redis, mode);
        List<string> actual = ToldBy(servers.Redoubt, mode);
        int differing = expected.Zip(actual).TakeWhile(pair => pair.First == pair.Second).Count();
        Assert.True(differing == Turns, $"turn {differing}:\nRedis:   {expected.ElementAtOrDefault(differing)}\nRedoubt: {actual.ElementAtOrDefault(differing)}");
        Assert.True(expected.Count(told => told.Contains("invalidate", StringComparison.Ordinal)) > Turns / 4, "hardly anything was told");
    }

    // PFDEBUG gives a value another form, of which Redis says nothing.
    private static List<string> ToldBy(ServerProcess server, string mode)
    {
        Recipe[] recipes = [.. new[] { StringRecipes.All, ListRecipes.All, HashRecipes.All, SetRecipes.All, SortedSetRecipes.All, StreamRecipes.All, BitmapRecipes.All, KeyRecipes.All }
            .SelectMany(family => family).Where(r => r.Canonical is null && r.Name is not ("SWAPDB" or "CONFIG SET zset-max-listpack" or "PFDEBUG"))];
        Request[][] turns = [.. Recipes.Mixture(recipes, DifferentialRun.BaseSeed, Turns * CommandsPerTurn).Chunk(CommandsPerTurn)];
        using RespConnection reader = server.Connect(protocol: 3);
        using RespConnection writer = server.Connect();
        reader.Call(["CLIENT", "TRACKING", .. mode.Split(' ')]).OrThrow();
        List<string> told = [];
        for (int turn = 0; turn < Turns; turn++)
        {
            foreach (Request request in turns[turn])
            {
                (turn % 2 == 0 ? reader : writer).Call(request.Arguments);
            }

            // Broadcasts come at the end of a turn of the server's loop, so by the second of two requests.
            reader.Call("PING").OrThrow();
            reader.Call("PING").OrThrow();
            told.Add($"after {string.Join(" | ", turns[turn].Select(r => r.ToString()))}: {Keys(reader)}");
            reader.Pushes.Clear();
        }

        return told;
    }

    /// <summary>In one order: what a command with several keys changed is told in the order of a table.</summary>
    private static string Keys(RespConnection reader) => string.Join(' ', reader.Pushes
        .SelectMany(push => push[1].IsNull ? ["all"] : push[1].Items.Select(key => key.ToString())).Select(key => $"invalidate {key}").Order(StringComparer.Ordinal));
}
