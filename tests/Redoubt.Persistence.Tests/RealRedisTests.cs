using System.Diagnostics;
using Redoubt.Persistence.Rdb;

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
        using var redis = RealRedis.Start("--rdbcompression", compression, "--rdbchecksum", checksum);
        List<Entry> entries = Rdb.Sample();
        foreach (Entry e in entries)
            Store(redis, e);
        redis.Call("SELECT", "5");
        redis.Call("INCRBY", "counter", "41");
        entries.Add(new Entry(5, "counter", "41"));
        redis.Call("SAVE");
        byte[] file = File.ReadAllBytes(redis.RdbPath);
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
        string folder = RealRedis.NewFolder();
        List<Entry> entries = Rdb.Sample();
        entries.Sort((a, b) => string.CompareOrdinal(a.Key, b.Key)); // databases alternate
        string path = Path.Combine(folder, "dump.rdb");
        File.WriteAllBytes(path, Rdb.Write(entries, compress, checksum));
        string report = Check(path);
        Assert.Contains("RDB looks OK", report);
        Assert.Contains($"{entries.Count} keys read", report);
        using var redis = RealRedis.StartIn(folder);
        AssertHolds(redis, entries);
    }

    [Fact]
    public void Redis_takes_idle_times_functions_sizes_and_replication_fields_of_ours()
    {
        string folder = RealRedis.NewFolder();
        const string library = "#!lua name=lib\nredis.register_function('f', function() return 'from the file, from the file, from the file' end)";
        var aux = new RdbAux { ReplicationId = new string('a', 40), ReplicationOffset = 1234, ReplicationStreamDatabase = 0, CreatedAtSeconds = 1, UsedMemoryBytes = 2 };
        var writer = new RdbWriter();
        writer.Begin(aux);
        writer.WriteFunction(Rdb.Bytes(library));
        writer.BeginDatabase(0, 2, 0);
        writer.Write(Rdb.Batch(new Entry(0, "idle", "v", -1, AccessHint.FromIdleSeconds(5000)), new Entry(0, "plain", "v")));
        writer.End();
        string path = Path.Combine(folder, "dump.rdb");
        File.WriteAllBytes(path, writer.Pending.ToArray());
        Assert.Contains("RDB looks OK", Check(path));
        using var redis = RealRedis.StartIn(folder, "--maxmemory-policy", "allkeys-lru");
        Assert.InRange((long)redis.Call("OBJECT", "IDLETIME", "idle")!, 4990, 5200);
        Assert.Equal("from the file, from the file, from the file", redis.Text("FCALL", "f", "0"));
        redis.Call("SAVE");
        var (reader, state, entries) = Rdb.Read(File.ReadAllBytes(redis.RdbPath));
        Assert.Equal(RdbReaderState.Finished, state);
        Assert.Equal(library, Rdb.Text(Assert.Single(reader.Functions)));
        Assert.Contains(entries, e => e.Key == "idle" && e.Hint.IdleSeconds is >= 4990 and < 5200);
    }

    [Fact]
    public void Redis_expands_what_our_compressor_makes_and_we_expand_what_its_makes()
    {
        var random = new Random(23);
        using var redis = RealRedis.Start();
        var entries = new List<Entry>();
        for (int i = 0; i < 1500; i++)
            entries.Add(new Entry(0, $"mixed:{i}", Rdb.Text(LzfTests.Mixed(random, random.Next(21, 3000)))));
        var writer = new RdbWriter();
        writer.Begin(new RdbAux());
        writer.Write(Rdb.Batch(entries));
        writer.End();
        Assert.InRange(writer.BytesWritten, 1, entries.Sum(e => e.Value.Length) * 9 / 10);
        File.WriteAllBytes(redis.RdbPath, writer.Pending.ToArray());
        redis.Call("DEBUG", "RELOAD", "NOSAVE");
        AssertHolds(redis, entries);
        redis.Call("SAVE");
        Assert.Equal(Sorted(entries), Sorted(Rdb.ReadWhole(File.ReadAllBytes(redis.RdbPath), 4096)));
    }

    [Fact]
    public void A_file_of_Redis_with_a_list_is_refused_by_name()
    {
        using var redis = RealRedis.Start();
        redis.Call("RPUSH", "queue", "a", "b");
        redis.Call("SAVE");
        var (reader, state, _) = Rdb.Read(File.ReadAllBytes(redis.RdbPath));
        Assert.Equal(RdbReaderState.Failed, state);
        Assert.StartsWith("type 'list-quicklist-2' of key 'queue' at offset ", reader.Error!.Message);
    }

    private static void Store(RealRedis redis, Entry e)
    {
        redis.Call("SELECT", e.Database.ToString());
        redis.Call("SET"u8.ToArray(), Rdb.Bytes(e.Key), Rdb.Bytes(e.Value));
        if (e.ExpireAtMs >= 0)
            redis.Call("PEXPIREAT"u8.ToArray(), Rdb.Bytes(e.Key), Rdb.Bytes(e.ExpireAtMs.ToString()));
    }

    private static void AssertHolds(RealRedis redis, List<Entry> entries)
    {
        foreach (IGrouping<int, Entry> database in entries.GroupBy(e => e.Database))
        {
            redis.Call("SELECT", database.Key.ToString());
            Assert.Equal((long)database.Count(), redis.Call("DBSIZE"));
            foreach (Entry e in database)
            {
                Assert.Equal(e.Value, Rdb.Text((byte[])redis.Call("GET"u8.ToArray(), Rdb.Bytes(e.Key))!));
                Assert.Equal(e.ExpireAtMs, redis.Call("PEXPIRETIME"u8.ToArray(), Rdb.Bytes(e.Key)));
            }
        }
    }

    private static List<Entry> Sorted(IEnumerable<Entry> entries) =>
        [.. entries.OrderBy(e => e.Database).ThenBy(e => e.Key, StringComparer.Ordinal)];

    private static string Check(string path)
    {
        using Process process = Process.Start(new ProcessStartInfo("redis-check-rdb", [path]) { RedirectStandardOutput = true })!;
        string report = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, report);
        return report;
    }
}
