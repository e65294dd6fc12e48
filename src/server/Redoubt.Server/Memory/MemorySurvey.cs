using System.Globalization;
using System.Text;
using Redoubt.Commands;
using Redoubt.Native.Memory;
using Redoubt.Server.Connections;
using Redoubt.Server.Information;
using Redoubt.Server.Replicas;

namespace Redoubt.Server.Memory;

/// <summary>The memory as INFO and MEMORY tell it: the account, what the heap holds, and what the system says of the process.</summary>
internal sealed class MemorySurvey(
    MemoryAccount account, Redoubt.Keyspace.Keyspace keyspace, ConnectionTable connections, ReplicaHost replicas) : IMemoryPort
{
    private long _runtimeResident;

    /// <summary>The server is ready: what it has resident beyond what it uses is the runtime's.</summary>
    public void MarkStartup()
    {
        // Whatever the start left behind goes, so that the base is what stays.
        account.MarkStartup(GC.GetTotalMemory(forceFullCollection: true));
        _runtimeResident = Math.Max(0, MemoryWatch.ResidentBytes - account.Used);
    }

    public MemoryFigures Measure()
    {
        account.NotePeak();
        long used = account.Used;
        long tables = account.Tables;
        long allocated = account.Entries + tables;
        long active = Math.Max(allocated, keyspace.Heap.HeldBytes + tables);
        long process = MemoryWatch.ResidentBytes;
        int replicaCount = replicas.Registry.Count;
        long stream = account.Stream;
        long held = replicaCount > 0 ? account.HeldForReplicas : 0;
        return new MemoryFigures
        {
            Used = used,
            Peak = account.Peak,
            Startup = account.Startup,
            Dataset = account.Entries,
            Tables = tables,
            Backlog = stream - held,
            Stream = stream,
            NotCountedForEviction = account.HeldForReplicas,
            NormalClients = account.NormalClients,
            ReplicaClients = account.Replicas + held,
            NormalClientCount = connections.Count - replicaCount,
            ReplicaCount = replicaCount,
            Allocated = allocated,
            Active = active,
            ProcessResident = process,
            Resident = Math.Max(0, process - _runtimeResident),
            Keys = keyspace.KeyCount,
        };
    }

    public string DescribeHeap()
    {
        NativeHeap heap = keyspace.Heap;
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"Heap of the keyspace: {heap.BlockCount} blocks of {heap.UsedBytes} bytes, {heap.HeldBytes} bytes held.\n");
        text.Append(CultureInfo.InvariantCulture, $"Tables of keys: {heap.MappedBytes} bytes.\n");
        heap.Describe(text);
        return text.ToString();
    }

    public void Purge()
    {
        keyspace.Heap.Purge();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }
}
