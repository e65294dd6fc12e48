using Redoubt.Persistence.Rdb;

namespace Redoubt.Persistence;

/// <summary>Turns a snapshot's batches into the bytes of a file. One thread at a time; calls as for <see cref="RdbWriter"/>.</summary>
public interface ISnapshotEncoder
{
    /// <summary>Output not yet taken; valid until the next call.</summary>
    ReadOnlySpan<byte> Pending { get; }

    void Begin(RdbAux aux);

    /// <summary>The source of a function library, as FUNCTION LOAD takes it.</summary>
    void WriteFunction(ReadOnlySpan<byte> library);

    void Write(EntryBatch batch);

    void End();

    /// <summary>Marks all of Pending as taken.</summary>
    void Clear();
}
