// Entries for those who need some and not particular ones: eviction, which compares a few and takes the best, and RANDOMKEY.
//
// Going round (`Visit`) looks at each entry equally often. Where only entries with an expiry count, stretches of 64 buckets
// without any are left out by their mark (BucketArray.cs), so the cost of finding one depends on how many there are, but hardly
// on how many others there are: a table of ten million keys has 4 KB of marks.

using System.Numerics;

namespace Redoubt.Structures.Entries;

public sealed unsafe partial class EntryTable
{
    private const int PickTriesMax = 1000;
    private const int MarkTriesMax = 64;

    // A place in the table: the bucket's number, and how many entries of its chain were shown already.
    private const int HandShift = 6;
    private const int HandMask = (1 << HandShift) - 1;

    /// <summary>A fair pick: every entry is equally likely. False when the table is empty.</summary>
    public bool TryPick(Random random, out Entry entry)
    {
        entry = default;
        if (Count == 0)
            return false;
        // Bucket and depth together are one throw of the dice that hits each entry alike; most throws hit none.
        const int depthMax = 24;
        long buckets = _main.Count - _moved + _next.Count;
        for (int tries = 0; tries < PickTriesMax; tries++)
        {
            if (TryEntryAt(BucketInUse(random.NextInt64(buckets)), random.Next(depthMax), out entry))
                return true;
        }
        // A nearly empty table on its way to a smaller one: the next entry after a random place, nearly as fair.
        long from = random.NextInt64(buckets);
        for (long distance = 0; distance < buckets; distance++)
        {
            if (TryEntryAt(BucketInUse((from + distance) % buckets), 0, out entry))
                return true;
        }
        return false;
    }

    /// <summary>One of the entries that expire: a random one of a random stretch that has any. False when none expires.</summary>
    public bool TryPickExpiring(Random random, out Entry entry)
    {
        entry = default;
        if (ExpiringCount == 0)
            return false;
        long total = _main.Count + _next.Count;
        while (true)
        {
            long position = random.NextInt64(total);
            for (int tries = 0; tries < MarkTriesMax && !IsMarked(position); tries++)
                position = random.NextInt64(total);
            position = NextExpiring(position);
            if (position < total && TryPickExpiringOf(position, random, out entry))
                return true;
        }
    }

    /// <summary>The entry whose key has this hash, or an entry that does not exist.</summary>
    public Entry FindByHash(ulong hash)
    {
        Bucket* bucket = HomeOf(hash);
        byte tag = TagOf(hash);
        while (true)
        {
            for (uint matches = Match(bucket, tag); matches != 0; matches &= matches - 1)
            {
                ulong* slot = &bucket->Slots[BitOperations.TrailingZeroCount(matches)];
                Entry entry = new((byte*)(*slot & AddressMask), slot);
                if (_hasher.Hash(entry.Key) == hash)
                    return entry;
            }
            if (!bucket->IsChained)
                return default;
            bucket = bucket->Next;
        }
    }

    /// <summary>
    /// Shows up to <paramref name="count"/> entries, going on where the hand stands, and round the table once at most; then those of
    /// the first bucket may be shown again.
    /// </summary>
    /// <param name="hand">Where to go on; moved on. Any value is a place to begin.</param>
    /// <param name="onlyExpiring">Leaves out entries without an expiry.</param>
    public void Visit<TReceiver>(ref long hand, int count, bool onlyExpiring, ref TReceiver receiver)
        where TReceiver : IEntryReceiver, allows ref struct
    {
        long total = _main.Count + _next.Count;
        // The first bucket comes twice, since the hand may stand in its middle, and the end takes a step.
        for (long left = total + 2; count > 0 && left > 0; left--)
        {
            long position = hand >> HandShift;
            if (position < _moved)
                hand = (position = _moved) << HandShift;
            if (onlyExpiring && NextExpiring(position) is var next && next != position)
                hand = (position = next) << HandShift;
            if (position >= total)
            {
                hand = 0;
                continue;
            }
            Bucket* home = BucketAt(position);
            int depth = (int)(hand & HandMask);
            while (count > 0 && depth < HandMask && TryEntryAt(home, depth, out Entry entry))
            {
                depth++;
                if (onlyExpiring && !entry.HasExpiryInSlot)
                    continue;
                receiver.Receive(entry);
                count--;
            }
            hand = count > 0 ? (position + 1) << HandShift : (position << HandShift) | (long)depth;
        }
    }

    private Bucket* BucketAt(long position) => position < _main.Count ? _main.At(position) : _next.At(position - _main.Count);

    private bool IsMarked(long position) =>
        position < _main.Count ? _main.IsMarked(position) : _next.IsMarked(position - _main.Count);

    /// <summary>
    /// This position, or the next whose stretch has entries that expire, over both arrays; their end when there is none. A mark
    /// that means nothing any more is cleared when a stretch is entered.
    /// </summary>
    private long NextExpiring(long position)
    {
        if (position < _main.Count)
        {
            long found = NextExpiring(ref _main, position);
            if (found < _main.Count)
                return found;
            position = _main.Count;
        }
        return _main.Count + NextExpiring(ref _next, position - _main.Count);
    }

    private static long NextExpiring(ref BucketArray array, long index)
    {
        while (true)
        {
            index = array.NextMarked(index);
            if (index >= array.Count || !BucketArray.BeginsStretch(index) || HasExpiring(array, index))
                return index;
            array.Unmark(index);
        }
    }

    private static bool HasExpiring(in BucketArray array, long first)
    {
        long end = array.EndOfStretch(first);
        for (long index = first; index < end; index++)
        {
            if (HasExpiring(array.At(index)))
                return true;
        }
        return false;
    }

    private static bool HasExpiring(Bucket* bucket)
    {
        while (true)
        {
            for (uint used = Used(bucket); used != 0; used &= used - 1)
            {
                if ((bucket->Slots[BitOperations.TrailingZeroCount(used)] & ExpiryBit) != 0)
                    return true;
            }
            if (!bucket->IsChained)
                return false;
            bucket = bucket->Next;
        }
    }

    /// <summary>One entry with an expiry of the stretch at this position, each equally likely.</summary>
    private bool TryPickExpiringOf(long position, Random random, out Entry entry)
    {
        entry = default;
        bool inMain = position < _main.Count;
        long index = inMain ? position : position - _main.Count;
        BucketArray array = inMain ? _main : _next;
        long end = array.EndOfStretch(index);
        int found = 0;
        for (index -= index & 63; index < end; index++)
        {
            Bucket* home = array.At(index);
            for (int depth = 0; TryEntryAt(home, depth, out Entry seen); depth++)
            {
                if (seen.HasExpiryInSlot && random.Next(++found) == 0)
                    entry = seen;
            }
        }
        return found > 0;
    }

    /// <summary>The buckets of both arrays that may hold entries, numbered from 0.</summary>
    private Bucket* BucketInUse(long number)
    {
        long inMain = _main.Count - _moved;
        return number < inMain ? _main.At(_moved + number) : _next.At(number - inMain);
    }

    private static bool TryEntryAt(Bucket* bucket, int depth, out Entry entry)
    {
        while (true)
        {
            uint used = Used(bucket);
            int count = BitOperations.PopCount(used);
            if (depth < count)
            {
                for (; depth > 0; depth--)
                    used &= used - 1;
                ulong* slot = &bucket->Slots[BitOperations.TrailingZeroCount(used)];
                entry = new Entry((byte*)(*slot & AddressMask), slot);
                return true;
            }
            depth -= count;
            if (!bucket->IsChained)
            {
                entry = default;
                return false;
            }
            bucket = bucket->Next;
        }
    }
}
