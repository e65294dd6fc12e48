using System.Text;
using Redoubt.Failover.MissedWrites;
using Redoubt.Topology;

namespace Redoubt.Operations.MissedWrites;

// What a dead master has left on its disk, read and never written. The files are those of Redis 7 and of Redoubt: a manifest that names the
// append-only files in force, and a snapshot whose head says where in the history it was taken. Give it a copy, or a node that is down.

/// <summary>A data folder of a node that does not run.</summary>
public sealed class OldData
{
    private const int HeadBytesMax = 64 * 1024;

    private OldData(string folder, IReadOnlyList<string> increments, string? snapshot)
    {
        Folder = folder;
        Increments = increments;
        Snapshot = snapshot;
    }

    /// <summary>Where the files are, or their copies.</summary>
    public string Folder { get; }

    /// <summary>The append-only files with commands, in order; empty where there is no append-only file.</summary>
    public IReadOnlyList<string> Increments { get; }

    /// <summary>The snapshot; null where there is none.</summary>
    public string? Snapshot { get; }

    /// <summary>Looks at a folder.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static OldData Open(string folder)
    {
        string[] manifests = [.. Directory.EnumerateFiles(folder, "*.manifest", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        List<string> increments = [];
        if (manifests.Length > 0)
        {
            string home = Path.GetDirectoryName(manifests[0])!;
            foreach (string line in File.ReadLines(manifests[0]))
            {
                string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                int type = Array.IndexOf(words, "type");
                if (words is ["file", var name, ..] && type >= 0 && type + 1 < words.Length && words[type + 1] == "i" && Path.GetFileName(name) == name)
                    increments.Add(Path.Combine(home, name));
            }
        }

        string? snapshot = Directory.EnumerateFiles(folder, "*.rdb").FirstOrDefault(file => !Path.GetFileName(file).StartsWith("temp-", StringComparison.Ordinal));
        return new OldData(folder, increments, snapshot);
    }

    /// <summary>The commands of all increments.</summary>
    public CommandStream ReadCommands()
    {
        var all = new MemoryStream();
        foreach (string file in Increments)
        {
            using FileStream increment = File.OpenRead(file);
            increment.CopyTo(all);
        }

        return CommandStream.Read(all.GetBuffer().AsSpan(0, (int)all.Length), 0);
    }

    /// <summary>Where in the history the snapshot was taken; null when it does not say.</summary>
    public (ReplicationId Id, ReplicationOffset Offset)? ReadPlace()
    {
        if (Snapshot is null)
            return null;
        byte[] head = new byte[HeadBytesMax];
        using FileStream file = File.OpenRead(Snapshot);
        int length = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        Dictionary<string, string> fields = ReadAuxiliary(head.AsSpan(0, length));
        return fields.TryGetValue("repl-id", out string? id) && ReplicationId.TryParse(id.AsSpan(), out ReplicationId history)
            && fields.TryGetValue("repl-offset", out string? offset) && long.TryParse(offset, out long value)
            ? (history, new ReplicationOffset(value))
            : null;
    }

    /// <summary>The fields at the head of a snapshot: 0xFA, name, value, as length-prefixed strings or small integers.</summary>
    private static Dictionary<string, string> ReadAuxiliary(ReadOnlySpan<byte> head)
    {
        const byte auxiliary = 0xFA;
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!head.StartsWith("REDIS"u8) || head.Length < 9)
            return fields;
        int at = 9;
        while (at < head.Length && head[at] == auxiliary)
        {
            at++;
            if (ReadString(head, ref at) is not { } name || ReadString(head, ref at) is not { } value)
                break;
            fields[name] = value;
        }

        return fields;
    }

    private static string? ReadString(ReadOnlySpan<byte> head, ref int at)
    {
        if (at + 5 > head.Length)
            return null;
        byte first = head[at++];
        long? number = first switch
        {
            0xC0 => (sbyte)head[at],
            0xC1 => BitConverter.ToInt16(head[at..]),
            0xC2 => BitConverter.ToInt32(head[at..]),
            _ => null,
        };
        if (number is { } value)
        {
            at += 1 << (first & 3);
            return value.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        int length;
        switch (first >> 6)
        {
            case 0:
                length = first & 0x3F;
                break;
            case 1:
                length = ((first & 0x3F) << 8) | head[at++];
                break;
            default:
                return null;
        }

        if (length > head.Length - at)
            return null;
        string text = Encoding.Latin1.GetString(head.Slice(at, length));
        at += length;
        return text;
    }
}
