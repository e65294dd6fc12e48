using System.Text;
using Redoubt.Resp;

namespace Redoubt.Replication;

// What an old master has beyond the place at which the new one parted from it.
//
// A master goes on sending PING and GETACK when nobody writes, so after a promotion its offset is usually a few bytes beyond what its
// replicas have, although not one write is missing. Redis asks for the byte after its last one, is told that there is no such byte,
// and copies the whole dataset. Here the tail is read: one without writes is taken back, and the partial resync goes on from the fork.

/// <summary>The commands of a stretch of the stream that begins at a command.</summary>
/// <param name="Commands">How many there are.</param>
/// <param name="Writes">How many of them are more than PING, GETACK and SELECT.</param>
public readonly record struct UnreplicatedTail(int Commands, int Writes)
{
    private const int RequestsAtOnce = 64;

    /// <summary>Reads the stretch; what is no command counts as a write, for it is not known to be harmless.</summary>
    public static UnreplicatedTail Read(byte[] bytes)
    {
        RequestParser parser = new() { BulkBytesMax = int.MaxValue };
        RequestBatch batch = new(RequestsAtOnce);
        int position = 0;
        int commands = 0;
        int writes = 0;
        while (true)
        {
            batch.Clear();
            ParseStatus status = parser.Parse(bytes, ref position, batch);
            for (int i = 0; i < batch.Count; i++)
            {
                commands++;
                ArgumentRange name = batch.ArgumentsOf(i)[0];
                if (!IsHarmless(bytes.AsSpan(name.Start, name.Length)))
                    writes++;
            }
            if (status != ParseStatus.BatchFull)
                return position < bytes.Length ? new(commands + 1, writes + 1) : new(commands, writes);
        }
    }

    private static bool IsHarmless(ReadOnlySpan<byte> name) => Ascii.EqualsIgnoreCase(name, "ping"u8)
        || Ascii.EqualsIgnoreCase(name, "select"u8) || Ascii.EqualsIgnoreCase(name, "replconf"u8);
}
