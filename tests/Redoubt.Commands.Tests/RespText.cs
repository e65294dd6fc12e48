using System.Text;

namespace Redoubt.Commands.Tests;

/// <summary>Just enough of RESP to cut replies apart and to show commands.</summary>
internal static class RespText
{
    /// <summary>A command as one line, its words joined by blanks.</summary>
    public static string Line(IEnumerable<byte[]> words) => string.Join(' ', words.Select(Encoding.Latin1.GetString));

    /// <summary>The commands in a stream of RESP arrays; an unfinished one at the end is left out.</summary>
    public static List<string> Commands(ReadOnlySpan<byte> stream)
    {
        var commands = new List<string>();
        while (ReplyLength(stream) is > 0 and int length)
        {
            List<string> words = Bulks(stream[..length]);
            commands.Add(string.Join(' ', words));
            stream = stream[length..];
        }
        return commands;
    }

    /// <summary>The bulk strings in a reply, however nested.</summary>
    public static List<string> Bulks(ReadOnlySpan<byte> reply)
    {
        var bulks = new List<string>();
        while (!reply.IsEmpty)
        {
            int end = reply.IndexOf("\r\n"u8);
            if (reply[0] == '$' && reply[1] != '-')
            {
                int size = int.Parse(Encoding.ASCII.GetString(reply[1..end]));
                bulks.Add(Encoding.Latin1.GetString(reply.Slice(end + 2, size)));
                end += size + 2;
            }
            reply = reply[(end + 2)..];
        }
        return bulks;
    }

    /// <summary>Bytes of the first reply, 0 while it is not complete.</summary>
    public static int ReplyLength(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf("\r\n"u8);
        if (end < 0)
            return 0;
        int at = end + 2;
        byte kind = bytes[0];
        if (kind is (byte)'+' or (byte)'-' or (byte)':' or (byte)'_' or (byte)',' or (byte)'#')
            return at;
        long count = long.Parse(Encoding.ASCII.GetString(bytes[1..end]));
        if (kind is (byte)'$' or (byte)'=')
            return count < 0 ? at : at + count + 2 <= bytes.Length ? (int)(at + count + 2) : 0;
        for (long i = kind == '%' ? 2 * count : count; i > 0; i--)
        {
            int item = ReplyLength(bytes[at..]);
            if (item == 0)
                return 0;
            at += item;
        }
        return at;
    }
}
