using Redoubt.Persistence.Rdb;
using Redoubt.Testing;

namespace Redoubt.Persistence.Tests;

/// <summary>Real Redis judges both directions.</summary>
public class RealRedisTests
{
    [Theory]
    [InlineData("yes", "yes")]
    [InlineData("no", "yes")]
    [InlineData("yes", "no")]
    [InlineData("no", "no")]
    public void A_file_saved_by_Redis_is_read_exactly(string compression, string checksum)
    {
        using ServerProcess redis = RedisServers.Redis("--rdbcompression", compression, "--rdbchecksum", checksum);
        List<Entry> entries = Rdb.Sample();
        foreach (Entry e in entries)
            Store(redis, e);
        redis.Call("SELECT", "5");
        redis.Call("INCRBY", "counter", "41");
        entries.Add(new Entry(5, "counter", "41"));
        byte[] file = Save(redis);
        var (reader, state, read) = Rdb.Read(file, 10_000);
        Assert.True(state == RdbReaderState.Finished, reader.Error?.Message);
        Assert.Equal(Sorted(entries), Sorted(read));
        Assert.Equal(checksum == "yes", reader.HasChecksum);
        Assert.Equal("7.", reader.Aux.RedisVersion![..2]);
        Assert.InRange(reader.Aux.CreatedAtSeconds!.Value, 1_700_000_000, long.MaxValue);
        Assert.InRange(reader.Aux.UsedMemoryBytes!.Value, 1, long.MaxValue);
        Assert.Equal(entries.Select(e => e.Database).Distinct().Count(), reader.AnnouncedSizes.Count);
        Assert.Equal(Sorted(entries), Sorted(Rdb.ReadWhole(file, 1)));
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(false, false)]
    public void A_file_of_ours_passes_the_check_and_loads_into_Redis(bool compress, bool checksum)
    {
        using ServerProcess redis = RedisServers.Redis();
        List<Entry> entries = Rdb.Sample();
        entries.Sort((a, b) => string.CompareOrdinal(a.Key, b.Key)); // databases alternate
        Assert.Contains($"{entries.Count} keys read", Load(redis, Rdb.Write(entries, compress, checksum)));
        AssertHolds(redis, entries);
    }

    [Fact]
    public void Redis_takes_idle_times_functions_sizes_and_replication_fields_of_ours()
    {
        using ServerProcess redis = RedisServers.Redis("--maxmemory-policy", "allkeys-lru");
        const string library = "#!lua name=lib\nredis.register_function('f', function() return 'from the file, from the file, from the file' end)";
        var aux = new RdbAux { ReplicationId = new string('a', 40), ReplicationOffset = 1234, ReplicationStreamDatabase = 0, CreatedAtSeconds = 1, UsedMemoryBytes = 2 };
        var writer = new RdbWriter();
        writer.Begin(aux);
        writer.WriteFunction(Rdb.Bytes(library));
        writer.BeginDatabase(0, 2, 0);
        writer.Write(Rdb.Batch(new Entry(0, "idle", "v", -1, AccessHint.FromIdleSeconds(5000)), new Entry(0, "plain", "v")));
        writer.End();
        Load(redis, writer.Pending.ToArray());
        Assert.InRange(redis.Call("OBJECT", "IDLETIME", "idle").Integer, 4990, 5200);
        Assert.Equal("from the file, from the file, from the file", redis.Call("FCALL", "f", "0").Text);
        var (reader, state, entries) = Rdb.Read(Save(redis));
        Assert.Equal(RdbReaderState.Finished, state);
        Assert.Equal(library, Rdb.Text(Assert.Single(reader.Functions)));
        Assert.Contains(entries, e => e.Key == "idle" && e.Hint.IdleSeconds is >= 4990 and < 5200);
    }

    [Fact]
    public void Redis_expands_what_our_compressor_makes_and_we_expand_what_its_makes()
    {
        var random = new Random(23);
        using ServerProcess redis = RedisServers.Redis();
        var entries = new List<Entry>();
        for (int i = 0; i < 1500; i++)
            entries.Add(new Entry(0, $"mixed:{i}", Rdb.Text(LzfTests.Mixed(random, random.Next(21, 3000)))));
        var writer = new RdbWriter();
        writer.Begin(new RdbAux());
        writer.Write(Rdb.Batch(entries));
        writer.End();
        Assert.InRange(writer.BytesWritten, 1, entries.Sum(e => e.Value.Length) * 9 / 10);
        Load(redis, writer.Pending.ToArray());
        AssertHolds(redis, entries);
        Assert.Equal(Sorted(entries), Sorted(Rdb.ReadWhole(Save(redis), 4096)));
    }

    private static void Store(ServerProcess redis, Entry e)
    {
        redis.Call("SELECT", e.Database.ToString()).OrThrow();
        redis.Call("SET", e.Key, e.Value).OrThrow();
        if (e.ExpireAtMs >= 0)
            redis.Call("PEXPIREAT", e.Key, e.ExpireAtMs.ToString()).OrThrow();
    }

    private static byte[] Save(ServerProcess redis)
    {
        redis.Call("SAVE").OrThrow();
        return File.ReadAllBytes(PathOf(redis));
    }

    /// <summary>Has the file checked, and Redis start on it; gives the report of the check.</summary>
    private static string Load(ServerProcess redis, byte[] file)
    {
        redis.Kill();
        File.WriteAllBytes(PathOf(redis), file);
        string report = ToolRun.Of("redis-check-rdb", [PathOf(redis)]).Succeeded();
        Assert.Contains("RDB looks OK", report);
        redis.Restart();
        return report;
    }

    private static string PathOf(ServerProcess redis) => Path.Combine(redis.Folder, "dump.rdb");

    private static void AssertHolds(ServerProcess redis, List<Entry> entries)
    {
        foreach (IGrouping<int, Entry> database in entries.GroupBy(e => e.Database))
        {
            redis.Call("SELECT", database.Key.ToString()).OrThrow();
            Assert.Equal(database.Count(), redis.Call("DBSIZE").Integer);
            foreach (Entry e in database)
            {
                Assert.Equal(e.Value, redis.Call("GET", e.Key).Text);
                Assert.Equal(e.ExpireAtMs, redis.Call("PEXPIRETIME", e.Key).Integer);
            }
        }
    }

    private static List<Entry> Sorted(IEnumerable<Entry> entries) =>
        [.. entries.OrderBy(e => e.Database).ThenBy(e => e.Key, StringComparer.Ordinal)];
}
