namespace Redoubt.Keyspace;

/// <summary>
/// The best candidates for eviction among the keys seen lately, best last. It makes the choice much better than the best of one
/// sample, because what was good in earlier samples is remembered. A key is remembered by its hash, not its bytes; whether it
/// is still there, and still as good, is looked at when it is taken.
/// </summary>
internal sealed class EvictionPool
{
    public const int Size = 16;

    private readonly Candidate[] _candidates = new Candidate[Size];

    /// <param name="Score">The higher, the sooner it goes.</param>
    internal readonly record struct Candidate(Database Database, ulong Hash, ulong Score);

    public int Count { get; private set; }

    /// <summary>The score that a key must exceed to be remembered.</summary>
    public ulong Bar => Count < Size ? 0 : _candidates[0].Score;

    public void Offer(Database database, ulong hash, ulong score)
    {
        for (int i = 0; i < Count; i++)
        {
            if (_candidates[i].Hash == hash && _candidates[i].Database == database)
            {
                RemoveAt(i);
                break;
            }
        }
        if (Count == Size)
        {
            if (score <= _candidates[0].Score)
                return;
            RemoveAt(0);
        }
        int at = Count;
        while (at > 0 && _candidates[at - 1].Score > score)
            at--;
        Array.Copy(_candidates, at, _candidates, at + 1, Count - at);
        _candidates[at] = new Candidate(database, hash, score);
        Count++;
    }

    /// <summary>Takes the best one out.</summary>
    public bool TryTake(out Candidate best)
    {
        if (Count == 0)
        {
            best = default;
            return false;
        }
        best = _candidates[--Count];
        _candidates[Count] = default;
        return true;
    }

    public void Clear()
    {
        Array.Clear(_candidates);
        Count = 0;
    }

    private void RemoveAt(int index)
    {
        Count--;
        Array.Copy(_candidates, index + 1, _candidates, index, Count - index);
        _candidates[Count] = default;
    }
}
