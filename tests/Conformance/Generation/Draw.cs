using System.Globalization;
using System.Text;
using Redoubt.Testing;

namespace Redoubt.Conformance.Generation;

/// <summary>
/// Seeded choices from which commands are made. The key space is small on purpose: commands must meet on the same keys, or most of them
/// would find nothing. Expiries are in the past or far in the future, so that no reply depends on when exactly it was made.
/// </summary>
internal sealed class Draw(int seed)
{
    /// <summary>The year 3021: absolute times around it are the same for both servers whenever they run.</summary>
    private const long FarFutureSeconds = 33_177_117_420;

    private static readonly string[] Keys =
    [
        "k1", "k2", "k3", "k4", "k5", "k6", "k7", "counter", "key:with:parts", "", "\0\x01\xff\r\n", new string('L', 300), "h{tag}1", "[a]b*c?", "z1",
    ];

    private static readonly string[] NotIntegers =
    [
        "", " ", "abc", "1.5", "1 ", " 1", "+1", "01", "-0", "0x10", "1e3", "9223372036854775808", "-9223372036854775809", "99999999999999999999999", "nan", "--1",
    ];

    private static readonly string[] EdgeIntegers =
    [
        "0", "1", "-1", "2", "10", "100", "-100", "2147483647", "-2147483648", "2147483648", "4294967296", "9223372036854775807", "-9223372036854775808",
        "9223372036854775806", "4611686018427387904",
    ];

    private static readonly string[] Floats =
    [
        "0", "1", "-1", "0.1", "1.5", "-2.25", "3.0e3", "1e2", "0.5", ".5", "5.", "1e-3", "10.000", "+1.5", "3.141592653589793", "1e17", "123456789.125", "-0.0625",
    ];

    private static readonly string[] NotFloats = ["", "abc", "1.5x", " 1", "1 ", "nan", "inf", "-inf", "1e400", "0x1p3", "1,5", "--1", "1e", "e5"];

    private readonly Random _random = new(seed);

    /// <summary>A number that only rises, for IDs of streams.</summary>
    public long Steps { get; private set; } = 10;

    public long Step(int by) => Steps += by;

    public int Next(int exclusiveMax) => _random.Next(exclusiveMax);

    public int Next(int min, int exclusiveMax) => _random.Next(min, exclusiveMax);

    public bool Chance(double probability) => _random.NextDouble() < probability;

    public T Pick<T>(params T[] choices) => choices[_random.Next(choices.Length)];

    public string Key() => Keys[_random.Next(Keys.Length)];

    public string[] KeyList(int most) => [.. Enumerable.Range(0, 1 + _random.Next(most)).Select(_ => Key())];

    public string Value() => _random.Next(12) switch
    {
        0 => "",
        1 => Pick(EdgeIntegers),
        2 => Pick(Floats),
        3 => Pick(NotIntegers),
        4 => "\0\xff\r\n$5\r\nbinary\0",
        5 => new string((char)('a' + _random.Next(26)), _random.Next(40, 50)),
        6 => Chance(0.1) ? RandomBytes(_random.Next(1, 20_000)) : RandomBytes(_random.Next(1, 200)),
        _ => "value-" + Number(_random.Next(50)),
    };

    /// <summary>Mostly an integer that a counter can take, sometimes an edge or no integer at all.</summary>
    public string Integer() => _random.Next(10) switch
    {
        0 => Pick(NotIntegers),
        1 or 2 => Pick(EdgeIntegers),
        _ => Number(_random.Next(-20, 21)),
    };

    public string Float() => _random.Next(10) switch
    {
        0 => Pick(NotFloats),
        1 => Pick(EdgeIntegers),
        _ => Pick(Floats),
    };

    /// <summary>An index into a string: near either end, or far off, rarely no number.</summary>
    public string Index() => _random.Next(12) switch
    {
        0 => Pick(NotIntegers),
        1 => Pick(EdgeIntegers),
        2 => Number(_random.Next(-300, 300)),
        _ => Number(_random.Next(-12, 13)),
    };

    /// <summary>Seconds or milliseconds from now: never soon, and never twice so near that GT and LT could decide by a millisecond.</summary>
    public string RelativeExpiry() => _random.Next(14) switch
    {
        0 => Pick("0", "-1", "-100"),
        1 => Pick(NotIntegers),
        2 => Pick("9223372036854775807", "-9223372036854775808", "9223372036854775", "9223372036854776", "-9223372036854775"),
        _ => Number(_random.NextInt64(100_000, 1_000_000_000) * 1000),
    };

    public string AbsoluteSeconds() => _random.Next(14) switch
    {
        0 => Pick("0", "-1", "1", "1000000000"),
        1 => Pick(NotIntegers),
        2 => Pick("9223372036854775807", "-9223372036854775808", "9223372036854775", "9223372036854776"),
        _ => Number(FarFutureSeconds + _random.Next(20)),
    };

    public string AbsoluteMilliseconds() => _random.Next(14) switch
    {
        0 => Pick("0", "-1", "1", "1000000000000"),
        1 => Pick(NotIntegers),
        2 => Pick("9223372036854775807", "-9223372036854775808"),
        _ => Number((FarFutureSeconds * 1000) + _random.Next(20)),
    };

    public string Pattern() => Pick("*", "k?", "k[1-3]", "k[^1]", "key:*", "\\[a\\]*", "*[a]*", "", "nothing", "k[", "k\\", "**", "?*?", "[k-a]1", "*\xff*", "L*", "h{tag}?");

    public string RandomBytes(int length)
    {
        byte[] bytes = new byte[length];
        _random.NextBytes(bytes);
        return Encoding.Latin1.GetString(bytes);
    }

    /// <summary>The word in upper, lower or mixed case: names and options are the same to a server in any.</summary>
    public string Case(string word) => _random.Next(6) switch
    {
        0 => word.ToLowerInvariant(),
        1 => string.Concat(word.Select((c, i) => i % 2 == 0 ? char.ToLowerInvariant(c) : char.ToUpperInvariant(c))),
        _ => word,
    };

    public static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Some of the options, in any order.</summary>
    public string[] Some(params string[][] options)
    {
        var chosen = new List<string>();
        foreach (string[] option in options.OrderBy(_ => _random.Next()).Where(_ => Chance(1.2 / options.Length)))
        {
            chosen.Add(Case(option[0]));
            chosen.AddRange(option.Skip(1));
        }

        return [.. chosen];
    }
}
