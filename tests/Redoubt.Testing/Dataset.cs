using System.Globalization;
using System.Text;

namespace Redoubt.Testing;

/// <summary>
/// Everything two servers hold, compared key by key in all databases: type, value, expiry. Values are read as clients read them, whole; what has
/// no order is put into one. A key that expires while the comparison runs may be gone on one side only; that is no difference.
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
            reads.Add(ReadOf(types[i].Text, keys[i]));
            reads.Add([.. Wire.Arguments("PEXPIRETIME"), keys[i]]);
            reads.Add(types[i].Text == "stream" ? [.. Wire.Arguments("XINFO", "GROUPS"), keys[i]] : Wire.Arguments("PING"));
        }

        RespValue[] replies = connection.Pipeline(reads);
        for (int i = 0; i < keys.Length; i++)
        {
            // "none", nil and -2: it expired since SCAN.
            RespValue value = replies[3 * i].OrThrow();
            if (!value.IsNull && types[i].Text != "none")
            {
                entries[Encoding.Latin1.GetString(keys[i])] = new Entry(types[i].Text, Bytes(types[i].Text, value, replies[(3 * i) + 2]), replies[(3 * i) + 1].OrThrow().Integer);
            }
        }
    }

    private static IReadOnlyList<byte[]> ReadOf(string type, byte[] key) => type switch
    {
        "list" => [.. Wire.Arguments("LRANGE"), key, .. Wire.Arguments("0", "-1")],
        "hash" => [.. Wire.Arguments("HGETALL"), key],
        "set" => [.. Wire.Arguments("SMEMBERS"), key],
        "zset" => [.. Wire.Arguments("ZRANGE"), key, .. Wire.Arguments("0", "-1", "WITHSCORES")],
        "stream" => [.. Wire.Arguments("XRANGE"), key, .. Wire.Arguments("-", "+")],
        _ => [.. Wire.Arguments("GET"), key],
    };

    /// <summary>A value as one row of bytes, equal for equal values; of a stream, its groups too.</summary>
    private static byte[] Bytes(string type, RespValue value, RespValue groups)
    {
        if (type is "string" or "none")
            return value.Bytes;
        IEnumerable<string> parts = type switch
        {
            "set" => value.Items.Select(m => m.Text).Order(StringComparer.Ordinal),
            "hash" => value.Items.Chunk(2).OrderBy(pair => pair[0].Text, StringComparer.Ordinal).SelectMany(pair => pair).Select(m => m.Text),
            "stream" => Flat(value).Concat(groups.Items.SelectMany(Group)),
            _ => Flat(value),
        };
        return Wire.Bytes(string.Join('\x01', parts));
    }

    /// <summary>
    /// Of a group what replicas know exactly. Redis does not replicate every change of how many entries were read, of the lag that follows from it, and of
    /// consumers that ask and get nothing.
    /// </summary>
    private static IEnumerable<string> Group(RespValue group) =>
        new[] { "name", "pending", "last-delivered-id" }.SelectMany(field => Flat(group.Field(field)!));

    private static IEnumerable<string> Flat(RespValue value) =>
        value.Type == RespType.Array ? value.Items.SelectMany(Flat) : [value.IsNull ? "(nil)" : value.Type == RespType.Integer ? value.Integer.ToString(CultureInfo.InvariantCulture) : value.Text];

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
