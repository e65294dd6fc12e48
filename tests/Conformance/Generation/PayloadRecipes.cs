using System.Globalization;
using Redoubt.Testing;

namespace Redoubt.Conformance.Generation;

/// <summary>DUMP and RESTORE. The payloads were made by redis-server 7.0.15; some are damaged on the way.</summary>
internal static class PayloadRecipes
{
    private static readonly string[] Payloads = [.. new[]
    {
        "000568656c6c6f0a006372df766534200a", "00c139300a009d94ea2793fc08b9", "1201021111000000030081610211018363636304ff0a0014e6523fd0a2ceb9",
        "0b0e0200000003000000010002002c010a00e510b28e7b9529aa", "0202016201610a0075d99d835ef85f65", "10121200000004008166028176028167020201ff0a0001a64e4fc1d4e543",
        "1114140000000400816102010181620283322e3504ff0a00d44c6ea4f644d9d7",
        "130110000000000000000500000000000000011d1d0000000a0001010001010181660200010201000100018176020401ff0105010501000001010167000081ffffffffffffffff00000a009b4a4b3b164d6c",
    }.Select(hex => System.Text.Encoding.Latin1.GetString(Convert.FromHexString(hex)))];

    public static IEnumerable<Recipe> All { get; } =
    [
        new("RESTORE", 8, d => [d.Case("RESTORE"), d.Key(), d.Pick("0", "0", d.RelativeExpiry()), Payload(d), .. d.Some(["REPLACE"], ["REPLACE"], ["ABSTTL"],
            ["IDLETIME", d.Pick("0", "1000", "-1", "abc")], ["FREQ", d.Pick("0", "255", "256", "abc")], [d.Pick("bogus", "FREQ", "IDLETIME")])]),
        new("RESTORE of every type", 8, d => ["RESTORE", d.Pick("k1", "k2", "l1", "s1", "h1", "z1"), "0", d.Pick(Payloads), "REPLACE"], Makes: true),
        new("DUMP", 8, d => ["DUMP", d.Chance(0.5) ? d.Key() : d.Pick("l1", "s1", "s3", "h1", "h3", "z1", "z3", "bits", "hll1")], ComesBackTheSame),
    ];

    private static string Payload(Draw d)
    {
        string payload = d.Pick(Payloads);
        if (d.Chance(0.8))
            return payload;
        int at = d.Next(payload.Length);
        return d.Chance(0.5) ? payload[..at] : payload[..at] + (char)(payload[at] ^ 4) + payload[(at + 1)..];
    }

    /// <summary>
    /// The bytes may differ where a table's order or a compressor's choice shows. That the payload is of the same format, and what comes of it,
    /// must not.
    /// </summary>
    private static string ComesBackTheSame(RespConnection connection, string[] command)
    {
        const string copy = "restored-from-the-dump";
        RespValue payload = connection.Call(command);
        if (payload.IsError || payload.IsNull)
            return payload.ToString();
        RespValue restored = connection.Call([.. Wire.Arguments("RESTORE", copy, "0"), payload.Bytes, .. Wire.Arguments("REPLACE")]);
        string digests = connection.Call("DEBUG", "DIGEST-VALUE", command[1], copy).ToString();
        string encoding = connection.Call("OBJECT", "ENCODING", copy).ToString();
        connection.Call("DEL", copy);
        return string.Create(CultureInfo.InvariantCulture, $"type {payload.Bytes[0]}, version {payload.Bytes[^10]}: {restored}, {digests}, {encoding}");
    }
}
