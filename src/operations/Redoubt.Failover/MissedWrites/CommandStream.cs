using System.Buffers.Text;
using System.Text;
using Redoubt.Topology;

namespace Redoubt.Failover.MissedWrites;

/// <summary>A place in the history that an append-only file of Redoubt notes after commands: the dataset up to there is the one at this offset.</summary>
/// <param name="ReplicationId">Of the history that the offset counts.</param>
/// <param name="Offset">Of the last byte that the dataset has.</param>
/// <param name="Commands">How many commands of the file come before it.</param>
public sealed record Stamp(ReplicationId ReplicationId, long Offset, int Commands);

// Bytes of a stream or of an append-only file are RESP arrays of bulk strings, and nothing in them says where one begins. A piece that was cut
// out of a stream therefore begins in the middle of a command, as a rule. Where the first whole one begins is found by trying: only from a
// true beginning does command follow upon command up to the end, and a value that imitates one ends where its bulk string ends.
//
// Foreign bytes: every length is checked before it is believed, and what does not parse ends the reading; it is never an exception.

/// <summary>The commands of a piece of stream or file.</summary>
public sealed class CommandStream
{
    private CommandStream(List<StreamCommand> commands, List<Stamp> stamps, long readTo)
    {
        Commands = commands;
        Stamps = stamps;
        ReadTo = readTo;
    }

    /// <summary>All of them, noise too.</summary>
    public IReadOnlyList<StreamCommand> Commands { get; }

    /// <summary>Annotations of Redoubt, in order.</summary>
    public IReadOnlyList<Stamp> Stamps { get; }

    /// <summary>How many bytes were understood; less than there are where the end is torn or damaged.</summary>
    public long ReadTo { get; }

    /// <summary>Reads a piece that begins with a command; <paramref name="position"/> is where that lies.</summary>
    public static CommandStream Read(ReadOnlySpan<byte> bytes, long position, int? database = null)
    {
        var commands = new List<StreamCommand>();
        var stamps = new List<Stamp>();
        int? transaction = null;
        int transactions = 0;
        int at = 0;
        while (at < bytes.Length)
        {
            if (bytes[at] == (byte)'#')
            {
                int end = bytes[at..].IndexOf((byte)'\n');
                if (end < 0)
                    break;
                if (ReadStamp(bytes.Slice(at, end), commands.Count) is { } stamp)
                    stamps.Add(stamp);
                at += end + 1;
                continue;
            }

            if (ReadWords(bytes[at..], out int used) is not { } words)
                break;
            var command = new StreamCommand(words, database, position + at, position + at + used - 1, transaction);
            at += used;
            switch (command.Name)
            {
                case "SELECT" when words.Length == 2 && Utf8Parser.TryParse(words[1], out int selected, out _):
                    database = selected;
                    break;
                case "MULTI":
                    transaction = ++transactions;
                    break;
                case "EXEC":
                    transaction = null;
                    break;
                default:
                    break;
            }

            commands.Add(command);
        }

        return new CommandStream(commands, stamps, at);
    }

    /// <summary>Reads a piece that may begin within a command. From the first place on from which everything up to the end is commands, one of them
    /// ending with <paramref name="boundary"/>, if that is given.</summary>
    public static CommandStream ReadFromMiddle(ReadOnlySpan<byte> bytes, long position, long? boundary = null)
    {
        for (int skip = 0; skip < bytes.Length; skip++)
        {
            int star = bytes[skip..].IndexOf((byte)'*');
            if (star < 0)
                break;
            skip += star;
            CommandStream candidate = Read(bytes[skip..], position + skip);
            bool whole = candidate.ReadTo == bytes.Length - skip;
            if (whole && (boundary is null || candidate.Commands.Any(command => command.End == boundary)))
                return candidate;
        }

        return Read([], position);
    }

    private static byte[][]? ReadWords(ReadOnlySpan<byte> bytes, out int used)
    {
        used = 0;
        if (!ReadNumber(bytes, (byte)'*', 1, int.MaxValue / 8, ref used, out int count) || count > bytes.Length)
            return null;
        var words = new byte[count][];
        for (int i = 0; i < count; i++)
        {
            if (!ReadNumber(bytes, (byte)'$', 0, int.MaxValue, ref used, out int length) || length > bytes.Length - used - 2)
                return null;
            words[i] = bytes.Slice(used, length).ToArray();
            used += length;
            if (!bytes[used..].StartsWith("\r\n"u8))
                return null;
            used += 2;
        }

        return words;
    }

    private static bool ReadNumber(ReadOnlySpan<byte> bytes, byte mark, int min, int max, ref int used, out int number)
    {
        number = 0;
        ReadOnlySpan<byte> rest = bytes[used..];
        if (rest.Length < 4 || rest[0] != mark || !Utf8Parser.TryParse(rest[1..], out number, out int digits) || number < min || number > max)
            return false;
        if (!rest[(1 + digits)..].StartsWith("\r\n"u8))
            return false;
        used += digits + 3;
        return true;
    }

    private static Stamp? ReadStamp(ReadOnlySpan<byte> line, int commands)
    {
        string[] words = Encoding.ASCII.GetString(line).TrimEnd('\r').Split(' ');
        return words.Length == 3 && words[0].StartsWith("#REPL:", StringComparison.Ordinal) && ReplicationId.TryParse(words[0].AsSpan(6), out ReplicationId id)
            && long.TryParse(words[1], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out long offset)
            ? new Stamp(id, offset, commands)
            : null;
    }
}
