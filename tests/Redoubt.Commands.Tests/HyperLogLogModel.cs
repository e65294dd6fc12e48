using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace Redoubt.Commands.Tests;

/// <summary>HyperLogLogs beside plain rows of registers, hash and estimate written out once more after the papers they are from.</summary>
internal sealed class HyperLogLogModel(CommandRig rig, Random random)
{
    private const int Registers = 1 << 14;
    private static readonly string[] Keys = ["a", "b", "c"];
    private readonly Dictionary<string, byte[]?> _model = new() { ["a"] = null, ["b"] = null, ["c"] = null };

    public void Step()
    {
        string key = Keys[random.Next(Keys.Length)];
        switch (random.Next(14))
        {
            case < 8:
                Add(key);
                break;
            case < 10:
                Count();
                break;
            case < 12:
                Merge(key);
                break;
            case 12 when random.Next(4) == 0 && _model[key] is not null:
                rig.Run($"PFDEBUG TODENSE {key}");
                break;
            case 13 when random.Next(10) == 0:
                rig.Run($"DEL {key}");
                _model[key] = null;
                break;
        }
    }

    public void Compare()
    {
        rig.Verify();
        foreach ((string key, byte[]? registers) in _model)
        {
            if (registers is null)
                Assert.Equal(":0", rig.Run($"EXISTS {key}"));
            else
                Assert.Equal(registers, Told(key));
        }
    }

    private void Add(string key)
    {
        string[] elements = [.. Enumerable.Range(0, random.Next(random.Next(6) == 0 ? 400 : 4)).Select(_ => Element())];
        bool changes = _model[key] is null;
        byte[] registers = _model[key] ??= new byte[Registers];
        foreach (string element in elements)
        {
            (int register, byte rank) = Place(Encoding.Latin1.GetBytes(element));
            changes |= rank > registers[register];
            registers[register] = Math.Max(registers[register], rank);
        }
        string line = $"PFADD {string.Join(' ', elements.Prepend(key))}";
        Assert.Equal((line, changes ? ":1" : ":0"), (line, rig.Run(line)));
    }

    private void Count()
    {
        string[] keys = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Keys[random.Next(Keys.Length)])];
        long counted = long.Parse(rig.Run($"PFCOUNT {string.Join(' ', keys)}")[1..], CultureInfo.InvariantCulture);
        double expected = Estimate(Union(keys));
        Assert.InRange(counted, (long)Math.Floor(expected), (long)Math.Ceiling(expected));
    }

    private void Merge(string target)
    {
        string[] keys = [.. Enumerable.Range(0, random.Next(3)).Select(_ => Keys[random.Next(Keys.Length)])];
        Assert.Equal("+OK", rig.Run($"PFMERGE {string.Join(' ', keys.Prepend(target))}"));
        _model[target] = Union([.. keys, target]);
    }

    private byte[] Union(string[] keys)
    {
        byte[] union = new byte[Registers];
        foreach (byte[] registers in keys.Select(key => _model[key]).OfType<byte[]>())
        {
            for (int i = 0; i < Registers; i++)
                union[i] = Math.Max(union[i], registers[i]);
        }
        return union;
    }

    /// <summary>The registers as PFDEBUG tells them, in either form.</summary>
    private byte[] Told(string key)
    {
        byte[] told = new byte[Registers];
        if (rig.Run($"PFDEBUG ENCODING {key}") == "+dense")
        {
            string[] numbers = rig.Run($"PFDEBUG GETREG {key}").Split('|')[1..];
            return [.. numbers.Select(number => byte.Parse(number[1..], CultureInfo.InvariantCulture))];
        }
        int at = 0;
        foreach (string run in rig.Run($"PFDEBUG DECODE {key}").Split('|')[1].Split(' '))
        {
            // "z:5" and "Z:500" are zeros; "v:3,2" is the value 3 twice.
            string[] numbers = run[2..].Split(',');
            int length = int.Parse(numbers[^1], CultureInfo.InvariantCulture);
            told.AsSpan(at, length).Fill(run[0] == 'v' ? byte.Parse(numbers[0], CultureInfo.InvariantCulture) : (byte)0);
            at += length;
        }
        Assert.Equal(Registers, at);
        return told;
    }

    private string Element() => random.Next(3) switch
    {
        0 => random.Next(40).ToString(CultureInfo.InvariantCulture),
        1 => random.NextInt64().ToString(CultureInfo.InvariantCulture),
        _ => new string((char)random.Next(33, 127), random.Next(1, 30)),
    };

    private static (int Register, byte Rank) Place(byte[] element)
    {
        ulong hash = Hash(element);
        ulong rest = hash >> 14 | 1UL << 50;
        return ((int)(hash & (Registers - 1)), (byte)(BitOperations.TrailingZeroCount(rest) + 1));
    }

    /// <summary>MurmurHash64A by Austin Appleby, with the seed that the format prescribes.</summary>
    private static ulong Hash(ReadOnlySpan<byte> bytes)
    {
        const ulong mix = 0xc6a4a7935bd1e995;
        ulong hash = 0xadc83b19UL ^ ((ulong)bytes.Length * mix);
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            ulong word = BinaryPrimitives.ReadUInt64LittleEndian(bytes) * mix;
            hash = (hash ^ ((word ^ (word >> 47)) * mix)) * mix;
        }
        if (!bytes.IsEmpty)
        {
            for (int i = 0; i < bytes.Length; i++)
                hash ^= (ulong)bytes[i] << (8 * i);
            hash *= mix;
        }
        hash = (hash ^ (hash >> 47)) * mix;
        return hash ^ (hash >> 47);
    }

    /// <summary>Otmar Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", algorithm 6.</summary>
    private static double Estimate(byte[] registers)
    {
        const int ranks = 50;
        int[] counts = new int[64];
        foreach (byte register in registers)
            counts[register]++;
        double z = Registers * Tau((Registers - counts[ranks + 1]) / (double)Registers);
        for (int rank = ranks; rank >= 1; rank--)
            z = 0.5 * (z + counts[rank]);
        z += Registers * Sigma(counts[0] / (double)Registers);
        return 0.5 / Math.Log(2) * Registers * (double)Registers / z;
    }

    private static double Sigma(double x)
    {
        if (x == 1)
            return double.PositiveInfinity;
        double y = 1, sum = x, before;
        do
        {
            x *= x;
            before = sum;
            sum += x * y;
            y += y;
        }
        while (before != sum);
        return sum;
    }

    private static double Tau(double x)
    {
        if (x is 0 or 1)
            return 0;
        double y = 1, sum = 1 - x, before;
        do
        {
            x = Math.Sqrt(x);
            before = sum;
            y *= 0.5;
            sum -= (1 - x) * (1 - x) * y;
        }
        while (before != sum);
        return sum / 3;
    }
}
