using Redoubt.Native.Memory;
using Redoubt.Structures.Entries;
using Redoubt.Structures.SortedSets;
using Redoubt.Structures.Values;

namespace Redoubt.Structures.Tests;

/// <summary>How members and scores come: each way leaves a tree of another shape.</summary>
public enum SortedSetLoad
{
    Mixed,
    FewScores,
    OneScore,
    Ascending,
    Descending,
}

/// <summary>A sorted set and what it should hold, as a sorted list, changed alike and compared.</summary>
internal sealed class SortedSetModel : IDisposable
{
    private static readonly byte[] KeyName = [1];

    private readonly GuardHeap _heap = new();
    private readonly ValueStore _store;
    private readonly EntryTable _keys;
    private readonly Random _random;
    private readonly SortedSetLoad _load;
    private readonly List<(double Score, byte[] Member)> _expected = [];
    private readonly Dictionary<string, double> _scores = [];
    private int _added;

    public SortedSetModel(int seed, SortedSetLoad load, int listpackEntriesMax)
    {
        _random = new Random(seed);
        _load = load;
        _store = new ValueStore(_heap, new KeyHasher(1, 2));
        _store.Limits.SortedSetMaxListpackEntries = listpackEntriesMax;
        _keys = new EntryTable(_store);
        _keys.InsertCollection(
            KeyName, _store.Hasher.Hash(KeyName), ValueType.SortedSet, SortedSetValue.EncodingFor(_store.Limits, 0), -1, 0);
        Set.Initialize();
    }

    public int Count => _expected.Count;

    public ValueEncoding Encoding => _keys.Find(KeyName, _store.Hasher.Hash(KeyName)) is var entry ? entry.Encoding : default;

    private SortedSetValue Set => new(_keys.SlotOf(_keys.Find(KeyName, _store.Hasher.Hash(KeyName))));

    public void Verify()
    {
        Set.Verify();
        _heap.Verify();
        Assert.Equal(_expected.Count, Set.Count);
    }

    public void Add()
    {
        byte[] member = NewMember();
        double score = NewScore();
        var conditions = _random.Next(3) == 0 ? (ScoreConditions)_random.Next(32) : ScoreConditions.None;
        ScoreOutcome outcome = Set.Add(member, score, conditions, out double result);
        Assert.Equal(ExpectedOutcome(member, ref score, conditions), outcome);
        if (outcome is ScoreOutcome.Added or ScoreOutcome.Updated)
        {
            Assert.Equal(score, result);
            Forget(member);
            _scores[Name(member)] = score;
            _expected.Insert(~Search(score, member), (score, member));
        }
    }

    public void Remove()
    {
        byte[] member = _expected.Count > 0 && _random.Next(4) > 0 ? _expected[_random.Next(_expected.Count)].Member : NewMember();
        Assert.Equal(_scores.ContainsKey(Name(member)), Set.Remove(member));
        Forget(member);
    }

    public void RemoveRange(int countMax)
    {
        if (_expected.Count == 0)
            return;
        int start = _random.Next(_expected.Count), count = Math.Min(_random.Next(countMax) + 1, _expected.Count - start);
        bool isReversed = _random.Next(2) == 0;
        Set.RemoveRange(new RankRange(start, count, isReversed));
        int first = isReversed ? _expected.Count - start - count : start;
        foreach ((double _, byte[] member) in _expected.GetRange(first, count))
            _scores.Remove(Name(member));
        _expected.RemoveRange(first, count);
    }

    /// <summary>Asks for what commands ask for.</summary>
    public void Compare()
    {
        byte[] member = NewMember();
        Assert.Equal(_scores.TryGetValue(Name(member), out double expected), Set.TryGetScore(member, out double score));
        Assert.Equal(expected, score);
        if (_expected.Count == 0)
            return;
        int rank = _random.Next(_expected.Count);
        Assert.Equal(rank, Set.RankOf(_expected[rank].Member));
        Assert.Equal(-1, Set.RankOf("not a member"u8));
        CompareScoreRange();
        if (_load == SortedSetLoad.OneScore)
            CompareMemberRange();
        CompareEntries(Set.RanksBetween(rank, rank + _random.Next(200), _random.Next(2) == 0));
    }

    public void CompareAll()
    {
        CompareEntries(Set.RanksBetween(0, -1, isReversed: false));
        CompareEntries(Set.RanksBetween(0, -1, isReversed: true));
        CompareScan();
    }

    /// <summary>A copy holds the same and does not notice what becomes of the original.</summary>
    public void CompareCopy()
    {
        Entry entry = _keys.Find(KeyName, _store.Hasher.Hash(KeyName));
        _keys.InsertCopy([2], _store.Hasher.Hash([2]), entry, -1, 0);
        Assert.Equal(_expected.Count, Set.Count);
        Entry copied = _keys.Find([2], _store.Hasher.Hash([2]));
        SortedSetValue copy = new(_keys.SlotOf(copied));
        copy.Verify();
        int at = 0;
        foreach (SortedSetEntry original in Set.Enumerate())
        {
            Assert.True(copy.TryGetScore(original.Member, out double score));
            Assert.Equal(_expected[at++].Score, score);
        }
        _keys.Remove(copied);
    }

    /// <summary>Takes the set apart, a few elements at a time.</summary>
    public void FreeInSlices()
    {
        Entry entry = _keys.Find(KeyName, _store.Hasher.Hash(KeyName));
        Assert.True(_keys.TryDetachCollection(entry, effortMax: -1, out DetachedCollection detached));
        int budget;
        do
        {
            budget = _random.Next(1, 50);
        }
        while (!detached.FreeSome(_store, ref budget));
    }

    public void Dispose()
    {
        _keys.Dispose();
        _heap.AssertEmpty();
    }

    private void CompareScoreRange()
    {
        double min = AScore(), max = AScore();
        bool minExclusive = _random.Next(2) == 0, maxExclusive = _random.Next(2) == 0, isReversed = _random.Next(2) == 0;
        int first = _expected.FindIndex(e => minExclusive ? e.Score > min : e.Score >= min);
        int end = _expected.FindLastIndex(e => maxExclusive ? e.Score < max : e.Score <= max) + 1;
        CompareRange(first, end, isReversed, Set.RanksOf(new ScoreRange(min, minExclusive, max, maxExclusive), isReversed));
    }

    private void CompareMemberRange()
    {
        byte[] min = NewMember(), max = NewMember();
        bool minExclusive = _random.Next(2) == 0, maxExclusive = _random.Next(2) == 0, isReversed = _random.Next(2) == 0;
        bool fromLowest = _random.Next(5) == 0, toHighest = _random.Next(5) == 0;
        int first = fromLowest ? 0 : _expected.FindIndex(e => e.Member.AsSpan().SequenceCompareTo(min) >= (minExclusive ? 1 : 0));
        int end = toHighest ? _expected.Count : _expected.FindLastIndex(e => e.Member.AsSpan().SequenceCompareTo(max) < (maxExclusive ? 0 : 1)) + 1;
        MemberRange range = new(
            fromLowest ? MemberLimit.Lowest : MemberLimit.At(min, minExclusive), toHighest ? MemberLimit.Highest : MemberLimit.At(max, maxExclusive));
        CompareRange(first, end, isReversed, Set.RanksOf(range, isReversed));
    }

    private void CompareRange(int first, int end, bool isReversed, RankRange actual)
    {
        if (first < 0 || end <= first)
            Assert.Equal(0, actual.Count);
        else
            Assert.Equal(new RankRange(isReversed ? _expected.Count - end : first, end - first, isReversed), actual);
    }

    private void CompareEntries(RankRange range)
    {
        int at = (int)(range.IsReversed ? _expected.Count - 1 - range.Start : range.Start), seen = 0;
        foreach (SortedSetEntry entry in Set.Enumerate(range))
        {
            Assert.True(entry.Member.SequenceEqual(_expected[at].Member));
            Assert.Equal(_expected[at].Score, entry.Score);
            at += range.IsReversed ? -1 : 1;
            seen++;
        }
        Assert.Equal(range.Count, seen);
    }

    private void CompareScan()
    {
        HashSet<string> seen = [];
        Visitor visitor = new(this, seen);
        ulong cursor = 0;
        do
        {
            cursor = Set.Scan(cursor, ref visitor);
        }
        while (cursor != 0);
        Assert.Equal(_expected.Count, seen.Count);
    }

    private readonly struct Visitor(SortedSetModel model, HashSet<string> seen) : ISortedSetVisitor
    {
        public void Visit(ReadOnlySpan<byte> member, double score)
        {
            Assert.Equal(model._scores[Convert.ToHexString(member)], score);
            seen.Add(Convert.ToHexString(member));
        }
    }

    private ScoreOutcome ExpectedOutcome(byte[] member, ref double score, ScoreConditions conditions)
    {
        if (!_scores.TryGetValue(Name(member), out double current))
            return conditions.HasFlag(ScoreConditions.IfExists) ? ScoreOutcome.Refused : ScoreOutcome.Added;
        if (conditions.HasFlag(ScoreConditions.IfMissing))
            return ScoreOutcome.Refused;
        if (conditions.HasFlag(ScoreConditions.Increment))
            score += current;
        if (double.IsNaN(score))
            return ScoreOutcome.NotANumber;
        if ((conditions.HasFlag(ScoreConditions.IfGreater) && score <= current) || (conditions.HasFlag(ScoreConditions.IfLess) && score >= current))
            return ScoreOutcome.Refused;
        return score == current ? ScoreOutcome.Same : ScoreOutcome.Updated;
    }

    private void Forget(byte[] member)
    {
        if (_scores.Remove(Name(member), out double score))
            _expected.RemoveAt(Search(score, member));
    }

    private int Search(double score, byte[] member) => _expected.BinarySearch((score, member), Comparer<(double Score, byte[] Member)>.Create(
        (a, b) => a.Score != b.Score ? a.Score.CompareTo(b.Score) : a.Member.AsSpan().SequenceCompareTo(b.Member)));

    private static string Name(byte[] member) => Convert.ToHexString(member);

    private byte[] NewMember()
    {
        if (_load is SortedSetLoad.Ascending or SortedSetLoad.Descending && _random.Next(4) > 0)
            return System.Text.Encoding.ASCII.GetBytes($"member:{_added++}");
        return _random.Next(4) switch
        {
            0 => System.Text.Encoding.ASCII.GetBytes(_random.Next(-100, 2000).ToString()),
            1 => [(byte)_random.Next(256), (byte)_random.Next(32)],
            2 => [.. Enumerable.Repeat((byte)'x', _random.Next(300))],
            _ => BitConverter.GetBytes(_random.Next(20000)),
        };
    }

    private double NewScore() => _load switch
    {
        SortedSetLoad.OneScore => 0,
        SortedSetLoad.Ascending => _added,
        SortedSetLoad.Descending => -_added,
        SortedSetLoad.FewScores => _random.Next(3) - 1,
        _ => _random.Next(12) switch
        {
            0 => double.PositiveInfinity,
            1 => double.NegativeInfinity,
            2 => _random.Next(-5, 5),
            3 => _random.NextInt64(),
            4 => -0.0,
            _ => (_random.NextDouble() - 0.5) * Math.Pow(10, _random.Next(-20, 20)),
        },
    };

    private double AScore() => _random.Next(2) == 0 ? NewScore() : _expected[_random.Next(_expected.Count)].Score;
}
