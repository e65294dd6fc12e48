using Redoubt.Server.Configuration;
using Redoubt.Server.Hosting;

namespace Redoubt.Server.Information;

/// <summary>
/// The memory. "Allocator" is the heap of the keyspace: allocated are the blocks it handed out, active is what it holds for them
/// (blocks and the gaps between them), resident is the process without the collector's heap; what rss_overhead adds is that heap.
/// </summary>
internal sealed class MemorySection(ServerConfig config, Redoubt.Keyspace.Keyspace keyspace, MemoryWatch memory, DeletionNotes notes)
{
    public void Write(InfoText text)
    {
        MemoryFigures now = memory.Measure();
        long resident = MemoryWatch.ResidentBytes;
        text.Section("Memory");
        WriteUse(text, now, resident);
        long tables = now.Tables;
        long allocated = now.Entries + tables;
        long active = Math.Max(allocated, keyspace.Heap.HeldBytes + tables);
        long inAllocator = Math.Max(0, resident - GC.GetGCMemoryInfo().TotalCommittedBytes);
        text.Line("allocator_allocated", allocated);
        text.Line("allocator_active", active);
        text.Line("allocator_resident", inAllocator);
        text.Bytes("total_system_memory", MemoryWatch.TotalSystemBytes);
        WriteScripts(text);
        text.Line("maxmemory", config.Memory.MaxMemory.Printed);
        text.Human("maxmemory", config.Memory.MaxMemory.Value);
        text.Line("maxmemory_policy", config.Memory.MaxMemoryPolicy.Printed);
        text.Decimal("allocator_frag_ratio", (double)active / allocated);
        text.Line("allocator_frag_bytes", active - allocated);
        text.Decimal("allocator_rss_ratio", (double)inAllocator / active);
        text.Line("allocator_rss_bytes", inAllocator - active);
        text.Decimal("rss_overhead_ratio", (double)resident / inAllocator);
        text.Line("rss_overhead_bytes", resident - inAllocator);
        text.Decimal("mem_fragmentation_ratio", (double)resident / now.Used);
        text.Line("mem_fragmentation_bytes", resident - now.Used);
        text.Line("mem_not_counted_for_evict", now.HeldForReplicas);
        text.Line("mem_replication_backlog", now.Stream - now.HeldForReplicas);
        text.Line("mem_total_replication_buffers", now.Stream);
        text.Line("mem_clients_slaves", now.Replicas + now.HeldForReplicas);
        text.Line("mem_clients_normal", now.NormalClients);
        text.Line("mem_cluster_links", 0);
        text.Line("mem_aof_buffer", 0);
        text.Line("mem_allocator", "redoubt");
        text.Line("active_defrag_running", 0);
        text.Line("lazyfree_pending_objects", keyspace.LazyFreePendingObjects + notes.PendingFrees);
        text.Line("lazyfreed_objects", keyspace.Statistics.LazyFreedObjects);
    }

    private void WriteUse(InfoText text, in MemoryFigures now, long resident)
    {
        text.Bytes("used_memory", now.Used);
        text.Bytes("used_memory_rss", resident);
        text.Bytes("used_memory_peak", memory.Peak);
        text.Percent("used_memory_peak_perc", 100.0 * now.Used / memory.Peak);
        text.Line("used_memory_overhead", now.Overhead);
        text.Line("used_memory_startup", now.Startup);
        text.Line("used_memory_dataset", now.Dataset);
        text.Percent("used_memory_dataset_perc", 100.0 * now.Dataset / Math.Max(now.Used - now.Startup, now.Dataset));
    }

    /// <summary>There is no scripting engine, so there is none of its memory either.</summary>
    private static void WriteScripts(InfoText text)
    {
        text.Line("used_memory_lua", 0);
        text.Line("used_memory_vm_eval", 0);
        text.Human("used_memory_lua", 0);
        text.Line("used_memory_scripts_eval", 0);
        text.Line("number_of_cached_scripts", 0);
        text.Line("number_of_functions", 0);
        text.Line("number_of_libraries", 0);
        text.Line("used_memory_vm_functions", 0);
        text.Bytes("used_memory_vm_total", 0);
        text.Line("used_memory_functions", 0);
        text.Bytes("used_memory_scripts", 0);
    }
}
