using Redoubt.Structures;

namespace Redoubt.Keyspace.Tests;

/// <summary>Random operations on a rig, with keys and values of the sizes where layouts change.</summary>
internal sealed class RandomOperations
{
    private static readonly int[] KeyLengths = [0, 1, 2, 8, 16, 40, 254, 255, 256, 1000, 70_000];
    private static readonly int[] ValueLengths = [0, 1, 5, 20, 21, 44, 45, 100, 1000, 4095, 4096, 4097, 5000, 32 * 1024 - 17, 32 * 1024, 40_000, 1 << 20];
    private static readonly long[] Integers = [0, 1, -1, 9, 10, 99, 1000, int.MaxValue, long.MaxValue, long.MinValue, long.MaxValue - 1, -1000];

    private readonly Rig _rig;
    private readonly Random _random;
    private readonly byte[][] _keys;

    public RandomOperations(Rig rig, int keyCount)
    {
        _rig = rig;
        _random = rig.Random;
        _keys = new byte[keyCount][];
        for (int i = 0; i < keyCount; i++)
        {
            int length = i < KeyLengths.Length ? KeyLengths[i] : _random.Next(40) switch { 0 => _random.Next(230, 280), _ => _random.Next(3, 24) };
            _keys[i] = new byte[length];
            _random.NextBytes(_keys[i]);
        }
    }

    /// <summary>Relative weights of storing and removing; a table grows or shrinks accordingly.</summary>
    public int RemovalWeight { get; set; } = 1;

    public bool AllowsLargeValues { get; set; } = true;

    /// <summary>Operations on everything (flush, swap, load) are off where they would hide what is tested.</summary>
    public bool AllowsSweepingOperations { get; set; } = true;

    public void Step()
    {
        int database = _random.Next(_rig.Model.Length);
        int dice = _random.Next(100 + 10 * RemovalWeight);
        if (dice < 35)
            Set(database);
        else if (dice < 72)
            Change(database);
        else if (dice < 84)
            Relocate(database);
        else if (dice < 99)
            Look(database);
        else if (dice > 99)
            Delete(database);
        else if (AllowsSweepingOperations)
            OnEverything(database);
        _rig.TakeExpirations();
    }

    public byte[] RandomKey() => _keys[_random.Next(_keys.Length)];

    public byte[] RandomValue()
    {
        switch (_random.Next(5))
        {
            case 0:
                return Rig.Text(RandomInteger());
            case 1:
                byte[] boundary = new byte[ValueLengths[_random.Next(AllowsLargeValues && _random.Next(4) == 0 ? ValueLengths.Length : 9)]];
                _random.NextBytes(boundary);
                return boundary;
            default:
                byte[] value = new byte[_random.Next(60)];
                _random.NextBytes(value);
                return value;
        }
    }

    private long RandomInteger() => _random.Next(2) == 0 ? Integers[_random.Next(Integers.Length)] : _random.Next(-100_000, 100_000);

    private long RandomExpiry() => _rig.NowMs + _random.Next(-5, 400);

    private void Set(int database)
    {
        byte[] key = RandomKey();
        long expireAtMs = _random.Next(3) switch { 0 => Database.NoExpiry, 1 => Database.KeepExpiry, _ => RandomExpiry() };
        long kept = expireAtMs == Database.KeepExpiry ? _rig.Live(database, key)?.ExpireAtMs ?? -1 : expireAtMs;
        byte[] value;
        if (_random.Next(4) == 0)
        {
            long number = RandomInteger();
            value = Rig.Text(number);
            _rig.Keyspace[database].SetInteger(_rig.KeyOf(key), number, expireAtMs);
        }
        else
        {
            value = RandomValue();
            _rig.Keyspace[database].SetString(_rig.KeyOf(key), value, expireAtMs, tryInteger: _random.Next(5) != 0);
        }
        _rig.TakeExpirations();
        _rig.Model[database][key] = new ModelEntry(value, kept);
    }

    private void Change(int database)
    {
        byte[] key = RandomKey();
        ModelEntry? before = _rig.Live(database, key);
        Database actual = _rig.Keyspace[database];
        switch (_random.Next(5))
        {
            case 0:
                Increment(database, key, before);
                break;
            case 1:
                byte[] tail = RandomValue();
                int max = _random.Next(10) == 0 ? 100 : 8 << 20;
                AppendStatus appended = actual.Append(_rig.KeyOf(key), tail, max, out int length);
                _rig.TakeExpirations();
                if (before is not null && before.Value.Length + tail.Length > max)
                {
                    Assert.Equal(AppendStatus.TooLong, appended);
                    break;
                }
                Put(database, key, before, [.. before?.Value ?? [], .. tail]);
                Assert.Equal((AppendStatus.Ok, _rig.Model[database][key].Value.Length), (appended, length));
                break;
            case 2:
                byte[] patch = RandomValue();
                int offset = _random.Next(4) switch { 0 => 0, 1 => _random.Next(60), 2 => _random.Next(300), _ => _random.Next(6000) };
                Assert.Equal(AppendStatus.Ok, actual.SetRange(_rig.KeyOf(key), offset, patch, out length));
                _rig.TakeExpirations();
                byte[] whole = new byte[Math.Max(before?.Value.Length ?? 0, offset + patch.Length)];
                before?.Value.CopyTo(whole, 0);
                patch.CopyTo(whole, offset);
                Put(database, key, before, whole);
                Assert.Equal(whole.Length, length);
                break;
            case 3:
                long expireAtMs = _random.Next(30) == 0 ? -5 : RandomExpiry();
                Assert.Equal(before is not null, actual.SetExpiry(_rig.KeyOf(key), expireAtMs));
                _rig.TakeExpirations();
                if (before is not null)
                    _rig.Model[database][key] = before with { ExpireAtMs = Math.Max(0, expireAtMs) };
                break;
            default:
                Assert.Equal(before is { ExpireAtMs: >= 0 }, actual.Persist(_rig.KeyOf(key)));
                _rig.TakeExpirations();
                if (before is not null)
                    _rig.Model[database][key] = before with { ExpireAtMs = -1 };
                break;
        }
    }

    private void Increment(int database, byte[] key, ModelEntry? before)
    {
        long delta = RandomInteger();
        IncrementStatus status = _rig.Keyspace[database].Increment(_rig.KeyOf(key), delta, out long result);
        _rig.TakeExpirations();
        if (!IntegerText.TryParse(before?.Value ?? "0"u8, out long current))
        {
            Assert.Equal(IncrementStatus.NotInteger, status);
            return;
        }
        Int128 sum = (Int128)current + delta;
        if (sum > long.MaxValue || sum < long.MinValue)
        {
            Assert.Equal(IncrementStatus.Overflow, status);
            return;
        }
        Assert.Equal((IncrementStatus.Ok, (long)sum), (status, result));
        Put(database, key, before, Rig.Text(result));
    }

    private void Put(int database, byte[] key, ModelEntry? before, byte[] value) =>
        _rig.Model[database][key] = new ModelEntry(value, before?.ExpireAtMs ?? -1);

    private void Relocate(int database)
    {
        byte[] from = RandomKey(), to = RandomKey();
        int other = _random.Next(_rig.Model.Length);
        ModelEntry? source = _rig.Live(database, from);
        Database actual = _rig.Keyspace[database];
        switch (_random.Next(3))
        {
            case 0:
                Assert.Equal(source is not null, actual.Rename(_rig.KeyOf(from), _rig.KeyOf(to)));
                _rig.TakeExpirations();
                if (source is not null)
                {
                    _rig.Model[database].Remove(from);
                    _rig.Model[database][to] = source;
                }
                break;
            case 1:
                bool moves = source is not null && _rig.Live(other, from) is null;
                Assert.Equal(moves, actual.MoveTo(_rig.Keyspace[other], _rig.KeyOf(from)));
                _rig.TakeExpirations();
                if (moves)
                {
                    _rig.Model[database].Remove(from);
                    _rig.Model[other][from] = source!;
                }
                break;
            default:
                Assert.Equal(source is not null, actual.CopyTo(_rig.Keyspace[other], _rig.KeyOf(from), _rig.KeyOf(to)));
                _rig.TakeExpirations();
                if (source is not null)
                    _rig.Model[other][to] = source;
                break;
        }
    }

    private void Look(int database)
    {
        byte[] key = RandomKey();
        ModelEntry? expected = _rig.Live(database, key);
        Database actual = _rig.Keyspace[database];
        EntryView view = _random.Next(3) switch
        {
            0 => actual.Read(_rig.KeyOf(key)),
            1 => actual.Peek(_rig.KeyOf(key)),
            _ => actual.ReadForWrite(_rig.KeyOf(key)),
        };
        Assert.Equal(expected is not null, view.Exists);
        if (expected is not null)
        {
            Assert.True(view.Bytes.SequenceEqual(expected.Value));
            Assert.True(view.KeyBytes.SequenceEqual(key));
            Assert.Equal(expected.ExpireAtMs, view.ExpireAtMs);
        }
        if (_random.Next(3) == 0)
        {
            actual.PrefetchBucket(_rig.KeyOf(key).Hash);
            actual.PrefetchEntry(_rig.KeyOf(key).Hash);
        }
        if (_random.Next(4) == 0)
        {
            bool found = actual.TryRandomKey(out ReadOnlySpan<byte> picked);
            _rig.TakeExpirations();
            Assert.Equal(_rig.Model[database].Count > 0, found);
            if (found)
                Assert.True(_rig.Model[database].ContainsKey(picked.ToArray()));
        }
        if (_random.Next(3) == 0)
            actual.Sweep(_random.Next(1, 8), _random.Next(1, 20));
        if (_random.Next(3) == 0)
            _rig.Keyspace.MoveSlice(_random.Next(1, 4));
        if (_random.Next(3) == 0)
            _rig.Keyspace.FreeSlice(_random.Next(1, 4));
        if (_random.Next(8) == 0)
            _rig.Keyspace.NowMs += _random.Next(50);
    }

    private void Delete(int database)
    {
        byte[] key = RandomKey();
        bool isThere = _rig.Live(database, key) is not null;
        Assert.Equal(isThere, _rig.Keyspace[database].Delete(_rig.KeyOf(key), lazy: _random.Next(2) == 0));
        _rig.TakeExpirations();
        if (isThere)
            _rig.Model[database].Remove(key);
    }

    private void OnEverything(int database)
    {
        Database actual = _rig.Keyspace[database];
        switch (_random.Next(14))
        {
            case 0:
                Assert.Equal(_rig.Model[database].Count, actual.Flush());
                _rig.Model[database].Clear();
                break;
            case 1:
                int other = _random.Next(_rig.Model.Length);
                _rig.Keyspace.SwapDatabases(database, other);
                (_rig.Model[database], _rig.Model[other]) = (_rig.Model[other], _rig.Model[database]);
                break;
            case 2:
                actual.Expand(_random.Next(2000));
                break;
            case 3 when _random.Next(4) == 0:
                Assert.Equal(_rig.Model.Sum(m => m.Count), _rig.Keyspace.FlushAll());
                foreach (Dictionary<byte[], ModelEntry> model in _rig.Model)
                    model.Clear();
                break;
            case 4 or 5 or 6:
                _rig.Keyspace.ExpiryMode = (ExpiryMode)_random.Next(3);
                break;
            default:
                byte[] key = RandomKey(), value = RandomValue();
                long expireAtMs = _random.Next(2) == 0 ? -1 : RandomExpiry();
                bool isNew = !_rig.Model[database].ContainsKey(key);
                Assert.Equal(isNew, actual.Load(_rig.KeyOf(key), value, isInteger: false, 0, expireAtMs));
                if (isNew)
                    _rig.Model[database][key] = new ModelEntry(value, expireAtMs);
                break;
        }
    }
}
