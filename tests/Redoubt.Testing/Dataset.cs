using System.Globalization;
using System.Text;

namespace Redoubt.Testing;

/// <summary>
/// Everything two servers hold, compared key by key in all databases: type, value, expiry. Values of strings are read with GET, others with
/// DUMP. A key that expires while the comparison runs may be gone on one side only; that is no difference.
/// </summary>
public static class Dataset
{
    private const int DatabaseCount = 16;
    private const int DifferencesShown = 20;

    /// <summary>Throws with a list of the differing keys; gives the number of keys compared, so that a test can see that it compared something.</summary>
    public static int Compare(ServerProcess expected, ServerProcess actual, TimeSpan expiryTolerance = default)
    {
        using RespConnection left = expected.Connect();
        using RespConnection right = actual.Connect();
        return Compare(left, right, expiryTolerance);
    }

    public static int Compare(RespConnection expected, RespConnection actual, TimeSpan expiryTolerance = default)
    {
        var differences = new List<string>();
        int compared = 0;
        for (int db = 0; db < DatabaseCount; db++)
        {
            Dictionary<string, Entry> left = Read(expected, db);
            Dictionary<string, Entry> right = Read(actual, db);
            foreach (string key in left.Keys.Union(right.Keys).Order(StringComparer.Ordinal))
            {
                Entry? a = left.GetValueOrDefault(key);
                Entry? b = right.GetValueOrDefault(key);
                compared++;
                if (Differs(a, b, expiryTolerance))
                {
                    differences.Add($"db {db} key {Wire.Show(Wire.Bytes(key), 80)}:\n  expected {Show(a)}\n  actual   {Show(b)}");
                }
            }
        }

        return differences.Count == 0 ? compared : throw new InvalidOperationException(Report(differences, compared));
    }

    /// <summary>The dataset of one server, by database and key, for tests that compare moments rather than servers.</summary>
    public static Dictionary<string, Entry> Read(RespConnection connection, int db)
    {
        connection.Call("SELECT", db.ToString(CultureInfo.InvariantCulture)).OrThrow();
        var entries = new Dictionary<string, Entry>(StringComparer.Ordinal);
        List<byte[]> keys = Keys(connection);
        foreach (byte[][] chunk in keys.Chunk(500))
        {
            ReadChunk(connection, chunk, entries);
        }

        return entries;
    }

    /// <summary>All keys of the selected database by a full SCAN, each once.</summary>
    public static List<byte[]> Keys(RespConnection connection, params string[] options)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var keys = new List<byte[]>();
        string cursor = "0";
        do
        {
            RespValue reply = connection.Call(["SCAN", cursor, .. options.Length > 0 ? options : ["COUNT", "1000"]]).OrThrow();
            cursor = reply[0].Text;
            keys.AddRange(reply[1].Items.Where(k => seen.Add(k.Text)).Select(k => k.Bytes));
        }
        while (cursor != "0");
        return keys;
    }

    private static void ReadChunk(RespConnection connection, byte[][] keys, Dictionary<string, Entry> entries)
    {
        RespValue[] types = connection.Pipeline(keys.Select(k => (IReadOnlyList<byte[]>)[.. Wire.Arguments("TYPE"), k]).ToList());
        var reads = new List<IReadOnlyList<byte[]>>();
        for (int i = 0; i < keys.Length; i++)
        {
            reads.Add([Wire.Bytes(types[i].Text is "string" or "none" ? "GET" : "DUMP"), keys[i]]);
            reads.Add([.. Wire.Arguments("PEXPIRETIME"), keys[i]]);
        }

        RespValue[] replies = connection.Pipeline(reads);
        for (int i = 0; i < keys.Length; i++)
        {
            // "none", nil and -2: it expired since SCAN.
            RespValue value = replies[2 * i].OrThrow();
            if (!value.IsNull && types[i].Text != "none")
            {
                entries[Encoding.Latin1.GetString(keys[i])] = new Entry(types[i].Text, value.Bytes, replies[(2 * i) + 1].OrThrow().Integer);
            }
        }
    }

    private static bool Differs(Entry? a, Entry? b, TimeSpan expiryTolerance)
    {
        if (a is null || b is null)
        {
            long expiry = (a ?? b)!.ExpiresAtMs;
            return expiry < 0 || expiry > DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + 50;
        }

        bool sameExpiry = (a.ExpiresAtMs < 0) == (b.ExpiresAtMs < 0)
            && Math.Abs(a.ExpiresAtMs - b.ExpiresAtMs) <= expiryTolerance.TotalMilliseconds;
        return !sameExpiry || a.Type != b.Type || !a.Value.AsSpan().SequenceEqual(b.Value);
    }

    private static string Show(Entry? entry) => entry is null ? "(missing)" : $"{entry.Type} {Wire.Show(entry.Value, 100)} expires at {entry.ExpiresAtMs} ms";

    private static string Report(List<string> differences, int compared)
    {
        var report = new StringBuilder();
        report.Append(CultureInfo.InvariantCulture, $"the datasets differ in {differences.Count} of {compared} keys");
        foreach (string difference in differences.Take(DifferencesShown))
        {
            report.Append('\n').Append(difference);
        }

        return report.ToString();
    }

    /// <summary>A key's content; <paramref name="ExpiresAtMs"/> is -1 for a key that does not expire.</summary>
    public sealed record Entry(string Type, byte[] Value, long ExpiresAtMs);
}
