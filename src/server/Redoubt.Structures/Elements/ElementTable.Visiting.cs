// The ways through a table of elements: SCAN's steps, all in a row, random picks, freeing in slices, and the check of everything.

using System.Numerics;
using Redoubt.Native;
using Redoubt.Native.Memory;
using Redoubt.Structures.Buckets;
using Redoubt.Structures.Entries;
using Redoubt.Structures.Sampling;

namespace Redoubt.Structures.Elements;

/// <summary>Receives elements one by one; the table must not be changed meanwhile.</summary>
internal interface IElementReceiver
{
    void Receive(scoped in Element element);
}

internal readonly unsafe partial struct ElementTable
{
    private const int PickTriesMax = 1000;
    private const int PickDepthMax = 24;

    /// <summary>One step of SCAN: reports the elements of one bucket (and of those it splits into); 0 = the scan is complete.</summary>
    public ulong Scan<TReceiver>(ulong cursor, ref TReceiver receiver)
        where TReceiver : IElementReceiver, allows ref struct
    {
        Bucket* small = _head->Main;
        ulong smallMask = MaskOf(_head->MainBits);
        if (!IsMoving)
        {
            Report(small + (long)(cursor & smallMask), ref receiver);
            return ReverseCursor.Next(cursor, smallMask);
        }
        Bucket* large = _head->Next;
        ulong largeMask = MaskOf(_head->NextBits);
        if (smallMask > largeMask)
        {
            (smallMask, largeMask) = (largeMask, smallMask);
            Bucket* swapped = small;
            small = large;
            large = swapped;
        }
        Report(small + (long)(cursor & smallMask), ref receiver);
        do
        {
            Report(large + (long)(cursor & largeMask), ref receiver);
            cursor = ReverseCursor.Next(cursor, largeMask);
        }
        while ((cursor & (smallMask ^ largeMask)) != 0);
        return cursor;
    }

    private void Report<TReceiver>(Bucket* line, ref TReceiver receiver)
        where TReceiver : IElementReceiver, allows ref struct
    {
        for (; line != null; line = line->IsChained ? line->Next : null)
        {
            for (uint used = BucketChain.Used(line); used != 0; used &= used - 1)
                receiver.Receive(At(&line->Slots[BitOperations.TrailingZeroCount(used)]));
        }
    }

    private Element At(ulong* slot) => new((byte*)(*slot & AddressMask), slot, _head->Kind);

    /// <summary>All elements in no order; the table must not change meanwhile.</summary>
    public Enumerator GetEnumerator() => new(this);

    public ref struct Enumerator
    {
        private readonly ElementTable _table;
        private Bucket* _line;
        private long _bucket;
        private uint _unseen;
        private int _at;

        internal Enumerator(ElementTable table)
        {
            _table = table;
            _bucket = -1;
        }

        public readonly Element Current => _table.At(&_line->Slots[_at]);

        public bool MoveNext()
        {
            while (_unseen == 0)
            {
                if (_line != null && _line->IsChained)
                {
                    _line = _line->Next;
                }
                else
                {
                    if (++_bucket >= _table.BucketsInUse)
                        return false;
                    _line = _table.BucketInUse(_bucket);
                }
                _unseen = BucketChain.Used(_line);
            }
            _at = BitOperations.TrailingZeroCount(_unseen);
            _unseen &= _unseen - 1;
            return true;
        }
    }

    /// <summary>A fair pick: every element is equally likely. The table must not be empty.</summary>
    public Element Pick(Random random)
    {
        Invariant.That(Count > 0, "only a table with elements is picked from");
        // Bucket and depth together are one throw of the dice that hits each element alike; most throws hit none.
        long buckets = BucketsInUse;
        for (int tries = 0; tries < PickTriesMax; tries++)
        {
            ulong* slot = SlotAt(BucketInUse(random.NextInt64(buckets)), random.Next(PickDepthMax));
            if (slot != null)
                return At(slot);
        }
        // A nearly empty table on its way to a smaller one: the next element after a random place, nearly as fair.
        long from = random.NextInt64(buckets);
        for (long distance = 0; ; distance++)
        {
            ulong* slot = SlotAt(BucketInUse((from + distance) % buckets), 0);
            if (slot != null)
                return At(slot);
        }
    }

    /// <summary>Picks so many different elements, at most all; every choice of them is as likely.</summary>
    public void PickDistinct<TReceiver>(Random random, long count, ref TReceiver receiver)
        where TReceiver : IElementReceiver, allows ref struct
    {
        if (count > Count / 3)
        {
            SelectionSampling selection = new(Count, count);
            foreach (Element element in this)
            {
                if (selection.TakesNext(random))
                    receiver.Receive(element);
            }
            return;
        }
        HashSet<nint> picked = [];
        while (picked.Count < count)
        {
            Element element = Pick(random);
            if (picked.Add(element.Address))
                receiver.Receive(element);
        }
    }

    private long BucketsInUse => (1L << _head->MainBits) - _head->Moved + (IsMoving ? 1L << _head->NextBits : 0);

    /// <summary>The buckets of both arrays that may hold elements, numbered from 0.</summary>
    private Bucket* BucketInUse(long number)
    {
        long inMain = (1L << _head->MainBits) - _head->Moved;
        return number < inMain ? _head->Main + _head->Moved + number : _head->Next + (number - inMain);
    }

    /// <summary>The slot with this number in a bucket's chain, null when the chain has fewer.</summary>
    private static ulong* SlotAt(Bucket* line, int depth)
    {
        for (; line != null; line = line->IsChained ? line->Next : null)
        {
            uint used = BucketChain.Used(line);
            int count = BitOperations.PopCount(used);
            if (depth < count)
            {
                for (; depth > 0; depth--)
                    used &= used - 1;
                return &line->Slots[BitOperations.TrailingZeroCount(used)];
            }
            depth -= count;
        }
        return null;
    }

    /// <summary>How many buckets hold how many elements, in the array or in the one that elements move to.</summary>
    public SortedDictionary<int, long> ChainLengths(bool isTarget)
    {
        SortedDictionary<int, long> lengths = [];
        Bucket* row = isTarget ? _head->Next : _head->Main;
        for (long index = 0; index < 1L << (isTarget ? _head->NextBits : _head->MainBits); index++)
        {
            int length = 0;
            for (Bucket* line = row + index; line != null; line = line->IsChained ? line->Next : null)
                length += BitOperations.PopCount(BucketChain.Used(line));
            lengths[length] = lengths.GetValueOrDefault(length) + 1;
        }
        return lengths;
    }

    /// <summary>A table of its own with the same elements.</summary>
    public nint Copy()
    {
        nint root = Create(_heap, _head->Kind, Count);
        ElementTable copy = new(_heap, _hasher, root);
        foreach (Element element in this)
        {
            if (_head->Kind == ElementKind.Field)
                copy.AddNew(element.Key, element.Value);
            else if (_head->Kind == ElementKind.Scored)
                copy.AddNew(element.Key).Score = element.Score;
            else
                copy.AddNew(element.Key);
        }
        return root;
    }

    // ---- the end ----------------------------------------------------------------------------------------------------

    /// <summary>
    /// Frees elements of a table that nobody uses any more, about <paramref name="budget"/> of them, which is counted down. True when nothing is left,
    /// the table included, and <paramref name="root"/> is 0.
    /// </summary>
    public static bool FreeSome(NativeHeap heap, ref nint root, ref int budget)
    {
        ElementTable table = new(heap, default, root);
        Head* head = table._head;
        while (budget > 0)
        {
            if (head->Moved < 1L << head->MainBits)
            {
                table.FreeBucket(head->Main + head->Moved, ref budget);
                head->Moved++;
                BucketRow.DiscardUpTo(head->Main, head->MainBits, head->Moved);
                continue;
            }
            BucketRow.Free(heap, head->Main, head->MainBits);
            if (head->Next == null)
            {
                heap.Free((byte*)head, sizeof(Head));
                root = 0;
                return true;
            }
            head->Main = head->Next;
            head->MainBits = head->NextBits;
            head->Next = null;
            head->Moved = 0;
        }
        return false;
    }

    /// <summary>Frees the whole table at once.</summary>
    public static void Free(NativeHeap heap, nint root)
    {
        int budget = int.MaxValue;
        while (!FreeSome(heap, ref root, ref budget))
            budget = int.MaxValue;
    }

    /// <summary>How many elements there are to free.</summary>
    public static long Effort(nint root) => ((Head*)root)->Count;

    private void FreeBucket(Bucket* home, ref int budget)
    {
        budget--;
        for (Bucket* line = home; line != null; line = Leave(line, home))
        {
            for (uint used = BucketChain.Used(line); used != 0; used &= used - 1)
            {
                FreeElement((byte*)(line->Slots[BitOperations.TrailingZeroCount(used)] & AddressMask));
                _head->Count--;
                budget--;
            }
        }
    }

    /// <summary>Walks everything and breaks off at the first thing that does not fit.</summary>
    public void Verify()
    {
        long elements = 0, bytes = 0;
        int chained = 0;
        VerifyRow(_head->Main, _head->MainBits, IsMoving ? _head->Moved : 0, ref elements, ref bytes, ref chained);
        if (IsMoving)
            VerifyRow(_head->Next, _head->NextBits, 0, ref elements, ref bytes, ref chained);
        Invariant.That(elements == Count, "the number of elements is right");
        Invariant.That(bytes == _head->ElementBytes, "the bytes of the elements are right");
        Invariant.That(chained == _head->Chained, "the number of chained lines is right");
    }

    private void VerifyRow(Bucket* row, int bits, long emptyBelow, ref long elements, ref long bytes, ref int chained)
    {
        for (long index = 0; index < 1L << bits; index++)
        {
            Bucket* home = row + index;
            Invariant.That(index >= emptyBelow || home->Tags == 0, "a bucket that has moved is empty");
            for (Bucket* line = home; line != null; line = line->IsChained ? line->Next : null)
            {
                uint used = BucketChain.Used(line);
                Invariant.That(line == home || used != 0, "no chained line is empty");
                chained += line == home ? 0 : 1;
                for (; used != 0; used &= used - 1, elements++)
                {
                    int at = BitOperations.TrailingZeroCount(used);
                    Element element = At(&line->Slots[at]);
                    ulong hash = _hasher.Hash(element.Key);
                    Invariant.That((long)(hash & MaskOf(bits)) == index, "an element stands in the bucket of its hash");
                    Invariant.That(BucketChain.TagOf(hash) == ((byte*)&line->Tags)[at], "the tag is that of the hash");
                    Invariant.That((line->Slots[at] & ~AddressMask) == SlotBitsOf(hash), "the slot's bits are those of the hash");
                    bytes += _heap.UsableSize(Element.BytesOf(element.Block, _head->Kind));
                }
            }
        }
    }
}
