namespace Redoubt.Conformance.Generation;

/// <summary>Strings as bits, as fields of bits and as HyperLogLogs, whose bytes are compared too.</summary>
internal static class BitmapRecipes
{
    public static IEnumerable<Recipe> All { get; } =
    [
        new("SETBIT", 15, d => [d.Case("SETBIT"), Key(d), Offset(d), d.Pick("0", "1", "1", d.Integer())]),
        new("GETBIT", 8, d => ["GETBIT", Key(d), Offset(d)]),
        new("BITCOUNT", 10, d => ["BITCOUNT", Key(d), .. d.Chance(0.8) ? [d.Index(), d.Index(), .. d.Some([d.Pick("BIT", "BYTE", "BIT", "bogus")])] : d.Some(["0"])]),
        new("BITPOS", 12, d => ["BITPOS", Key(d), d.Pick("0", "1", "1", "0", d.Integer()), .. Range(d)]),
        new("BITOP", 12, d => ["BITOP", d.Case(d.Pick("AND", "OR", "XOR", "NOT", "bogus")), Key(d), .. Enumerable.Range(0, d.Pick(1, 1, 2, 3)).Select(_ => Key(d))]),
        new("BITFIELD", 20, d => ["BITFIELD", Key(d), .. Operations(d, 1.0)]),
        new("BITFIELD_RO", 6, d => ["BITFIELD_RO", Key(d), .. Operations(d, 0.1)]),
        new("PFADD", 15, d => ["PFADD", Sketch(d), .. Elements(d)]),
        new("PFADD many", 2, d => ["PFADD", Sketch(d), .. Enumerable.Range(0, 300).Select(_ => Draw.Number(d.Next(100_000)))]),
        new("PFCOUNT", 8, d => ["PFCOUNT", Sketch(d), .. Others(d)]),
        new("PFMERGE", 5, d => ["PFMERGE", Sketch(d), .. Others(d)]),
        new("PFDEBUG", 4, d => ["PFDEBUG", d.Case(d.Pick("DECODE", "ENCODING", "GETREG", "TODENSE", "bogus")), Sketch(d)]),
        new("GET of bits", 8, d => ["GET", d.Chance(0.5) ? Sketch(d) : Key(d)]),
        new("OBJECT ENCODING of bits", 4, d => ["OBJECT", "ENCODING", d.Chance(0.5) ? Sketch(d) : Key(d)]),
        new("DEL of bits", 1, d => ["DEL", d.Chance(0.5) ? Sketch(d) : Key(d)]),
    ];

    private static string Key(Draw d) => d.Chance(0.9) ? d.Pick("k1", "k2", "k3", "bits", "counter") : d.Key();

    private static string Sketch(Draw d) => d.Chance(0.95) ? d.Pick("hll1", "hll2", "hll3") : d.Key();

    private static string[] Others(Draw d) => [.. Enumerable.Range(0, d.Pick(0, 0, 1, 2)).Select(_ => Sketch(d))];

    private static string[] Elements(Draw d) => [.. Enumerable.Range(0, d.Pick(0, 1, 2, 10)).Select(_ => d.Chance(0.8) ? Draw.Number(d.Next(500)) : d.Value())];

    private static string Offset(Draw d) => d.Next(12) switch
    {
        0 => d.Pick("-1", "abc", "", "#1", "01", "4294967296", "9223372036854775807"),
        1 => Draw.Number(d.Next(5000)),
        _ => Draw.Number(d.Next(200)),
    };

    private static string[] Range(Draw d) => d.Next(5) switch
    {
        0 => [],
        1 => [d.Index()],
        2 => [d.Index(), d.Index()],
        3 => [d.Index(), d.Index(), d.Pick("BIT", "BYTE", "bogus")],
        _ => [d.Index(), d.Index(), d.Case("BIT"), .. d.Some(["more"])],
    };

    private static string Type(Draw d) => d.Chance(0.04)
        ? d.Pick("u64", "i65", "i0", "x8", "", "i", "u8\0x", "U8")
        : d.Pick("i", "u") + d.Pick("1", "2", "5", "8", "13", "16", "32", "53", "63");

    private static string Number(Draw d) => d.Chance(0.7) ? Draw.Number(d.Next(400) - 200) : d.Integer();

    private static string[] Operations(Draw d, double writes)
    {
        var words = new List<string>();
        for (int i = d.Next(5); i > 0; i--)
        {
            string offset = (d.Chance(0.4) ? "#" : "") + (d.Chance(0.95) ? Draw.Number(d.Next(30)) : Offset(d));
            string[] operation = d.Chance(0.4) || !d.Chance(writes) ? [d.Case("GET"), Type(d), offset] : d.Next(5) switch
            {
                0 => [d.Case("OVERFLOW"), d.Pick("WRAP", "SAT", "FAIL", "sat", "bogus")],
                < 3 => [d.Case("SET"), Type(d), offset, Number(d)],
                _ => [d.Case("INCRBY"), Type(d), offset, Number(d)],
            };
            words.AddRange(operation);
        }

        return d.Chance(0.03) ? [.. words, "GET"] : [.. words];
    }
}
