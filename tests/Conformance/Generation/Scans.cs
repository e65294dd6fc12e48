using Redoubt.Testing;

namespace Redoubt.Conformance.Generation;

/// <summary>Whole iterations of SCAN's kin: cursors and the order in a table are each server's own, what comes out in the end is not.</summary>
internal static class Scans
{
    public static string Whole(RespConnection connection, string[] words, int groupSize)
    {
        var seen = new SortedSet<string>(StringComparer.Ordinal);
        string[] next = [.. words];
        do
        {
            RespValue reply = connection.Call(next);
            if (reply.IsError)
                return reply.ToString();
            foreach (RespValue[] group in reply[1].Items.Chunk(groupSize))
                seen.Add(string.Join('=', group.Select(item => item.ToString())));
            next[2] = reply[0].Text;
        }
        while (next[2] != "0");
        return string.Join(' ', seen);
    }
}
