// The ways through a table of keys: SCAN's steps, the sweep for expired keys, and the check of everything.
//
// SCAN must report each key that stays, however the table grows and shrinks between its steps. A sweep may miss what moves
// and find it the next time around. Both do a bounded amount of work per step.

using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using Redoubt.Native;

namespace Redoubt.Structures.Entries;

/// <summary>Receives entries one by one; the table must not be changed meanwhile.</summary>
public interface IEntryReceiver
{
    void Receive(scoped in Entry entry);
}

/// <summary>Decides, entry by entry, whether a swept entry is removed.</summary>
public interface IExpiryJudge
{
    /// <summary>True when the entry is to be removed now.</summary>
    bool IsExpired(scoped in Entry entry);
}

public sealed unsafe partial class EntryTable
{
    /// <summary>One step of SCAN: reports the entries of one bucket (and of those it splits into); 0 = the scan is complete.</summary>
    public ulong Scan<TReceiver>(ulong cursor, ref TReceiver receiver)
        where TReceiver : IEntryReceiver, allows ref struct
    {
        BucketArray small = _main, large = _next;
        if (!IsMoving)
        {
            Report(small.At((long)(cursor & small.Mask)), ref receiver);
            return NextCursor(cursor, small.Mask);
        }
        if (small.Count > large.Count)
            (small, large) = (large, small);
        Report(small.At((long)(cursor & small.Mask)), ref receiver);
        do
        {
            Report(large.At((long)(cursor & large.Mask)), ref receiver);
            cursor = NextCursor(cursor, large.Mask);
        }
        while ((cursor & (small.Mask ^ large.Mask)) != 0);
        return cursor;
    }

    /// <summary>One bit for each slot of this bucket that holds an entry.</summary>
    private static uint Used(Bucket* bucket) => ~Match(bucket, 0) & (bucket->IsChained ? 0x3Fu : 0x7Fu);

    private static ulong NextCursor(ulong cursor, ulong mask) => Reverse(Reverse(cursor | ~mask) + 1);

    private static ulong Reverse(ulong value)
    {
        value = ((value >> 1) & 0x5555555555555555) | ((value & 0x5555555555555555) << 1);
        value = ((value >> 2) & 0x3333333333333333) | ((value & 0x3333333333333333) << 2);
        value = ((value >> 4) & 0x0F0F0F0F0F0F0F0F) | ((value & 0x0F0F0F0F0F0F0F0F) << 4);
        return System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(value);
    }

    private static void Report<TReceiver>(Bucket* bucket, ref TReceiver receiver)
        where TReceiver : IEntryReceiver, allows ref struct
    {
        while (true)
        {
            uint used = Used(bucket);
            for (; used != 0; used &= used - 1)
            {
                ulong* slot = &bucket->Slots[BitOperations.TrailingZeroCount(used)];
                receiver.Receive(new Entry((byte*)(*slot & AddressMask), slot));
            }
            if (!bucket->IsChained)
                return;
            bucket = bucket->Next;
        }
    }

    /// <summary>
    /// Looks at the entries with an expiry in the next buckets after <paramref name="position"/>, in order and around, until
    /// <paramref name="buckets"/> are read or <paramref name="entriesMax"/> entries judged, and removes those the judge names.
    /// </summary>
    /// <returns>How many were looked at and removed.</returns>
    public (int Seen, int Removed) SweepExpired<TJudge>(ref long position, int buckets, int entriesMax, ref TJudge judge)
        where TJudge : IExpiryJudge, allows ref struct
    {
        int seen = 0, removed = 0;
        while (buckets-- > 0 && seen < entriesMax)
        {
            position = NextExpiring(position);
            if (position >= _main.Count + _next.Count)
            {
                position = 0;
                continue;
            }
            SweepBucket(BucketAt(position++), ref judge, ref seen, ref removed);
        }
        return (seen, removed);
    }

    private void SweepBucket<TJudge>(Bucket* home, ref TJudge judge, ref int seen, ref int removed)
        where TJudge : IExpiryJudge, allows ref struct
    {
        // A removal reorders the chain, so the chain is looked at again. Buckets move only afterwards: the last move of all
        // gives this bucket's memory back.
        int judged = 0, removedHere = 0;
        while (TryRemoveExpired(home, ref judge, ref judged))
        {
            removedHere++;
            judged = 0;
        }
        seen += judged + removedHere;
        removed += removedHere;
        if (removedHere > 0)
            MoveOnRemoval(removedHere);
    }

    private bool TryRemoveExpired<TJudge>(Bucket* bucket, ref TJudge judge, ref int judged)
        where TJudge : IExpiryJudge, allows ref struct
    {
        while (true)
        {
            uint used = Used(bucket);
            for (; used != 0; used &= used - 1)
            {
                ulong* slot = &bucket->Slots[BitOperations.TrailingZeroCount(used)];
                if ((*slot & ExpiryBit) == 0)
                    continue;
                Entry entry = new((byte*)(*slot & AddressMask), slot);
                if (judge.IsExpired(entry))
                {
                    Discard(entry);
                    return true;
                }
                judged++;
            }
            if (!bucket->IsChained)
                return false;
            bucket = bucket->Next;
        }
    }

    /// <summary>Walks the whole table and checks every invariant named at the head of this file.</summary>
    [SuppressMessage("Performance", "CA1822", Justification = "Reads through pointers of this instance.")]
    public void Verify()
    {
        long entries = 0, expiring = 0, chained = 0;
        VerifyArray(_main, IsMoving ? _moved : 0, ref entries, ref expiring, ref chained);
        if (IsMoving)
            VerifyArray(_next, 0, ref entries, ref expiring, ref chained);
        Invariant.That(entries == Count, $"the table counts its entries ({entries} found, {Count} counted)");
        Invariant.That(expiring == ExpiringCount, $"the table counts its expiries ({expiring} found, {ExpiringCount} counted)");
        Invariant.That(chained == _chained, $"the table counts its chained buckets ({chained} found, {_chained} counted)");
    }

    private void VerifyArray(BucketArray array, long emptyBelow, ref long entries, ref long expiring, ref long chained)
    {
        for (long index = 0; index < array.Count; index++)
        {
            Bucket* bucket = array.At(index);
            Invariant.That(index >= emptyBelow || (bucket->Tags == 0), "a bucket that has moved is empty");
            for (bool first = true; ; first = false)
            {
                int inBucket = 0;
                for (int at = 0; at < SlotsPerBucket; at++)
                {
                    byte tag = ((byte*)&bucket->Tags)[at];
                    if (tag == 0)
                        continue;
                    inBucket++;
                    ulong slot = bucket->Slots[at];
                    Entry entry = new((byte*)(slot & AddressMask), null);
                    ulong hash = _hasher.Hash(entry.Key);
                    Invariant.That((long)(hash & array.Mask) == index, "an entry stands in the bucket of its hash");
                    Invariant.That(TagOf(hash) == tag && (slot & ~(AddressMask | ExpiryBit)) == SlotHashOf(hash), "tag and slot bits are those of the hash");
                    Invariant.That(((slot & ExpiryBit) != 0) == entry.HasExpiry, "the slot knows whether the entry expires");
                    Invariant.That(!entry.HasExpiry || array.IsMarked(index), "the stretch of an entry that expires is marked");
                    entries++;
                    expiring += entry.HasExpiry ? 1 : 0;
                }
                Invariant.That(first || inBucket > 0, "no chained bucket is empty");
                if (!bucket->IsChained)
                    break;
                bucket = bucket->Next;
                chained++;
            }
        }
    }
}
