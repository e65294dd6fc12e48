namespace Redoubt.Commands;

/// <summary>What the server knows of its memory, for MEMORY.</summary>
public interface IMemoryPort
{
    MemoryFigures Measure();

    /// <summary>What the heap of the keyspace is made of, for people.</summary>
    string DescribeHeap();

    /// <summary>Gives back to the system what is free and held for later.</summary>
    void Purge();
}

/// <summary>How the reply buffers of clients follow what the clients need; for DEBUG REPLYBUFFER.</summary>
public interface IReplyBuffers
{
    /// <summary>How long the most that a client was owed counts, in milliseconds; negative = for ever.</summary>
    long PeakResetMs { get; set; }

    bool AreResized { get; set; }

    void ResetPeakReset();
}

/// <summary>The memory of one moment, in bytes.</summary>
public readonly record struct MemoryFigures
{
    public required long Used { get; init; }

    public required long Peak { get; init; }

    /// <summary>What was used when the server had started.</summary>
    public required long Startup { get; init; }

    /// <summary>Keys and values.</summary>
    public required long Dataset { get; init; }

    /// <summary>Buckets of the tables of keys.</summary>
    public required long Tables { get; init; }

    public required long Backlog { get; init; }

    /// <summary>Blocks of the replication stream: the backlog and what replicas hold beyond it.</summary>
    public required long Stream { get; init; }

    public required long NotCountedForEviction { get; init; }

    public required long NormalClients { get; init; }

    public required long ReplicaClients { get; init; }

    public required int NormalClientCount { get; init; }

    public required int ReplicaCount { get; init; }

    /// <summary>What the heap handed out, and what it holds of the system's for that.</summary>
    public required long Allocated { get; init; }

    public required long Active { get; init; }

    /// <summary>The whole process.</summary>
    public required long ProcessResident { get; init; }

    /// <summary>The process but for the runtime: code, compiler, and what these had taken when the server was ready.</summary>
    public required long Resident { get; init; }

    public required long Keys { get; init; }

    public long Overhead => Used - Dataset;

    public long BytesPerKey => Keys == 0 ? 0 : Math.Max(0, Used - Startup) / Keys;

    public double DatasetPercent => 100.0 * Dataset / Math.Max(1, Used - Startup);

    public double PeakPercent => 100.0 * Used / Peak;

    public double HeapFragmentation => (double)Active / Allocated;

    public double HeapResidency => (double)Resident / Active;

    public double ProcessOverhead => (double)ProcessResident / Math.Max(1, Resident);

    public double Fragmentation => (double)Resident / Used;
}
