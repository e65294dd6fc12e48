// The hash table of one large collection: a set's members, a hash's fields with their values, a sorted set's members with their scores.
//
// Why not the table of keys: that one is an object of the garbage collector and carries what keys need, expiry above all. There may be
// millions of collections, so here everything, the head too, is native memory, and a table of three elements is two small blocks.
//
// How: the same buckets as in Entries/EntryTable.cs. The low bits of the hash choose a line of 64 bytes; its tags are compared all at once; the
// slot points to the element (Element.cs). A slot has 16 more bits of the hash, those that a growing table looks at next, so that up to 100 million
// elements move without being touched:
//
//   slot: bits 0-47 address of the element, bits 48-63 bits 8-23 of the hash
//
// Growth: at 6 elements per bucket an array of twice the size is opened and buckets move over, a few with each change. Arrays up to 32 buckets
// move at once. Shrinking is the same with a smaller array. SCAN's guarantee holds across both (Buckets/ReverseCursor.cs).
//
//   offset size  head, 48 bytes
//        0    8  address of the buckets
//        8    8  address of the buckets that elements move to, 0 = none
//       16    8  number of elements
//       24    8  buckets that have moved
//       32    8  bytes that the elements occupy in the heap
//       40    4  further lines chained to buckets
//       44    1  buckets, as power of two
//       45    1  buckets that elements move to, as power of two
//       46    1  kind of the elements
//       47    1  1 = elements were removed, the table may shrink
//
// Invariants (Verify): counts and bytes match; every element is in the bucket of its hash; tag and slot bits match the hash; a chained line
// is never empty; a bucket that has moved is.
// Threads: the keyspace thread.

using System.Numerics;
using System.Runtime.CompilerServices;
using Redoubt.Native.Memory;
using Redoubt.Structures.Buckets;
using Redoubt.Structures.Entries;

namespace Redoubt.Structures.Elements;

internal readonly unsafe partial struct ElementTable
{
    private const int ElementsPerBucketMax = 6;
    private const int BitsMovedAtOnce = 5;
    private const int ShrinkFactorBitsMax = 3;
    private const int SlotHashShift = 8;
    private const int SlotHashBits = 16;
    private const ulong AddressMask = (1UL << 48) - 1;

    private readonly NativeHeap _heap;
    private readonly KeyHasher _hasher;
    private readonly Head* _head;

    private struct Head
    {
        public Bucket* Main;
        public Bucket* Next;
        public long Count;
        public long Moved;
        public long ElementBytes;
        public int Chained;
        public byte MainBits;
        public byte NextBits;
        public ElementKind Kind;
        public bool MayShrink;
    }

    public ElementTable(NativeHeap heap, KeyHasher hasher, nint root)
    {
        _heap = heap;
        _hasher = hasher;
        _head = (Head*)root;
    }

    /// <summary>A new table with room for this many elements.</summary>
    public static nint Create(NativeHeap heap, ElementKind kind, long expected = 0)
    {
        int bits = BitsFor(expected, ElementsPerBucketMax);
        Head* head = (Head*)heap.Allocate(sizeof(Head));
        *head = new Head { Main = BucketRow.Create(heap, bits), MainBits = (byte)bits, Kind = kind };
        return (nint)head;
    }

    public long Count => _head->Count;

    /// <summary>All memory of the table and its elements, in bytes.</summary>
    public long MemoryBytes => _heap.UsableSize(sizeof(Head)) + BucketRow.MemoryBytes(_heap, _head->MainBits)
        + (IsMoving ? BucketRow.MemoryBytes(_heap, _head->NextBits) : 0) + (long)_head->Chained * BucketChain.LineBytes + _head->ElementBytes;

    /// <summary>Buckets of the array, and of the one that elements move to (0 = none).</summary>
    public (long Main, long Next) BucketCounts => (1L << _head->MainBits, IsMoving ? 1L << _head->NextBits : 0);

    private bool IsMoving => _head->Next != null;

    /// <summary>The element with this key, or one that does not exist.</summary>
    public Element Find(scoped ReadOnlySpan<byte> key) => Find(key, _hasher.Hash(key));

    /// <summary>Adds the key, with an empty value or a score of 0, unless it is there.</summary>
    public Element FindOrAdd(scoped ReadOnlySpan<byte> key, out bool isNew)
    {
        ulong hash = _hasher.Hash(key);
        Element found = Find(key, hash);
        isNew = !found.Exists;
        return isNew ? Insert(key, default, hash) : found;
    }

    /// <summary>Gives a field its value, whether it is there or not; true when it was not. The value's bytes may not be this table's own.</summary>
    public bool Set(scoped ReadOnlySpan<byte> key, scoped ReadOnlySpan<byte> value)
    {
        ulong hash = _hasher.Hash(key);
        Element found = Find(key, hash);
        if (!found.Exists)
        {
            Insert(key, value, hash);
            return true;
        }
        SetValue(found, value);
        return false;
    }

    /// <summary>Adds an element under a key that is not in the table.</summary>
    public Element AddNew(scoped ReadOnlySpan<byte> key, scoped ReadOnlySpan<byte> value = default) => Insert(key, value, _hasher.Hash(key));

    /// <summary>Replaces the value of a field, in its place if the size class allows. The value's bytes may not be this table's own.</summary>
    public void SetValue(scoped in Element element, scoped ReadOnlySpan<byte> value)
    {
        byte* at = element.Block;
        int keyLength = Element.ReadLength(ref at);
        int oldLength = Element.ReadLength(ref at);
        long oldBytes = Element.BytesFor(ElementKind.Field, keyLength, oldLength);
        long bytes = Element.BytesFor(ElementKind.Field, keyLength, value.Length);
        long usable = _heap.UsableSize(oldBytes);
        if (Element.LengthBytes(oldLength) == Element.LengthBytes(value.Length) && _heap.UsableSize(bytes) == usable)
        {
            Element.WriteLength(at - Element.LengthBytes(oldLength), value.Length);
            value.CopyTo(new Span<byte>(at + keyLength, value.Length));
            return;
        }
        byte* changed = Build(new ReadOnlySpan<byte>(at, keyLength), value, bytes);
        _heap.Free(element.Block, oldBytes);
        *element.Slot = (*element.Slot & ~AddressMask) | (ulong)changed;
        _head->ElementBytes += _heap.UsableSize(bytes) - usable;
    }

    /// <summary>False when the key is not in the table.</summary>
    public bool Remove(scoped ReadOnlySpan<byte> key)
    {
        ulong hash = _hasher.Hash(key);
        Element found = Find(key, hash);
        if (!found.Exists)
            return false;
        Remove(found, hash);
        return true;
    }

    /// <summary>Takes an element that was found or picked out of the table and frees it.</summary>
    public void Remove(scoped in Element element) => Remove(element, _hasher.Hash(element.Key));

    private void Remove(scoped in Element element, ulong hash)
    {
        BucketChain.Remove(_heap, HomeOf(hash), element.Slot, ref _head->Chained);
        FreeElement(element.Block);
        _head->Count--;
        _head->MayShrink = true;
        // A shrinking table is through before it is empty.
        if (IsMoving)
            Move(4);
        else
            ShrinkIfSparse();
    }

    private Element Find(scoped ReadOnlySpan<byte> key, ulong hash)
    {
        Bucket* line = HomeOf(hash);
        byte tag = BucketChain.TagOf(hash);
        ulong slotBits = SlotBitsOf(hash);
        ElementKind kind = _head->Kind;
        while (true)
        {
            for (uint matches = BucketChain.Match(line, tag); matches != 0; matches &= matches - 1)
            {
                ulong* slot = &line->Slots[BitOperations.TrailingZeroCount(matches)];
                if (((*slot ^ slotBits) & ~AddressMask) != 0)
                    continue;
                Element element = new((byte*)(*slot & AddressMask), slot, kind);
                if (element.Key.SequenceEqual(key))
                    return element;
            }
            if (!line->IsChained)
                return default;
            line = line->Next;
        }
    }

    private Element Insert(scoped ReadOnlySpan<byte> key, scoped ReadOnlySpan<byte> value, ulong hash)
    {
        if (IsMoving)
            Move(2);
        else if (_head->Count >= ElementsPerBucketMax << _head->MainBits)
            StartMove(_head->MainBits + 1);
        long bytes = Element.BytesFor(_head->Kind, key.Length, value.Length);
        byte* block = Build(key, value, bytes);
        ulong* slot = BucketChain.Add(_heap, HomeOf(hash), BucketChain.TagOf(hash), (ulong)block | SlotBitsOf(hash), ref _head->Chained);
        _head->Count++;
        _head->ElementBytes += _heap.UsableSize(bytes);
        return new Element(block, slot, _head->Kind);
    }

    private byte* Build(scoped ReadOnlySpan<byte> key, scoped ReadOnlySpan<byte> value, long bytes)
    {
        byte* block = _heap.Allocate(bytes);
        byte* at = block;
        ElementKind kind = _head->Kind;
        if (kind == ElementKind.Scored)
        {
            *(double*)at = 0;
            at += sizeof(double);
        }
        at = Element.WriteLength(at, key.Length);
        if (kind == ElementKind.Field)
            at = Element.WriteLength(at, value.Length);
        key.CopyTo(new Span<byte>(at, key.Length));
        value.CopyTo(new Span<byte>(at + key.Length, value.Length));
        return block;
    }

    private void FreeElement(byte* block)
    {
        long bytes = Element.BytesOf(block, _head->Kind);
        _head->ElementBytes -= _heap.UsableSize(bytes);
        _heap.Free(block, bytes);
    }

    // ---- buckets ----------------------------------------------------------------------------------------------------

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Bucket* HomeOf(ulong hash)
    {
        long index = (long)(hash & MaskOf(_head->MainBits));
        return index >= _head->Moved ? _head->Main + index : _head->Next + (long)(hash & MaskOf(_head->NextBits));
    }

    private static ulong MaskOf(int bits) => (1UL << bits) - 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong SlotBitsOf(ulong hash) => (hash >> SlotHashShift) << (64 - SlotHashBits);

    /// <summary>The power of two of the buckets that hold this many elements at so many each.</summary>
    private static int BitsFor(long count, int perBucket) =>
        BitOperations.Log2(BitOperations.RoundUpToPowerOf2((ulong)Math.Max(1, (count + perBucket - 1) / perBucket)));

    // ---- growing and shrinking --------------------------------------------------------------------------------------

    private void ShrinkIfSparse()
    {
        if (_head->Count < (1L << _head->MainBits) / 2)
            StartMove(Math.Max(BitsFor(_head->Count, 3), _head->MainBits - ShrinkFactorBitsMax));
        else
            _head->MayShrink = false;
    }

    private void StartMove(int bits)
    {
        if (bits == _head->MainBits)
            return;
        _head->Next = BucketRow.Create(_heap, bits);
        _head->NextBits = (byte)bits;
        _head->Moved = 0;
        if (_head->MainBits <= BitsMovedAtOnce)
            Move(1 << BitsMovedAtOnce);
    }

    /// <summary>Moves up to this many buckets of a table that is growing or shrinking; true while there is more to do.</summary>
    public bool Move(int buckets)
    {
        if (!IsMoving)
            return false;
        long count = 1L << _head->MainBits;
        while (buckets-- > 0 && _head->Moved < count)
        {
            MoveBucket(_head->Main + _head->Moved);
            _head->Moved++;
            BucketRow.DiscardUpTo(_head->Main, _head->MainBits, _head->Moved);
        }
        if (_head->Moved < count)
            return true;
        BucketRow.Free(_heap, _head->Main, _head->MainBits);
        _head->Main = _head->Next;
        _head->MainBits = _head->NextBits;
        _head->Next = null;
        _head->Moved = 0;
        // What was removed meanwhile may call for less still.
        if (_head->MayShrink)
            ShrinkIfSparse();
        return IsMoving;
    }

    private void MoveBucket(Bucket* home)
    {
        long index = _head->Moved;
        for (Bucket* line = home; line != null;)
        {
            for (uint used = BucketChain.Used(line); used != 0; used &= used - 1)
            {
                int at = BitOperations.TrailingZeroCount(used);
                ulong slot = line->Slots[at];
                BucketChain.Add(_heap, _head->Next + TargetOf(index, slot), ((byte*)&line->Tags)[at], slot, ref _head->Chained);
            }
            line = Leave(line, home);
        }
    }

    /// <summary>Clears the home line of a bucket or frees a chained one; the line after it, null at the end.</summary>
    private Bucket* Leave(Bucket* line, Bucket* home)
    {
        Bucket* next = line->IsChained ? line->Next : null;
        if (line == home)
        {
            *line = default;
        }
        else
        {
            _heap.Free((byte*)line, BucketChain.LineBytes);
            _head->Chained--;
        }
        return next;
    }

    /// <summary>The bucket in the next array; the element is read only when the slot does not know the hash's bit.</summary>
    private long TargetOf(long index, ulong slot)
    {
        int bits = _head->MainBits;
        if (_head->NextBits < bits)
            return index & (long)MaskOf(_head->NextBits);
        if (bits >= SlotHashShift && bits < SlotHashShift + SlotHashBits && _head->NextBits == bits + 1)
            return index | (long)((slot >> (64 - SlotHashBits + bits - SlotHashShift)) & 1) << bits;
        Element element = new((byte*)(slot & AddressMask), null, _head->Kind);
        return (long)(_hasher.Hash(element.Key) & MaskOf(_head->NextBits));
    }
}
