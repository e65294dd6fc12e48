using System.Globalization;
using System.Text;

namespace Redoubt.Commands.Tests;

/// <summary>
/// Makes commands that are hard on details: few keys, odd numbers, wrong options. Times are far from now on either side, so that
/// a run does not depend on how fast it is.
/// </summary>
internal sealed class CommandGenerator(int seed)
{
    private static readonly string[] Integers =
    [
        "0", "1", "-1", "10", "007", "+5", "-0", " 1", "1 ", "", "abc", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
        "-9223372036854775809", "18446744073709551616", "99999999999999999999", "4611686018427387904", "12345678901234567890123", "3.0", "2147483648",
    ];

    private static readonly string[] Floats =
    [
        "0.1", "-0.1", "3", "1e3", "1E-3", "5.0e3", "inf", "-inf", "nan", "", " 1", "1 ", "0x10", "0x1.8p1", ".5", "5.", ".", "e5", "1e", "+2.5", "1e400",
        "1e4000", "1e5000", "1e-5000", "3.0000000000000000000000000000001", "1e-17", "-1e-18", "123456789.123456789", "100000000000000000000",
    ];

    private static readonly string[] Texts =
    [
        "", "a", "hello", "0", "12", "-7", "1.5", "00012", "the quick brown fox jumps over the lazy dog 0123456789", "\0bin\r\n\xff", "9223372036854775807",
    ];

    // A time in the past deletes, a small relative one would race with the clock.
    private static readonly string[] Relative = ["1000", "100000", "0", "-1", "abc", "9223372036854775807", "9223372036854775", "-9223372036854775808", "1.5", ""];
    private static readonly string[] Absolute = ["1", "1700000000", "4000000000", "5000000000000", "6000000000000", "0", "-5", "x", "9223372036854775807", "9223372036854776"];
    private static readonly string[] Databases = ["0", "1", "2", "15", "16", "-1", "x", "2147483648", "99999999999999999999"];
    private static readonly string[] Offsets = ["0", "1", "5", "-1", "-3", "100", "-100", "x", "9223372036854775807", "-9223372036854775808", "536870911"];

    private static readonly string[] Patterns =
    [
        "*", "**", "?", "k*", "*1", "k?", "[kx]1", "[^k]*", "[a-z]2", "[z-a]3", "k[12", "[", "[^", "\\k1", "k\\", "k[\\1]", "*k*1*", "", "k[^1]", "[]k]1", "k[1-]", "**1", "?1*", "k1**",
    ];

    private readonly Random _random = new(seed);

    public byte[][] Next()
    {
        string[] words = Words();
        if (_random.Next(40) == 0 && words.Length > 1 && words[0] != "SCAN")
            words = words[..^1];
        if (_random.Next(8) == 0)
            words[0] = words[0].ToLowerInvariant();
        return [.. words.Select(Encoding.Latin1.GetBytes)];
    }

    /// <summary>A scan of everything, for when no expired key is left: Redis deletes those it meets, Redoubt passes them by.</summary>
    public byte[][] NextScan()
    {
        string[] type = _random.Next(2) == 0 ? ["TYPE", Pick("string", "STRING", "hash", "none")] : [];
        string[] match = _random.Next(3) > 0 ? ["MATCH", Pick(Patterns)] : [];
        string[] words = ["SCAN", Pick("0", "", "+0"), .. match, "COUNT", "10000", .. type];
        return [.. words.Select(Encoding.Latin1.GetBytes)];
    }

    private string[] Words() => _random.Next(46) switch
    {
        0 or 1 or 2 => ["SET", Key(), Text()],
        3 or 4 => ["SET", Key(), Text(), .. Options()],
        5 => [Pick("SETNX", "GETSET", "APPEND"), Key(), Text()],
        6 => [Pick("SETEX", "PSETEX"), Key(), Pick("1000000", "0", "-1", "abc", "9223372036854775807", "100000000000"), Text()],
        7 or 8 => [Pick("GET", "STRLEN", "GETDEL", "TYPE", "PERSIST"), Key()],
        9 => ["GETEX", Key(), .. Options()],
        10 => [Pick("MGET", "DEL", "UNLINK", "EXISTS", "TOUCH"), Key(), Key(), Key()],
        11 => [Pick("MSET", "MSETNX"), Key(), Text(), Key(), Text()],
        12 => ["MSETNX", $"n{_random.Next(60)}", Text(), $"n{_random.Next(60)}", Text()],
        13 or 14 => [Pick("INCR", "DECR"), Key()],
        15 or 16 => [Pick("INCRBY", "DECRBY"), Key(), Pick(Integers)],
        17 or 18 or 19 => ["INCRBYFLOAT", Key(), Float()],
        20 or 21 => [Pick("GETRANGE", "SUBSTR"), Key(), Pick(Offsets), Pick(Offsets)],
        22 => ["SETRANGE", Key(), Pick("0", "1", "5", "20", "-1", "x", "536870912", "9223372036854775807"), Text()],
        23 => [Pick("RENAME", "RENAMENX"), Key(), Key()],
        24 => ["COPY", Key(), Key(), .. _random.Next(4) switch { 0 => new[] { "REPLACE" }, 1 => ["DB", Pick(Databases)], 2 => ["DB", Pick(Databases), "replace"], _ => [] }],
        25 => ["MOVE", Key(), Pick(Databases)],
        26 or 27 => [Pick("EXPIRE", "PEXPIRE"), Key(), Pick(Relative), .. Condition(false)],
        28 or 29 => ["EXPIREAT", Key(), Pick(Absolute), .. Condition(true)],
        30 or 31 => ["PEXPIREAT", Key(), Pick(Absolute), .. Condition(true)],
        32 or 33 => [Pick("TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME"), Key()],
        34 or 35 => ["KEYS", Pick(Patterns)],
        36 => ["SCAN", Pick("x", "-", " 0", "99999999999999999999"), "COUNT", "10000"],
        37 => ["SCAN", Pick("0", "", "+0"), "MATCH", Pick(Patterns), "COUNT", Pick("0", "-1", "x")],
        38 => ["DBSIZE"],
        39 => ["OBJECT", Pick("ENCODING", "FREQ"), Key()],
        40 => ["SELECT", Pick("0", "0", "0", "1", "16", "-1", "x", "99999999999")],
        41 => _random.Next(6) == 0 ? ["SWAPDB", Pick(Databases), Pick(Databases)] : ["DBSIZE"],
        42 => _random.Next(12) == 0 ? [Pick("FLUSHDB", "FLUSHALL"), .. _random.Next(3) switch { 0 => new[] { "ASYNC" }, 1 => ["SYNC"], _ => [] }] : ["SCAN", "0", "COUNT"],
        43 => [Pick("PING", "ECHO", "SUBSTR", "GETEX", "SETNX"), Text()],
        44 => ["TTL", Key()],
        _ => ["SUBSTR", Key(), "0", "-1"],
    };

    private IEnumerable<string> Options()
    {
        for (int i = _random.Next(4); i > 0; i--)
        {
            string option = Pick("NX", "XX", "GET", "KEEPTTL", "EX", "PX", "EXAT", "PXAT", "PERSIST", "bogus", "nx", "get", "keepttl");
            yield return option;
            if (option is "EX" or "PX")
                yield return Pick("1000000", "100000000", "0", "-1", "x", "9223372036854775807");
            if (option is "EXAT" or "PXAT")
                yield return Pick(Absolute);
        }
    }

    private IEnumerable<string> Condition(bool isAbsolute)
    {
        for (int i = Math.Max(0, _random.Next(5) - 2); i > 0; i--)
            yield return isAbsolute ? Pick("NX", "XX", "GT", "LT", "gt", "bogus\r\nx") : Pick("NX", "XX", "nx", "KK");
    }

    private string Float() => _random.Next(3) switch
    {
        0 => Pick(Floats),
        1 => (_random.NextDouble() * Math.Pow(10, _random.Next(-12, 12)) * (_random.Next(2) * 2 - 1)).ToString("R", CultureInfo.InvariantCulture),
        _ => $"{_random.Next(-100000, 100000)}.{_random.Next(100000)}",
    };

    private string Key() => $"k{_random.Next(1, 7)}";

    private string Text() => Pick(Texts);

    private string Pick(params string[] choices) => choices[_random.Next(choices.Length)];
}
