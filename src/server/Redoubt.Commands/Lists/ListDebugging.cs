using System.Globalization;
using System.Text;
using Redoubt.Structures;
using Redoubt.Structures.Lists;

namespace Redoubt.Commands;

/// <summary>What DEBUG can do with lists.</summary>
internal static class ListDebugging
{
    private const long ThresholdDefault = 1L << 30;
    private const long ThresholdMax = (1L << 32) - (1L << 20);

    /// <summary>DEBUG QUICKLIST-PACKED-THRESHOLD: from which length on an element gets a node of its own. 0 is the usual length.</summary>
    public static void SetPackedThreshold(CommandContext c)
    {
        if (!TryBytes(c[2], out long bytes) || bytes > ThresholdMax)
        {
            c.Error("ERR argument must be a memory value bigger than 1 and smaller than 4gb"u8);
            return;
        }
        c.Keyspace.Limits.ListPackedThreshold = bytes == 0 ? ThresholdDefault : bytes;
        c.Reply.Ok();
    }

    /// <summary>What DEBUG OBJECT tells of a list beside what it tells of every key.</summary>
    public static string Describe(CommandContext c, ListValue list)
    {
        long nodes = 0, bytes = 0;
        foreach (ListNodeImage node in list.Nodes)
        {
            nodes++;
            bytes += node.Bytes;
        }
        int depth = c.Keyspace.Limits.ListCompressDepth;
        return string.Create(CultureInfo.InvariantCulture,
            $" ql_nodes:{nodes} ql_avg_node:{(double)list.Count / nodes:F2} ql_listpack_max:{c.Keyspace.Limits.ListMaxListpackSize} ql_compressed:{(depth > 0 ? 1 : 0)} ql_uncompressed_size:{bytes}");
    }

    /// <summary>A number of bytes, perhaps with a unit: "1b", "5kb", "1g".</summary>
    private static bool TryBytes(ReadOnlySpan<byte> text, out long bytes)
    {
        int digits = text.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        digits = digits < 0 ? text.Length : digits;
        long factor = Encoding.ASCII.GetString(text[digits..]).ToLowerInvariant() switch
        {
            "" or "b" => 1,
            "k" => 1000,
            "kb" => 1024,
            "m" => 1000 * 1000,
            "mb" => 1024 * 1024,
            "g" => 1000L * 1000 * 1000,
            "gb" => 1024L * 1024 * 1024,
            _ => 0,
        };
        if (!IntegerText.TryParse(text[..digits], out bytes) || factor == 0 || bytes > ThresholdMax)
            return false;
        bytes *= factor;
        return true;
    }
}
