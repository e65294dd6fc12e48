using System.Globalization;
using Redoubt.Testing;

namespace Redoubt.Server.Tests.Memory;

/// <summary>
/// How well keys are chosen for eviction: beside the exact order, and beside Redis with the same load. A dataset of ten groups, from little to much
/// used, is pushed out to about half by new keys; the exact order would take whole groups from the bottom.
/// </summary>
public sealed class EvictionQualityTests(ITestOutputHelper output)
{
    private const int Groups = 10;
    private const int KeysPerGroup = 1000;

    /// <summary>What part of the evicted keys lies among as many keys at the bottom of the exact order; ties count as right.</summary>
    private static double Right(int[] survivors)
    {
        int evicted = survivors.Sum(static count => KeysPerGroup - count);
        int left = evicted;
        int right = 0;
        foreach (int count in survivors)
        {
            int ideal = Math.Min(left, KeysPerGroup);
            right += Math.Min(ideal, KeysPerGroup - count);
            left -= ideal;
        }
        return right / (double)evicted;
    }

    [Fact]
    public void By_age_it_is_as_near_to_the_exact_order_as_Redis()
    {
        double redoubt = 0, redis = 0;
        using (ServerProcess ours = RedisServers.Redoubt())
        using (ServerProcess theirs = RedisServers.Redis())
        {
            ServerProcess[] servers = [ours, theirs];
            foreach (ServerProcess server in servers)
                server.Call("CONFIG", "SET", "maxmemory-policy", "allkeys-lru").OrThrow();
            for (int group = 0; group < Groups; group++)
            {
                foreach (ServerProcess server in servers)
                    Fill(server, group);
                // The clock of both counts seconds: each group is older than the next by more than one.
                Thread.Sleep(1100); // no event marks the passing of time
            }
            int[][] left = [.. servers.Select(PushOut)];
            (redoubt, redis) = (Right(left[0]), Right(left[1]));
            output.WriteLine(Invariant($"right choices: Redoubt {redoubt:P1} ({Show(left[0])}), Redis {redis:P1} ({Show(left[1])})"));
        }
        Assert.True(redoubt >= redis - 0.03, Invariant($"Redoubt {redoubt:P1}, Redis {redis:P1}"));
        Assert.True(redoubt > 0.85, Invariant($"Redoubt {redoubt:P1}"));
    }

    [Fact]
    public void By_frequency_it_is_as_near_to_the_exact_order_as_Redis()
    {
        double redoubt = 0, redis = 0;
        using (ServerProcess ours = RedisServers.Redoubt())
        using (ServerProcess theirs = RedisServers.Redis())
        {
            ServerProcess[] servers = [ours, theirs];
            foreach (ServerProcess server in servers)
            {
                server.Call("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu").OrThrow();
                server.Call("CONFIG", "SET", "lfu-log-factor", "1").OrThrow();
                using RespConnection client = server.Connect();
                for (int group = 0; group < Groups; group++)
                {
                    Fill(server, group);
                    for (int uses = 0; uses < 4 * group * group; uses += 4)
                        client.Pipeline(Enumerable.Range(0, KeysPerGroup).Select(i => Enumerable.Repeat(Key(group, i), 4).Prepend("TOUCH").ToArray()));
                }
            }
            int[][] left = [.. servers.Select(PushOut)];
            (redoubt, redis) = (Right(left[0]), Right(left[1]));
            output.WriteLine(Invariant($"right choices: Redoubt {redoubt:P1} ({Show(left[0])}), Redis {redis:P1} ({Show(left[1])})"));
        }
        Assert.True(redoubt >= redis - 0.05, Invariant($"Redoubt {redoubt:P1}, Redis {redis:P1}"));
    }

    private static string Key(int group, int i) => $"group{group}:{i}";

    private static void Fill(ServerProcess server, int group)
    {
        using RespConnection client = server.Connect();
        client.Pipeline(Enumerable.Range(0, KeysPerGroup).Select(i => new[] { "SET", Key(group, i), new string('v', 100) }));
    }

    /// <summary>Adds keys until about half of the old ones are gone; returns how many of each group are left.</summary>
    private static int[] PushOut(ServerProcess server)
    {
        using RespConnection client = server.Connect();
        long limit = server.InfoNumber("memory", "used_memory");
        client.Call("CONFIG", "SET", "maxmemory", limit.ToString(CultureInfo.InvariantCulture)).OrThrow();
        for (int batch = 0; server.InfoNumber("stats", "evicted_keys") < Groups * KeysPerGroup / 2; batch++)
        {
            // What is used several times stays; so it is the old ones that go.
            client.Pipeline(Enumerable.Range(0, 100).Select(i => new[] { "SET", $"new:{batch}:{i}", new string('v', 100) }));
            client.Pipeline(Enumerable.Range(0, 100).Select(i => Enumerable.Repeat($"new:{batch}:{i}", 300).Prepend("TOUCH").ToArray()));
        }
        client.Call("CONFIG", "SET", "maxmemory", "0").OrThrow();
        int[] left = new int[Groups];
        for (int group = 0; group < Groups; group++)
            left[group] = (int)client.Call([.. Enumerable.Range(0, KeysPerGroup).Select(i => Key(group, i)).Prepend("EXISTS")]).Integer;
        return left;
    }

    private static string Show(int[] survivors) => string.Join(' ', survivors);

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
