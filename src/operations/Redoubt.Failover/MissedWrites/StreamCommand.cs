using System.Text;

namespace Redoubt.Failover.MissedWrites;

/// <summary>One command of a replication stream or of an append-only file.</summary>
/// <param name="Words">Name and arguments.</param>
/// <param name="Database">The database that was selected; null where the piece that was read begins after its SELECT.</param>
/// <param name="Start">Where its first byte lies: the position in the stream, or in the file.</param>
/// <param name="End">The offset after it: of its last byte in the stream, of the next byte in a file.</param>
/// <param name="Transaction">Commands of one MULTI have one number; null outside of transactions.</param>
public sealed record StreamCommand(IReadOnlyList<byte[]> Words, int? Database, long Start, long End, int? Transaction = null)
{
    /// <summary>In capitals.</summary>
    public string Name { get; } = Encoding.ASCII.GetString(Words[0]).ToUpperInvariant();

    /// <summary>True for what changes no data: heartbeats, selections, transaction marks, messages.</summary>
    public bool IsNoise => Name is "PING" or "SELECT" or "REPLCONF" or "MULTI" or "EXEC" or "PUBLISH" or "SPUBLISH";

    /// <summary>Same words, and the same database where both are known.</summary>
    public bool Matches(StreamCommand other) =>
        Words.Count == other.Words.Count && (Database is null || other.Database is null || Database == other.Database)
        && Words.Zip(other.Words).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second));

    /// <summary>As a person would type it, cut to a length.</summary>
    public string ToText(int length = 200)
    {
        var text = new StringBuilder();
        foreach (byte[] word in Words)
        {
            if (text.Length > 0)
                text.Append(' ');
            text.Append(Quoted(word, length));
            if (text.Length > length)
                return text.ToString(0, length) + "…";
        }

        return text.ToString();
    }

    /// <summary>Bytes as redis-cli shows them: plain words as they are, others in quotes with escapes.</summary>
    public static string Quoted(ReadOnlySpan<byte> bytes, int length = 200)
    {
        bool plain = bytes.Length > 0 && !bytes.ContainsAnyExceptInRange((byte)0x21, (byte)0x7e) && !bytes.ContainsAny((byte)'"', (byte)'\\');
        var text = new StringBuilder();
        foreach (byte one in bytes[..Math.Min(bytes.Length, length)])
        {
            if (one is >= 0x20 and <= 0x7e && one is not ((byte)'"' or (byte)'\\'))
                text.Append((char)one);
            else
                text.Append(one is (byte)'"' or (byte)'\\' ? $"\\{(char)one}" : $"\\x{one:x2}");
        }

        if (bytes.Length > length)
            text.Append('…');
        return plain ? text.ToString() : $"\"{text}\"";
    }
}
