using Redoubt.Testing;

namespace Fuzz;

/// <summary>What a real redis-server makes of a load of every type: the payloads of DUMP, and RDB files. Under its usual limits and under small ones, compressed and not.</summary>
internal sealed class RealDumps
{
    private static readonly Lazy<RealDumps> Made = new(() => new RealDumps());

    private RealDumps()
    {
        Collect(seed: 1, "--rdbcompression", "yes");
        Collect(seed: 2, "--rdbcompression", "yes", "--hash-max-listpack-entries", "4", "--zset-max-listpack-entries", "4", "--set-max-intset-entries", "4",
            "--list-max-listpack-size", "4", "--list-compress-depth", "1", "--stream-node-max-entries", "5");
        Collect(seed: 3, "--rdbcompression", "no", "--rdbchecksum", "no", "--list-max-listpack-size", "-1");
    }

    public static RealDumps All => Made.Value;

    public List<byte[]> Payloads { get; } = [];

    public List<byte[]> Files { get; } = [];

    private void Collect(int seed, params string[] directives)
    {
        using ServerProcess redis = RedisServers.Redis(directives);
        using RespConnection connection = redis.Connect();
        foreach (int writes in new[] { 200, 2_500 })
        {
            WriteLoad.Fill(redis, seed * 10_000 + writes, writes);
            connection.Call([.. new[] { "PFADD", "sketch" }, .. Enumerable.Range(0, writes).Select(i => $"element {i}")]).OrThrow();
            connection.Call([.. new[] { "SADD", "numbers" }, .. Enumerable.Range(0, 3).Select(i => $"{1L << (20 * i)}")]).OrThrow();
            if (writes < 1_000)
            {
                connection.Call("FUNCTION", "LOAD", "REPLACE", "#!lua name=lib\nredis.register_function('f', function() return 1 end)").OrThrow();
                connection.Call("SAVE").OrThrow();
                Files.Add(File.ReadAllBytes(Path.Combine(redis.Folder, "dump.rdb")));
            }
        }

        foreach (string database in new[] { "0", "1", "5" })
        {
            connection.Call("SELECT", database).OrThrow();
            foreach (byte[] key in Dataset.Keys(connection))
            {
                RespValue payload = connection.Call((IReadOnlyList<byte[]>)[Wire.Bytes("DUMP"), key]);
                if (!payload.IsNull)
                    Payloads.Add(payload.OrThrow().Bytes);
            }
        }
    }
}
