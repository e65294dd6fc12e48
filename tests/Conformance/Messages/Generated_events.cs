using Redoubt.Conformance.Differential;
using Redoubt.Conformance.Generation;
using Redoubt.Testing;

namespace Redoubt.Conformance.Messages;

/// <summary>The keyspace events of generated commands, in number, order and content, as listeners of both servers get them.</summary>
public sealed class Generated_events(ServerPair servers) : IClassFixture<ServerPair>
{
    private const string Marker = "end-of-the-events";
    private const int Commands = 3000;

    [Theory]
    [InlineData("string")]
    [InlineData("list")]
    [InlineData("hash")]
    [InlineData("set")]
    [InlineData("sortedset")]
    [InlineData("stream")]
    public void Of_one_family_are_those_of_Redis(string family)
    {
        IEnumerable<Recipe> ofFamily = family == Recipes.Strings ? [.. StringRecipes.All, .. BitmapRecipes.All, .. KeyRecipes.All] : Recipes.All.Where(r => r.Family == family);
        Recipe[] recipes = [.. ofFamily.Where(r => r.Canonical is null)];
        Assert.NotEmpty(recipes);
        servers.Flush();
        List<Request> requests = Recipes.Mixture(recipes, DifferentialRun.BaseSeed, Commands);
        List<string> expected = EventsOf(servers.Redis, requests);
        List<string> actual = EventsOf(servers.Redoubt, requests);
        int differing = expected.Zip(actual).TakeWhile(pair => pair.First == pair.Second).Count();
        Assert.True(differing == expected.Count && expected.Count == actual.Count,
            $"event {differing} of {expected.Count}, {actual.Count}:\nRedis:   {Around(expected, differing)}\nRedoubt: {Around(actual, differing)}");
        Assert.True(expected.Count > Commands / 10);
    }

    private static List<string> EventsOf(ServerProcess server, List<Request> requests)
    {
        server.Call("CONFIG", "SET", "notify-keyspace-events", "EAmn").OrThrow();
        using RespConnection listener = server.Connect();
        listener.Call("PSUBSCRIBE", "__keyevent@*").OrThrow();
        listener.Call("SUBSCRIBE", Marker).OrThrow();
        using RespConnection writer = server.Connect();
        foreach (Request[] batch in requests.Chunk(100))
            writer.Pipeline([.. batch.Select(r => (IReadOnlyList<byte[]>)r.Arguments)]);
        writer.Call("PUBLISH", Marker, "").OrThrow();
        List<string> events = [];
        while (listener.ReadReply() is var message && message[0].Text == "pmessage")
            events.Add($"{message[2].Text} {message[3].Text}");
        server.Call("CONFIG", "SET", "notify-keyspace-events", "").OrThrow();
        return events;
    }

    private static string Around(List<string> events, int index) => string.Join(" | ", events.Skip(Math.Max(0, index - 3)).Take(6));
}
