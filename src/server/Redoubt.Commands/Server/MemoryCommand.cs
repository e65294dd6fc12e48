using Redoubt.Keyspace;

namespace Redoubt.Commands;

[CommandContainer("MEMORY",
    Group = "server", Since = "4.0.0", Summary = "A container for memory diagnostics commands", Complexity = "Depends on subcommand.")]
internal static class MemoryCommand
{
    private const int DefaultSamples = 5;
    private const int MapEntries = 27;

    [Command("MEMORY|USAGE", -3, CommandFlags.ReadOnly,
        FirstKey = 2, LastKey = 2, KeyStep = 1, KeyFlags = "RO", Group = "server", Since = "4.0.0",
        Summary = "Estimate the memory usage of a key", Complexity = "O(N) where N is the number of samples.",
        Syntax = "key#0 [SAMPLES=count:integer]")]
    public static void Usage(CommandContext c)
    {
        long samples = DefaultSamples;
        for (int i = 3; i < c.Count; i += 2)
        {
            if (!c.Is(i, "SAMPLES"u8) || i + 1 >= c.Count)
            {
                c.Error(Errors.Syntax);
                return;
            }
            if (!c.TryInteger(i + 1, out samples))
                return;
            if (samples < 0)
            {
                c.Error(Errors.Syntax);
                return;
            }
        }
        EntryView entry = c.Database.Peek(c.Key(2));
        if (entry.Exists)
            c.Reply.Integer(entry.MemoryBytes((int)Math.Min(samples, int.MaxValue)));
        else
            c.Reply.Null();
    }

    [Command("MEMORY|STATS", 2, CommandFlags.None,
        Group = "server", Since = "4.0.0", Summary = "Show memory usage details", Complexity = "O(1)",
        Tips = ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"])]
    public static void Stats(CommandContext c)
    {
        MemoryFigures now = c.Ports.Memory!.Measure();
        int databases = 0;
        for (int i = 0; i < c.Keyspace.DatabaseCount; i++)
            databases += c.Keyspace[i].Count > 0 ? 1 : 0;
        c.Reply.Map(MapEntries + databases);
        Write(c, "peak.allocated"u8, now.Peak);
        Write(c, "total.allocated"u8, now.Used);
        Write(c, "startup.allocated"u8, now.Startup);
        Write(c, "replication.backlog"u8, now.Backlog);
        Write(c, "clients.slaves"u8, now.ReplicaClients);
        Write(c, "clients.normal"u8, now.NormalClients);
        Write(c, "cluster.links"u8, 0);
        Write(c, "aof.buffer"u8, 0);
        Write(c, "lua.caches"u8, 0);
        Write(c, "functions.caches"u8, 0);
        WriteDatabases(c);
        Write(c, "overhead.total"u8, now.Overhead);
        Write(c, "keys.count"u8, now.Keys);
        Write(c, "keys.bytes-per-key"u8, now.BytesPerKey);
        Write(c, "dataset.bytes"u8, now.Dataset);
        Write(c, "dataset.percentage"u8, now.DatasetPercent);
        Write(c, "peak.percentage"u8, now.PeakPercent);
        Write(c, "allocator.allocated"u8, now.Allocated);
        Write(c, "allocator.active"u8, now.Active);
        Write(c, "allocator.resident"u8, now.Resident);
        Write(c, "allocator-fragmentation.ratio"u8, now.HeapFragmentation);
        Write(c, "allocator-fragmentation.bytes"u8, now.Active - now.Allocated);
        Write(c, "allocator-rss.ratio"u8, now.HeapResidency);
        Write(c, "allocator-rss.bytes"u8, now.Resident - now.Active);
        Write(c, "rss-overhead.ratio"u8, now.ProcessOverhead);
        Write(c, "rss-overhead.bytes"u8, now.ProcessResident - now.Resident);
        Write(c, "fragmentation"u8, now.Fragmentation);
        Write(c, "fragmentation.bytes"u8, now.Resident - now.Used);
    }

    [Command("MEMORY|DOCTOR", 2, CommandFlags.None,
        Group = "server", Since = "4.0.0", Summary = "Outputs memory problems report", Complexity = "O(1)",
        Tips = ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"])]
    public static void Doctor(CommandContext c) => c.ReplyText(MemoryDoctor.Report(c.Ports.Memory!.Measure()));

    [Command("MEMORY|MALLOC-STATS", 2, CommandFlags.None,
        Group = "server", Since = "4.0.0", Summary = "Show allocator internal stats", Complexity = "Depends on how much memory is allocated, could be slow",
        Tips = ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"])]
    public static void MallocStats(CommandContext c) => c.ReplyText(c.Ports.Memory!.DescribeHeap());

    [Command("MEMORY|PURGE", 2, CommandFlags.None,
        Group = "server", Since = "4.0.0", Summary = "Ask the allocator to release memory", Complexity = "Depends on how much memory is allocated, could be slow",
        Tips = ["request_policy:all_shards", "response_policy:all_succeeded"])]
    public static void Purge(CommandContext c)
    {
        c.Ports.Memory!.Purge();
        c.Reply.Ok();
    }

    [Command("MEMORY|HELP", 2, CommandFlags.Loading | CommandFlags.Stale,
        Group = "server", Since = "4.0.0", Summary = "Show helpful text about the different subcommands", Complexity = "O(1)")]
    public static void Help(CommandContext c) => c.ReplyHelp(
        "DOCTOR",
        "    What is wrong with the use of memory, if anything.",
        "MALLOC-STATS",
        "    What the heap is made of.",
        "PURGE",
        "    Give memory that is free and held for later back to the system.",
        "STATS",
        "    What the memory is used for.",
        "USAGE <key> [SAMPLES <count>]",
        "    Bytes that a key and its value take. Of a large collection <count> elements are",
        "    looked at (default: 5, 0 means all).");

    /// <summary>The buckets of each database that has keys; expiries stand in the entries, not in a table of their own.</summary>
    private static void WriteDatabases(CommandContext c)
    {
        for (int i = 0; i < c.Keyspace.DatabaseCount; i++)
        {
            Database database = c.Keyspace[i];
            if (database.Count == 0)
                continue;
            c.Reply.Bulk($"db.{i}");
            c.Reply.Map(3);
            Write(c, "overhead.hashtable.main"u8, database.TableBytes);
            Write(c, "overhead.hashtable.expires"u8, 0);
            Write(c, "overhead.hashtable.slot-to-keys"u8, 0);
        }
    }

    private static void Write(CommandContext c, ReadOnlySpan<byte> name, long value)
    {
        c.Reply.Bulk(name);
        c.Reply.Integer(value);
    }

    private static void Write(CommandContext c, ReadOnlySpan<byte> name, double value)
    {
        c.Reply.Bulk(name);
        c.Reply.Double(value);
    }
}
