// Where in the replication history the dataset stands that an append-only file describes up to here.
//
// Why: the replication offset counts bytes that never enter this file (PING, GETACK, PUBLISH, the stream's own SELECTs), so it cannot be
// inferred from what is there. Without it a server that restarts from its append-only file has a dataset but no place in the history,
// and every replica of it, or it as a replica, must copy the whole dataset for a difference of nothing.
//
// How: a line that begins with '#' is an annotation, which Redis 7 and redis-check-aof skip. After what one turn of the loop wrote follows
//
//   #REPL:<replication ID> <offset> <database that the stream has selected>\r\n
//
// It is exact to the command: the dataset after the commands before it is the one at that offset. Commands after the last stamp mean that
// nothing is known.
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Redoubt.Persistence.AppendOnly;

/// <param name="ReplicationId">40 hexadecimal digits.</param>
public readonly record struct AofStamp(string ReplicationId, long Offset, int Database)
{
    public const int LengthMax = 96;

    private const int IdLength = 40;

    private static ReadOnlySpan<byte> Prefix => "#REPL:"u8;

    /// <summary>Writes the line; returns its length.</summary>
    public int Write(Span<byte> target)
    {
        Prefix.CopyTo(target);
        int at = Prefix.Length;
        at += Encoding.ASCII.GetBytes(ReplicationId, target[at..]);
        target[at++] = (byte)' ';
        Utf8Formatter.TryFormat(Offset, target[at..], out int digits);
        at += digits;
        target[at++] = (byte)' ';
        Utf8Formatter.TryFormat(Database, target[at..], out digits);
        at += digits;
        target[at++] = (byte)'\r';
        target[at++] = (byte)'\n';
        return at;
    }

    /// <summary>Reads a line, with or without its end. False for annotations of another kind.</summary>
    public static bool TryParse(ReadOnlySpan<byte> line, out AofStamp stamp)
    {
        stamp = default;
        if (!line.StartsWith(Prefix))
            return false;
        string[] words = Encoding.Latin1.GetString(line[Prefix.Length..]).TrimEnd('\r', '\n').Split(' ');
        if (words.Length != 3 || words[0].Length != IdLength
            || !long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out long offset)
            || !int.TryParse(words[2], NumberStyles.None, CultureInfo.InvariantCulture, out int database))
            return false;
        stamp = new AofStamp(words[0], offset, database);
        return true;
    }
}
