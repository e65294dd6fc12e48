// MIGRATE's way to another server. The command decides what is sent and what the answers mean; whoever implements this keeps the connections.

namespace Redoubt.Commands;

public interface IMigrationPort
{
    /// <summary>A connection to the target, perhaps one that served before; null when none comes about in time.</summary>
    IMigrationLink? Open(ReadOnlySpan<byte> host, ReadOnlySpan<byte> port, long timeoutMs);
}

public interface IMigrationLink
{
    /// <summary>The database that the target has selected for this connection; -1 = not known.</summary>
    long Database { get; set; }

    /// <summary>False when not all was taken; then <see cref="IsTimedOut"/> says more.</summary>
    bool TrySend(ReadOnlySpan<byte> bytes, long timeoutMs);

    /// <summary>A line of the target's, without its end, valid until the next one.</summary>
    bool TryReadLine(long timeoutMs, out ReadOnlySpan<byte> line);

    /// <summary>What failed last did so because its time was up.</summary>
    bool IsTimedOut { get; }

    /// <summary>Ends the connection: it is not used again.</summary>
    void Close();
}
