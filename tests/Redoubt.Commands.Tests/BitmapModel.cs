using System.Globalization;
using System.Numerics;
using System.Text;

namespace Redoubt.Commands.Tests;

/// <summary>Bit commands beside arrays of bytes whose bits are looked at one by one.</summary>
internal sealed class BitmapModel(CommandRig rig, Random random)
{
    private static readonly string[] Keys = ["a", "b", "c"];
    private readonly Dictionary<string, byte[]> _model = new() { ["a"] = [], ["b"] = [], ["c"] = [] };

    public void Step()
    {
        string key = Keys[random.Next(Keys.Length)];
        switch (random.Next(12))
        {
            case < 3:
                SetBit(key);
                break;
            case 3:
                int at = Offset();
                Expect($"GETBIT {key} {at}", Bit(_model[key], at));
                break;
            case 4:
                CountBits(key);
                break;
            case 5:
                FindBit(key);
                break;
            case 6:
                Combine();
                break;
            case 7:
                Replace(key);
                break;
            default:
                UseField(key);
                break;
        }
    }

    public void Compare()
    {
        rig.Verify();
        foreach ((string key, byte[] bytes) in _model)
        {
            string reply = bytes.Length == 0 ? "$0\r\n\r\n" : $"${bytes.Length}\r\n{Encoding.Latin1.GetString(bytes)}\r\n";
            Assert.Equal(reply, Encoding.Latin1.GetString(rig.Run(CommandRig.Words($"GETRANGE {key} 0 -1"))));
        }
    }

    private int Offset() => random.Next(random.Next(8) == 0 ? 20_000 : 300);

    private void SetBit(string key)
    {
        int at = Offset(), bit = random.Next(2);
        Expect($"SETBIT {key} {at} {bit}", Bit(_model[key], at));
        Put(key, at, 1, bit);
    }

    private void CountBits(string key)
    {
        byte[] bytes = _model[key];
        if (random.Next(3) == 0)
        {
            Expect($"BITCOUNT {key}", Ones(bytes, 0, bytes.Length * 8L - 1));
            return;
        }
        bool byBits = random.Next(2) == 0;
        (long start, long end) = Range(bytes.Length * (byBits ? 8 : 1), out string text);
        // Of a range that is given backwards from the end nothing is counted, however short the string is.
        long[] given = [.. text.Split(' ').Select(word => long.Parse(word, CultureInfo.InvariantCulture))];
        bool isEmpty = given is [< 0, < 0] && given[0] > given[1];
        Expect($"BITCOUNT {key} {text} {(byBits ? "BIT" : "BYTE")}", isEmpty ? 0 : Ones(bytes, byBits ? start : start * 8, byBits ? end : end * 8 + 7));
    }

    private void FindBit(string key)
    {
        byte[] bytes = _model[key];
        int bit = random.Next(2);
        int kind = random.Next(3);
        bool byBits = kind == 2;
        (long start, long end) = Range(bytes.Length * (byBits ? 8 : 1), out string text);
        if (kind == 0)
            (start, end, text) = (0, bytes.Length - 1, "");
        long expected = bytes.Length == 0 ? -bit : -1;
        for (long at = byBits ? start : start * 8; bytes.Length > 0 && expected < 0 && at <= (byBits ? end : end * 8 + 7); at++)
            expected = Bit(bytes, at) == bit ? at : -1;
        // Without an end the string goes on with zeros.
        if (kind == 0 && bytes.Length > 0 && expected < 0 && bit == 0)
            expected = bytes.Length * 8L;
        Expect($"BITPOS {key} {bit} {text} {(kind == 0 ? "" : byBits ? "BIT" : "BYTE")}".TrimEnd(), expected);
    }

    private void Combine()
    {
        string operation = new[] { "AND", "OR", "XOR", "NOT" }[random.Next(4)];
        string[] sources = [.. Enumerable.Range(0, operation == "NOT" ? 1 : random.Next(1, 4)).Select(_ => Keys[random.Next(Keys.Length)])];
        string target = Keys[random.Next(Keys.Length)];
        byte[] result = new byte[sources.Max(source => _model[source].Length)];
        for (int i = 0; i < result.Length; i++)
        {
            IEnumerable<int> parts = sources.Select(source => i < _model[source].Length ? _model[source][i] : 0);
            result[i] = (byte)(operation == "NOT" ? ~parts.First() : parts.Aggregate((x, y) => operation == "AND" ? x & y : operation == "OR" ? x | y : x ^ y));
        }
        Expect($"BITOP {operation} {target} {string.Join(' ', sources)}", result.Length);
        _model[target] = result;
    }

    private void Replace(string key)
    {
        byte[] bytes = new byte[random.Next(10) == 0 ? random.Next(3000) : random.Next(20)];
        random.NextBytes(bytes);
        // Values that are integers are stored as such until somebody looks at their bits.
        if (random.Next(3) == 0)
            bytes = Encoding.ASCII.GetBytes(random.Next(-5000, 5000).ToString(CultureInfo.InvariantCulture));
        if (bytes.Length == 0)
            rig.Run(CommandRig.Words($"DEL {key}"));
        else
            rig.Run([.. CommandRig.Words($"SET {key}"), bytes]);
        _model[key] = bytes;
    }

    private void UseField(string key)
    {
        int bits = random.Next(1, 65);
        bool isSigned = bits == 64 || random.Next(2) == 0;
        string type = $"{(isSigned ? 'i' : 'u')}{bits}";
        long at = random.Next(2) == 0 ? Offset() : random.Next(6) * (long)bits;
        BigInteger least = isSigned ? -(BigInteger.One << (bits - 1)) : 0, span = BigInteger.One << bits, most = least + span - 1;
        BigInteger old = Field(_model[key], at, bits, isSigned);
        if (random.Next(3) == 0)
        {
            Expect($"BITFIELD {key} GET {type} {at}", $"*1|:{old}");
            return;
        }
        string overflow = new[] { "WRAP", "SAT", "FAIL" }[random.Next(3)];
        bool isIncrement = random.Next(2) == 0;
        long operand = random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64);
        // A SET of an unsigned field takes its bits as they are; what Redis makes of negative ones there is not told by numbers alone.
        if (!isIncrement && !isSigned)
            operand = Math.Abs(operand >> 1);
        BigInteger value = isIncrement ? old + operand : operand;
        bool fits = value >= least && value <= most;
        BigInteger stored = fits ? value : overflow == "SAT" ? (value > most ? most : least) : least + (((value - least) % span) + span) % span;
        bool isRefused = !fits && overflow == "FAIL";
        Expect($"BITFIELD {key} OVERFLOW {overflow} {(isIncrement ? "INCRBY" : "SET")} {type} {at} {operand}",
            isRefused ? "*1|$-1" : $"*1|:{(isIncrement ? stored : old)}");
        Put(key, at, bits, isRefused ? old : stored);
    }

    private (long Start, long End) Range(long length, out string text)
    {
        int reach = (int)Math.Min(length + 4, 4000);
        long start = random.Next(-reach, reach + 1), end = random.Next(-reach, reach + 1);
        text = $"{start} {end}";
        start = Math.Max(0, start < 0 ? start + length : start);
        end = Math.Max(0, end < 0 ? end + length : end);
        return (start, Math.Min(end, length - 1));
    }

    private void Expect(string line, long integer) => Expect(line, $":{integer}");

    private void Expect(string line, string reply) => Assert.Equal((line, reply), (line, rig.Run(line)));

    private static long Ones(byte[] bytes, long first, long last)
    {
        long ones = 0;
        for (long at = first; at <= last; at++)
            ones += Bit(bytes, at);
        return ones;
    }

    private static int Bit(byte[] bytes, long at) => at / 8 < bytes.Length ? bytes[at / 8] >> (int)(7 - at % 8) & 1 : 0;

    private static BigInteger Field(byte[] bytes, long at, int bits, bool isSigned)
    {
        BigInteger value = 0;
        for (int i = 0; i < bits; i++)
            value = value * 2 + Bit(bytes, at + i);
        return isSigned && Bit(bytes, at) == 1 ? value - (BigInteger.One << bits) : value;
    }

    private void Put(string key, long at, int bits, BigInteger value)
    {
        byte[] bytes = _model[key];
        if ((at + bits + 7) / 8 > bytes.Length)
            Array.Resize(ref bytes, (int)((at + bits + 7) / 8));
        for (int i = 0; i < bits; i++)
        {
            byte mask = (byte)(0x80 >> (int)((at + i) % 8));
            bool isSet = ((value >> (bits - 1 - i)) & 1) == 1;
            bytes[(at + i) / 8] = (byte)(isSet ? bytes[(at + i) / 8] | mask : bytes[(at + i) / 8] & ~mask);
        }
        _model[key] = bytes;
    }
}
