using Redoubt.Testing;

namespace Redoubt.Conformance.Messages;

/// <summary>Pub/sub, keyspace events and client-side caching: the same scenes on both servers, and what the listeners got.</summary>
public sealed class Messages_and_caches
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Subscribers_of_both_servers_read_the_same(int protocol)
    {
        Same(server =>
        {
            using RespConnection listener = server.Connect(protocol);
            List<string> seen = [];
            Ask(listener, seen, 2, "SUBSCRIBE", "news", "weather");
            Ask(listener, seen, 1, "PSUBSCRIBE", "n*s");
            Ask(listener, seen, 1, "SSUBSCRIBE", "shard");
            Ask(listener, seen, 1, "SUBSCRIBE", "news");
            seen.Add(server.Call("PUBLISH", "news", "hello").ToString());
            Take(listener, seen, 2);
            seen.Add(server.Call("SPUBLISH", "shard", "there").ToString());
            Take(listener, seen, 1);
            seen.Add(server.Call("PUBSUB", "NUMSUB", "news", "none").ToString());
            seen.Add(server.Call("PUBSUB", "NUMPAT").ToString());
            seen.Add(server.Call("PUBSUB", "SHARDCHANNELS").ToString());
            if (protocol == 2)
            {
                Ask(listener, seen, 1, "GET", "x");
                Ask(listener, seen, 1, "PING");
            }
            Ask(listener, seen, 1, "UNSUBSCRIBE", "weather");
            Ask(listener, seen, 1, "UNSUBSCRIBE");
            Ask(listener, seen, 1, "PUNSUBSCRIBE");
            Ask(listener, seen, 1, "SUNSUBSCRIBE");
            Ask(listener, seen, 1, "PUNSUBSCRIBE");
            seen.Add(server.Call("PUBLISH", "news", "gone").ToString());
            return seen;
        });
    }

    [Fact]
    public void Keyspace_events_of_both_servers_are_the_same()
    {
        Same(server =>
        {
            server.Call("CONFIG", "SET", "notify-keyspace-events", "KEAmn").OrThrow();
            using RespConnection listener = server.Connect();
            List<string> seen = [];
            Ask(listener, seen, 1, "PSUBSCRIBE", "__key*");
            using RespConnection writer = server.Connect();
            foreach (string line in (string[])
            [
                "SET a 1", "SET a 2 EX 100", "APPEND a x", "SETRANGE a 0 y", "INCR n", "INCRBYFLOAT n 1.5", "GETSET a z", "MSET a 1 b 2", "SETNX c 1",
                "EXPIRE a 100", "PERSIST a", "RENAME a d", "MOVE d 1", "COPY b e", "GETDEL b", "GETEX e EX 10", "GET missing", "DEL e c", "SET p 1 PX 1",
            ])
            {
                writer.Call(line.Split(' '));
            }
            // The key dies when it is looked at, once its time is up.
            Wait.For(0, () => writer.Call("EXISTS", "p").Integer, "expired keys", TimeSpan.FromSeconds(5));
            writer.Call("PUBLISH", "__key-end", "");
            while (seen.Count == 0 || !seen[^1].Contains("__key-end", StringComparison.Ordinal))
                Take(listener, seen, 1);
            return seen;
        });
    }

    [Theory]
    [InlineData("CLIENT TRACKING ON")]
    [InlineData("CLIENT TRACKING ON NOLOOP")]
    [InlineData("CLIENT TRACKING ON BCAST PREFIX k")]
    [InlineData("CLIENT TRACKING ON BCAST NOLOOP PREFIX k PREFIX other")]
    [InlineData("CLIENT TRACKING ON OPTIN")]
    [InlineData("CLIENT TRACKING ON OPTOUT")]
    public void Invalidations_of_both_servers_are_the_same(string mode)
    {
        Same(server =>
        {
            using RespConnection reader = server.Connect(protocol: 3);
            List<string> seen = [reader.Call(mode.Split(' ')).ToString()];
            reader.Call("GET", "k1");
            reader.Call("CLIENT", "CACHING", "YES");
            reader.Call("GET", "k2");
            reader.Call("CLIENT", "CACHING", "NO");
            reader.Call("GET", "k3");
            foreach (string key in (string[])["k1", "k2", "k3"])
            {
                server.Call("SET", key, "v").OrThrow();
                // Whatever is to be said about the key has been said when the reader's own request is answered.
                Collect(reader, seen);
            }
            reader.Call("MGET", "k1", "k2");
            reader.Call("SET", "k1", "own").OrThrow();
            Collect(reader, seen);
            server.Call("FLUSHALL").OrThrow();
            Collect(reader, seen);
            return seen;
        });
    }

    [Theory]
    [InlineData("CLIENT TRACKING ON BCAST")]
    [InlineData("CLIENT TRACKING ON BCAST PREFIX b PREFIX a PREFIX c")]
    public void Broadcasts_name_keys_in_the_same_order(string mode)
    {
        Same(server =>
        {
            using RespConnection reader = server.Connect(protocol: 3);
            List<string> seen = [reader.Call(mode.Split(' ')).ToString()];
            server.Call("MSET", "c2", "1", "b1", "2", "a", "3", "c1", "4", "b", "5").OrThrow();
            Collect(reader, seen);
            return seen;
        });
    }

    private static void Same(Func<ServerProcess, List<string>> scene)
    {
        using ServerProcess redis = RedisServers.Redis();
        using ServerProcess redoubt = RedisServers.Redoubt();
        Assert.Equal(scene(redis), scene(redoubt));
    }

    private static void Ask(RespConnection listener, List<string> seen, int replies, params string[] request)
    {
        listener.Send(request);
        Take(listener, seen, replies);
    }

    private static void Take(RespConnection listener, List<string> seen, int count)
    {
        for (int i = 0; i < count; i++)
            seen.Add(listener.Read().ToString());
    }

    private static void Collect(RespConnection reader, List<string> seen)
    {
        reader.Pushes.Clear();
        reader.Call("PING");
        reader.Call("PING");
        seen.Add(string.Join(' ', reader.Pushes.Select(static push => push.ToString())));
    }
}
