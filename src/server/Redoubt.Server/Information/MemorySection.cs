using Redoubt.Commands;
using Redoubt.Server.Configuration;
using Redoubt.Server.Hosting;
using Redoubt.Server.Memory;

namespace Redoubt.Server.Information;

/// <summary>
/// The memory. "Allocator" is the heap of the keyspace: allocated are the blocks it handed out, active is what it holds for them
/// (blocks and the gaps between them), resident is the process without the runtime, which is what rss_overhead adds.
/// </summary>
internal sealed class MemorySection(ServerConfig config, Redoubt.Keyspace.Keyspace keyspace, MemorySurvey survey, DeletionNotes notes, AppendOnly.AofWriter aof)
{
    public void Write(InfoText text)
    {
        MemoryFigures now = survey.Measure();
        text.Section("Memory");
        WriteUse(text, now);
        text.Line("allocator_allocated", now.Allocated);
        text.Line("allocator_active", now.Active);
        text.Line("allocator_resident", now.Resident);
        text.Bytes("total_system_memory", MemoryWatch.TotalSystemBytes);
        WriteScripts(text);
        text.Line("maxmemory", config.Memory.MaxMemory.Printed);
        text.Human("maxmemory", config.Memory.MaxMemory.Value);
        text.Line("maxmemory_policy", config.Memory.MaxMemoryPolicy.Printed);
        text.Decimal("allocator_frag_ratio", now.HeapFragmentation);
        text.Line("allocator_frag_bytes", now.Active - now.Allocated);
        text.Decimal("allocator_rss_ratio", now.HeapResidency);
        text.Line("allocator_rss_bytes", now.Resident - now.Active);
        text.Decimal("rss_overhead_ratio", now.ProcessOverhead);
        text.Line("rss_overhead_bytes", now.ProcessResident - now.Resident);
        text.Decimal("mem_fragmentation_ratio", now.Fragmentation);
        text.Line("mem_fragmentation_bytes", now.Resident - now.Used);
        text.Line("mem_not_counted_for_evict", now.NotCountedForEviction);
        text.Line("mem_replication_backlog", now.Backlog);
        text.Line("mem_total_replication_buffers", now.Stream);
        text.Line("mem_clients_slaves", now.ReplicaClients);
        text.Line("mem_clients_normal", now.NormalClients);
        text.Line("mem_cluster_links", 0);
        text.Line("mem_aof_buffer", aof.IsOpen ? aof.MemoryBytes : 0);
        text.Line("mem_allocator", "redoubt");
        text.Line("active_defrag_running", 0);
        text.Line("lazyfree_pending_objects", keyspace.LazyFreePendingObjects + notes.PendingFrees);
        text.Line("lazyfreed_objects", keyspace.Statistics.LazyFreedObjects);
    }

    private static void WriteUse(InfoText text, in MemoryFigures now)
    {
        text.Bytes("used_memory", now.Used);
        text.Bytes("used_memory_rss", now.ProcessResident);
        text.Bytes("used_memory_peak", now.Peak);
        text.Percent("used_memory_peak_perc", now.PeakPercent);
        text.Line("used_memory_overhead", now.Overhead);
        text.Line("used_memory_startup", now.Startup);
        text.Line("used_memory_dataset", now.Dataset);
        text.Percent("used_memory_dataset_perc", now.DatasetPercent);
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
