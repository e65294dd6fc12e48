// The table of keys.
//
// Why not a dictionary: an entry per key on the garbage collector's heap, and a pause proportional to the table when it
// grows. Why not open addressing: moving entries between buckets breaks SCAN's guarantee.
//
// How: buckets of one cache line. A key's bucket follows from the low bits of its hash; inside, one-byte tags are compared
// all at once, so that a lookup reads one line of the table and, nearly always, one entry. A full bucket chains a further
// line in place of its last slot.
//
//   offset size  bucket, 64 bytes
//        0    7  tags: top byte of the hash, never 0; 0 = empty slot
//        7    1  1 = slot 6 holds the address of the next bucket of the chain
//        8  7x8  slots: bits 0-47 address of the entry, bit 48 "has expiry", bits 49-63 bits 20-34 of the hash
//
// Growth: at 6 entries per bucket a table of twice the size is opened beside this one and buckets move over in order, one
// or two with each insertion and more whenever there is time; a table of 2^20 buckets and more moves without touching the
// entries, because the hash bit that decides is in the slot. Memory is returned piece by piece as the move advances.
// Shrinking is the same with a smaller table. Sizes change by a factor of at most 8 while there is much to move, so that a
// step of SCAN, which visits the buckets of both tables that belong together, stays short.
//
// SCAN: buckets are visited in the order of the reversed bits of their number (Redis's scheme, by Pieter Noordhuis), so
// that every key that is there from start to end is reported at least once, across growth and shrinking.
//
// "Has expiry" in the slot lets the expiry cycle read buckets only, not entries: a sweep over 10 million keys reads 100 MB
// in order instead of ten million lines at random.
//
// Invariants (Verify): counts match; every entry is in the bucket of its hash; tag and slot bits match the hash; a chained
// bucket is never empty.
// Threads: the keyspace thread.

using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Redoubt.Native;
using Redoubt.Native.Memory;
using Redoubt.Structures.Values;

namespace Redoubt.Structures.Entries;

public sealed unsafe partial class EntryTable : IDisposable
{
    internal const int SlotsPerBucket = 7;
    private const int EntriesPerBucketMax = 6;
    private const int InitialBuckets = 4;
    private const int SlotHashShift = 20;
    private const int SlotHashBits = 15;
    private const ulong AddressMask = (1UL << 48) - 1;
    internal const ulong ExpiryBit = 1UL << 48;
    private const ulong TagMask = 0x00FFFFFFFFFFFFFF;
    private const int ResizeFactorMax = 8;
    private const int BucketsKeptMax = 64;
    private const int BucketsMovedAtOnceMax = 1024;
    private const long EntriesExpectedMax = 1L << 34;

    private readonly ValueStore _store;
    private readonly NativeHeap _heap;
    private readonly KeyHasher _hasher;
    private BucketArray _main;
    private BucketArray _next;
    private long _moved;
    private bool _mayShrink;

    public EntryTable(ValueStore store)
    {
        _store = store;
        _heap = store.Heap;
        _hasher = store.Hasher;
        _main = NewArray(InitialBuckets);
    }

    /// <summary>Number of entries.</summary>
    public long Count { get; private set; }

    /// <summary>Number of entries with an expiry.</summary>
    public long ExpiringCount { get; private set; }

    /// <summary>The snapshot epoch, 0 to 31, that new entries are born with.</summary>
    public int SnapshotEpoch { get; set; }

    public bool IsMoving => _next.Count != 0;

    /// <summary>Buckets of the table that entries go to.</summary>
    public long BucketCount => IsMoving ? _next.Count : _main.Count;

    /// <summary>Buckets of the old table while entries move from it; 0 when none do.</summary>
    public long OldBucketCount => IsMoving ? _main.Count : 0;

    /// <summary>Memory of the buckets, in bytes.</summary>
    public long TableBytes => (_main.Count + _next.Count) * BucketBytes;

    private const int BucketBytes = 64;
    private long _chained;

    /// <summary>Asks the memory for the bucket of this hash.</summary>
    public void PrefetchBucket(ulong hash)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(HomeOf(hash));
    }

    /// <summary>Asks the memory for the entry of this hash, if its bucket has one that looks like it.</summary>
    public void PrefetchEntry(ulong hash)
    {
        if (!Sse.IsSupported)
            return;
        Bucket* bucket = HomeOf(hash);
        uint matches = Match(bucket, TagOf(hash));
        if (matches != 0)
            Sse.Prefetch0((byte*)(bucket->Slots[BitOperations.TrailingZeroCount(matches)] & AddressMask));
    }

    /// <summary>The entry of this key, or an entry that does not exist.</summary>
    public Entry Find(scoped ReadOnlySpan<byte> key, ulong hash)
    {
        Bucket* bucket = HomeOf(hash);
        byte tag = TagOf(hash);
        ulong slotBits = SlotHashOf(hash);
        while (true)
        {
            for (uint matches = Match(bucket, tag); matches != 0; matches &= matches - 1)
            {
                ulong* slot = &bucket->Slots[BitOperations.TrailingZeroCount(matches)];
                if (((*slot ^ slotBits) & ~(AddressMask | ExpiryBit)) != 0)
                    continue;
                byte* block = (byte*)(*slot & AddressMask);
                if (Entry.KeyLength(block) == key.Length
                    && new ReadOnlySpan<byte>(block + Entry.VariableOffset(block), key.Length).SequenceEqual(key))
                {
                    return new Entry(block, slot);
                }
            }
            if (!bucket->IsChained)
                return default;
            bucket = bucket->Next;
        }
    }

    /// <summary>Adds a string under a key that is not in the table.</summary>
    public Entry Insert(scoped ReadOnlySpan<byte> key, ulong hash, scoped ReadOnlySpan<byte> value, ValueEncoding encoding, long integer, long expireAtMs, uint access)
    {
        MoveOnWrite();
        byte* block = BuildBlock(key, value, encoding, integer, expireAtMs, access, SnapshotEpoch);
        ulong* slot = AddSlot(hash, (ulong)block | SlotHashOf(hash) | (expireAtMs >= 0 ? ExpiryBit : 0));
        Count++;
        if (expireAtMs >= 0)
            ExpiringCount++;
        return new Entry(block, slot);
    }

    /// <summary>Adds a collection without content under a key that is not in the table; the caller gives it a root at once.</summary>
    public Entry InsertCollection(scoped ReadOnlySpan<byte> key, ulong hash, ValueType type, ValueEncoding encoding, long expireAtMs, uint access)
    {
        // An entry with an integer has the same layout as one with an address.
        Entry entry = Insert(key, hash, default, ValueEncoding.Integer, 0, expireAtMs, access);
        entry.Block[0] |= Entry.FlagOutside;
        entry.Block[1] = (byte)((int)type | ((int)encoding << 4));
        return entry;
    }

    /// <summary>The place where the collection of this entry hangs.</summary>
    public ValueSlot SlotOf(scoped in Entry entry) => entry.SlotIn(_store);

    /// <summary>Takes the entry out of the table and frees it. Views of other entries are invalid afterwards.</summary>
    public void Remove(scoped in Entry entry)
    {
        Discard(entry);
        MoveOnRemoval(1);
    }

    /// <summary>Removes an entry without moving buckets, so that a walk over a chain can go on.</summary>
    private void Discard(scoped in Entry entry)
    {
        byte* block = entry.Block;
        UnlinkSlot(_hasher.Hash(entry.Key), entry.Slot);
        Count--;
        if ((block[0] & Entry.FlagExpiry) != 0)
            ExpiringCount--;
        FreeBlock(block);
    }

    /// <summary>
    /// Adds an entry under a key that is not in the table and takes over the outside value of an entry of this or another table
    /// of the same heap, however large, without copying it. The giver has no value any more and must be removed.
    /// </summary>
    public void InsertTaking(scoped ReadOnlySpan<byte> key, ulong hash, scoped in Entry giver, long expireAtMs, uint access)
    {
        byte** word = (byte**)(giver.Block + Entry.WordOffset(giver.Block));
        Entry taker = InsertCollection(key, hash, giver.Type, giver.Encoding, expireAtMs, access);
        *(byte**)(taker.Block + Entry.WordOffset(taker.Block)) = *word;
        *word = null;
    }

    /// <summary>Adds a copy of a collection under a key that is not in the table.</summary>
    public void InsertCopy(scoped ReadOnlySpan<byte> key, ulong hash, scoped in Entry original, long expireAtMs, uint access)
    {
        nint copy = CollectionCopy.Copy(_store, original.Type, original.Encoding, SlotOf(original).Root);
        Entry taker = InsertCollection(key, hash, original.Type, original.Encoding, expireAtMs, access);
        ValueSlot slot = SlotOf(taker);
        slot.Root = copy;
    }

    /// <summary>
    /// Takes the collection out of an entry that is about to be removed, where freeing it is more than <paramref name="effortMax"/>
    /// elements of work; the caller frees it in slices.
    /// </summary>
    public bool TryDetachCollection(scoped in Entry entry, long effortMax, out DetachedCollection collection)
    {
        collection = default;
        ValueSlot slot = SlotOf(entry);
        if (entry.IsString || CollectionDisposal.Effort(entry.Type, entry.Encoding, slot.Root) <= effortMax)
            return false;
        collection = new DetachedCollection { Type = entry.Type, Encoding = entry.Encoding, Root = slot.Root };
        slot.Root = 0;
        return true;
    }

    /// <summary>Bytes that an entry of any table of this heap occupies with its value, and its share of a bucket.</summary>
    public long MemoryOf(scoped in Entry entry, int samples)
    {
        long bytes = _heap.UsableSize(Entry.BlockBytes(entry.Block)) + BucketBytes / SlotsPerBucket;
        nint root = entry.IsOutside ? SlotOf(entry).Root : 0;
        if (root == 0)
            return bytes;
        return bytes + (entry.IsString
            ? _heap.UsableSize(OutsideValue.HeaderBytes + OutsideValue.Capacity((byte*)root))
            : CollectionMemory.Bytes(_store, entry.Type, entry.Encoding, root, samples));
    }

    /// <summary>Hands the string of an entry that is about to be removed to the caller, if it is that long; the caller frees it elsewhere.</summary>
    public bool TryDetachValue(scoped in Entry entry, long bytesMin, out DetachedValue value)
    {
        value = default;
        if (!entry.IsOutside || !entry.IsString)
            return false;
        byte** word = (byte**)(entry.Block + Entry.WordOffset(entry.Block));
        if (*word == null)
            return false;
        long bytes = OutsideValue.HeaderBytes + OutsideValue.Capacity(*word);
        if (bytes <= NativeHeap.SlabBlockBytesMax || bytes < bytesMin)
            return false;
        value = new DetachedValue((nint)_heap.DetachLarge(*word, bytes));
        *word = null;
        return true;
    }

    /// <summary>Frees a value taken out by <see cref="TryDetachValue"/>; any thread.</summary>
    public static void FreeDetached(NativeHeap heap, DetachedValue value) => heap.FreeDetached((byte*)value.Address);

    /// <summary>Says that the snapshot of this table's epoch has the entry.</summary>
    public void MarkInSnapshot(scoped in Entry entry) =>
        entry.Block[0] = (byte)((entry.Block[0] & ((1 << Entry.EpochShift) - 1)) | (SnapshotEpoch << Entry.EpochShift));

    /// <summary>Sets, moves or removes (-1) the expiry.</summary>
    public Entry SetExpiry(scoped in Entry entry, long expireAtMs)
    {
        byte* block = entry.Block;
        bool had = entry.HasExpiry;
        if (expireAtMs >= 0 && had)
        {
            *(long*)(block + Entry.HeaderBytes) = expireAtMs;
            return entry;
        }
        if (expireAtMs < 0 && !had)
            return entry;
        long size = Entry.BlockBytes(block);
        byte* changed = _heap.Allocate(expireAtMs >= 0 ? size + 8 : size - 8);
        new ReadOnlySpan<byte>(block, Entry.HeaderBytes).CopyTo(new Span<byte>(changed, Entry.HeaderBytes));
        int from = had ? Entry.HeaderBytes + 8 : Entry.HeaderBytes;
        int to = had ? Entry.HeaderBytes : Entry.HeaderBytes + 8;
        Buffer.MemoryCopy(block + from, changed + to, size - from, size - from);
        if (had)
        {
            changed[0] &= unchecked((byte)~Entry.FlagExpiry);
        }
        else
        {
            changed[0] |= Entry.FlagExpiry;
            *(long*)(changed + Entry.HeaderBytes) = expireAtMs;
            MarkExpiring(_hasher.Hash(entry.Key));
        }
        _heap.Free(block, size);
        ExpiringCount += had ? -1 : 1;
        return Relink(entry, changed);
    }

    /// <summary>Replaces the value of an entry by a string; expiry, access bits and mark stay.</summary>
    public Entry SetValue(scoped in Entry entry, scoped ReadOnlySpan<byte> value, ValueEncoding encoding, long integer)
    {
        byte* block = entry.Block;
        if (encoding == ValueEncoding.Integer)
        {
            if (entry.IsInteger)
            {
                *(long*)(block + Entry.WordOffset(block)) = integer;
                return entry;
            }
        }
        else if (TryOverwrite(entry, value, encoding))
        {
            return entry;
        }
        byte* changed = BuildBlock(entry.Key, value, encoding, integer, entry.ExpireAtMs, entry.Access, entry.SnapshotEpoch);
        Entry relinked = Relink(entry, changed);
        FreeBlock(block);
        return relinked;
    }

    /// <summary>Makes the value <paramref name="newLength"/> bytes long (never shorter than it is) and returns all its bytes; new ones are zero.</summary>
    public Entry Extend(scoped in Entry entry, int newLength, out Span<byte> bytes)
    {
        Entry current = entry;
        if (entry.IsInteger)
        {
            Span<byte> digits = stackalloc byte[20];
            System.Buffers.Text.Utf8Formatter.TryFormat(entry.Integer, digits, out int count);
            current = SetValue(entry, digits[..count], ValueEncoding.Raw, 0);
        }
        int oldLength = current.Value.Length;
        if (!current.IsOutside)
            current = ExtendInside(current, newLength);
        else
            GrowOutside(current, newLength);
        current.Block[1] = (byte)(current.Block[1] & 15);
        if (current.IsOutside)
        {
            byte* outside = *(byte**)(current.Block + Entry.WordOffset(current.Block));
            OutsideValue.SetLength(outside, newLength);
            bytes = new Span<byte>(outside + OutsideValue.HeaderBytes, newLength);
        }
        else
        {
            *(ushort*)(current.Block + 6) = (ushort)newLength;
            bytes = new Span<byte>(current.Block + Entry.VariableOffset(current.Block) + Entry.KeyLength(current.Block), newLength);
        }
        bytes[oldLength..].Clear();
        return current;
    }

    private bool TryOverwrite(scoped in Entry entry, scoped ReadOnlySpan<byte> value, ValueEncoding encoding)
    {
        byte* block = entry.Block;
        if (entry.IsInteger || !entry.IsString)
            return false;
        if (entry.IsOutside)
        {
            byte* outside = *(byte**)(block + Entry.WordOffset(block));
            long capacity = OutsideValue.Capacity(outside);
            if (value.Length > capacity || value.Length < capacity / 2 || value.Length <= Entry.InsideValueBytesMax)
                return false;
            value.CopyTo(new Span<byte>(outside + OutsideValue.HeaderBytes, value.Length));
            OutsideValue.SetLength(outside, value.Length);
        }
        else
        {
            if (value.Length > Entry.InsideValueBytesMax)
                return false;
            int before = Entry.VariableOffset(block) + Entry.KeyLength(block);
            long size = before + *(ushort*)(block + 6);
            long wanted = before + value.Length;
            if (size != wanted && _heap.UsableSize(size) != _heap.UsableSize(wanted))
                return false;
            value.CopyTo(new Span<byte>(block + before, value.Length));
            *(ushort*)(block + 6) = (ushort)value.Length;
        }
        block[1] = (byte)((int)encoding << 4);
        return true;
    }

    private Entry ExtendInside(scoped in Entry entry, int newLength)
    {
        byte* block = entry.Block;
        long size = Entry.BlockBytes(block);
        int oldLength = *(ushort*)(block + 6);
        long wanted = size - oldLength + newLength;
        if (newLength <= Entry.InsideValueBytesMax)
        {
            if (_heap.UsableSize(size) == _heap.UsableSize(wanted))
                return entry;
            byte* larger = _heap.Allocate(wanted);
            Buffer.MemoryCopy(block, larger, wanted, size);
            _heap.Free(block, size);
            return Relink(entry, larger);
        }
        byte* changed = BuildBlock(entry.Key, entry.Value, ValueEncoding.Raw, 0, entry.ExpireAtMs, entry.Access, entry.SnapshotEpoch, newLength);
        Entry relinked = Relink(entry, changed);
        FreeBlock(block);
        return relinked;
    }

    private void GrowOutside(scoped in Entry entry, long newLength)
    {
        byte** word = (byte**)(entry.Block + Entry.WordOffset(entry.Block));
        byte* outside = *word;
        long capacity = OutsideValue.Capacity(outside);
        if (newLength <= capacity)
            return;
        // As Redis grows strings: double up to 1 MB, then one further MB.
        long grown = newLength < 1 << 20 ? newLength * 2 : newLength + (1 << 20);
        byte* larger = _heap.Allocate(OutsideValue.HeaderBytes + grown);
        long used = OutsideValue.HeaderBytes + OutsideValue.Length(outside);
        Buffer.MemoryCopy(outside, larger, used, used);
        OutsideValue.SetCapacity(larger, grown);
        _heap.Free(outside, OutsideValue.HeaderBytes + capacity);
        *word = larger;
    }

    private byte* BuildBlock(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ValueEncoding encoding, long integer, long expireAtMs, uint access, int epoch, int capacity = 0)
    {
        bool outside = encoding != ValueEncoding.Integer && Math.Max(value.Length, capacity) > Entry.InsideValueBytesMax;
        bool word = outside || encoding == ValueEncoding.Integer;
        bool longKey = key.Length >= 255;
        int offset = Entry.HeaderBytes + (expireAtMs >= 0 ? 8 : 0) + (longKey ? 8 : 0);
        long size = offset + (word ? 8 : value.Length) + (long)key.Length;
        byte* block = _heap.Allocate(size);
        *(ulong*)block = 0;
        block[0] = (byte)((expireAtMs >= 0 ? Entry.FlagExpiry : 0) | (longKey ? Entry.FlagLongKey : 0)
            | (outside ? Entry.FlagOutside : 0) | (epoch << Entry.EpochShift));
        block[1] = (byte)((int)encoding << 4);
        *(uint*)(block + 2) = access & 0xFFFFFF;
        block[5] = longKey ? (byte)255 : (byte)key.Length;
        if (expireAtMs >= 0)
            *(long*)(block + Entry.HeaderBytes) = expireAtMs;
        if (longKey)
            *(long*)(block + offset - 8) = key.Length;
        if (word)
        {
            *(long*)(block + offset) = outside ? (long)BuildOutside(value, Math.Max(value.Length, capacity)) : integer;
            offset += 8;
        }
        key.CopyTo(new Span<byte>(block + offset, key.Length));
        if (!word)
        {
            *(ushort*)(block + 6) = (ushort)value.Length;
            value.CopyTo(new Span<byte>(block + offset + key.Length, value.Length));
        }
        return block;
    }

    private byte* BuildOutside(ReadOnlySpan<byte> value, long capacity)
    {
        byte* outside = _heap.Allocate(OutsideValue.HeaderBytes + capacity);
        OutsideValue.SetLength(outside, value.Length);
        OutsideValue.SetCapacity(outside, capacity);
        value.CopyTo(new Span<byte>(outside + OutsideValue.HeaderBytes, value.Length));
        return outside;
    }

    private void FreeBlock(byte* block)
    {
        if ((block[0] & Entry.FlagOutside) != 0)
            FreeOutside(new Entry(block, null));
        _heap.Free(block, Entry.BlockBytes(block));
    }

    private void FreeOutside(scoped in Entry entry)
    {
        nint root = SlotOf(entry).Root;
        if (root == 0)
            return;
        if (!entry.IsString)
            CollectionDisposal.Free(_store, entry.Type, entry.Encoding, root);
        else
            _heap.Free((byte*)root, OutsideValue.HeaderBytes + OutsideValue.Capacity((byte*)root));
    }

    private static Entry Relink(scoped in Entry entry, byte* block)
    {
        *entry.Slot = (*entry.Slot & ~(AddressMask | ExpiryBit)) | (ulong)block | ((block[0] & Entry.FlagExpiry) != 0 ? ExpiryBit : 0);
        return new Entry(block, entry.Slot);
    }

    // ---- buckets ----------------------------------------------------------------------------------------------------

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Bucket* HomeOf(ulong hash)
    {
        if (_next.Count == 0)
            return _main.At((long)(hash & _main.Mask));
        long index = (long)(hash & _main.Mask);
        return index >= _moved ? _main.At(index) : _next.At((long)(hash & _next.Mask));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte TagOf(ulong hash) => Math.Max((byte)(hash >> 56), (byte)1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong SlotHashOf(ulong hash) => (hash >> SlotHashShift) << (64 - SlotHashBits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Match(Bucket* bucket, byte tag) =>
        Vector128.Equals(Vector128.CreateScalarUnsafe(bucket->Tags).AsByte(), Vector128.Create(tag)).ExtractMostSignificantBits()
            & (bucket->IsChained ? 0x3Fu : 0x7Fu);

    private ulong* AddSlot(ulong hash, ulong slot)
    {
        if ((slot & ExpiryBit) != 0)
            MarkExpiring(hash);
        return AddTo(HomeOf(hash), TagOf(hash), slot);
    }

    /// <summary>The bucket of this hash has an entry with an expiry.</summary>
    private void MarkExpiring(ulong hash)
    {
        long index = (long)(hash & _main.Mask);
        if (index >= _moved)
            _main.Mark(index);
        else
            _next.Mark((long)(hash & _next.Mask));
    }

    private ulong* AddTo(Bucket* bucket, byte tag, ulong slot)
    {
        while (true)
        {
            uint empty = Match(bucket, 0);
            if (empty != 0)
            {
                int at = BitOperations.TrailingZeroCount(empty);
                ((byte*)&bucket->Tags)[at] = tag;
                bucket->Slots[at] = slot;
                return &bucket->Slots[at];
            }
            if (!bucket->IsChained)
                Chain(bucket);
            bucket = bucket->Next;
        }
    }

    /// <summary>Opens a further bucket; the last slot moves there to make room for the address.</summary>
    private void Chain(Bucket* bucket)
    {
        Bucket* added = (Bucket*)_heap.Allocate(BucketBytes);
        *added = default;
        byte* tags = (byte*)&bucket->Tags;
        ((byte*)&added->Tags)[0] = tags[6];
        added->Slots[0] = bucket->Slots[6];
        tags[6] = 0;
        tags[7] = 1;
        bucket->Slots[6] = (ulong)added;
        _chained++;
    }

    /// <summary>Empties a slot; the last entry of a chain fills the hole, so that chains stay short.</summary>
    private void UnlinkSlot(ulong hash, ulong* slot)
    {
        Bucket* holder = HomeOf(hash);
        Bucket* parent = null;
        while (slot < holder->Slots || slot >= holder->Slots + SlotsPerBucket)
        {
            parent = holder;
            holder = holder->Next;
        }
        int hole = (int)(slot - holder->Slots);
        Bucket* last = holder;
        while (last->IsChained)
        {
            parent = last;
            last = last->Next;
        }
        byte* tags = (byte*)&holder->Tags;
        if (last == holder)
        {
            tags[hole] = 0;
        }
        else
        {
            int donor = 31 - BitOperations.LeadingZeroCount(~Match(last, 0) & 0x7Fu);
            tags[hole] = ((byte*)&last->Tags)[donor];
            holder->Slots[hole] = last->Slots[donor];
            ((byte*)&last->Tags)[donor] = 0;
        }
        if (parent != null && (last->Tags & TagMask) == 0)
        {
            parent->Slots[6] = 0;
            ((byte*)&parent->Tags)[7] = 0;
            ((byte*)&parent->Tags)[6] = 0;
            _heap.Free((byte*)last, BucketBytes);
            _chained--;
        }
    }

    // ---- growing and shrinking --------------------------------------------------------------------------------------

    private void MoveOnWrite()
    {
        if (IsMoving)
            Move(2);
        else if (Count >= _main.Count * EntriesPerBucketMax && MayGrow)
            StartMove(_main.Count * 2);
    }

    /// <summary>Where memory is short, longer chains are better than a larger table, up to a point.</summary>
    private bool MayGrow => _heap.GrowthBytesMax >= 2 * _main.Bytes || Count >= _main.Count * EntriesPerBucketMax * 3 / 2;

    private void MoveOnRemoval(int buckets)
    {
        _mayShrink = true;
        if (IsMoving)
            Move(buckets);
        else
            ShrinkIfSparse();
    }

    private void ShrinkIfSparse()
    {
        if (Count < _main.Count / 2 && _main.Count > BucketsKeptMax)
            StartMove(Math.Max(BucketsFor(Count), _main.Count / ResizeFactorMax));
        else
            _mayShrink = false;
    }

    private BucketArray NewArray(long buckets)
    {
        BucketArray array = BucketArray.Create(buckets);
        _heap.MappedBytes += array.Bytes;
        return array;
    }

    private void Release(ref BucketArray array)
    {
        _heap.MappedBytes -= array.Bytes;
        array.Release();
    }

    private static long BucketsFor(long count)
    {
        long wanted = Math.Max(InitialBuckets, count / 3);
        return (long)BitOperations.RoundUpToPowerOf2((ulong)wanted);
    }

    private void StartMove(long buckets)
    {
        if (buckets == _main.Count)
            return;
        _next = NewArray(buckets);
        _moved = 0;
    }

    /// <summary>Moves up to this many buckets; true while there is more to do.</summary>
    public bool Move(int buckets)
    {
        if (!IsMoving)
            return false;
        while (buckets-- > 0 && _moved < _main.Count)
        {
            MoveBucket(_main.At(_moved));
            _moved++;
            _main.DiscardUpTo(_moved);
        }
        if (_moved < _main.Count)
            return true;
        Release(ref _main);
        _main = _next;
        _next = default;
        _moved = 0;
        // What was removed meanwhile may call for less still; a table that was only expanded keeps its room.
        if (_mayShrink)
            ShrinkIfSparse();
        return IsMoving;
    }

    private void MoveBucket(Bucket* bucket)
    {
        long index = _moved;
        bool first = true;
        while (true)
        {
            for (int at = 0; at < SlotsPerBucket; at++)
            {
                byte tag = ((byte*)&bucket->Tags)[at];
                if (tag == 0 || (bucket->IsChained && at == 6))
                    continue;
                ulong slot = bucket->Slots[at];
                long target = TargetOf(index, slot);
                AddTo(_next.At(target), tag, slot);
                if ((slot & ExpiryBit) != 0)
                    _next.Mark(target);
            }
            Bucket* next = bucket->IsChained ? bucket->Next : null;
            if (first)
            {
                *bucket = default;
            }
            else
            {
                _heap.Free((byte*)bucket, BucketBytes);
                _chained--;
            }
            if (next == null)
                return;
            bucket = next;
            first = false;
        }
    }

    /// <summary>The bucket in the next table; the entry is read only when the slot does not know the hash bits.</summary>
    private long TargetOf(long index, ulong slot)
    {
        if (_next.Count <= _main.Count)
            return index & (long)_next.Mask;
        int bit = BitOperations.Log2((ulong)_main.Count);
        if (bit >= SlotHashShift && bit < SlotHashShift + SlotHashBits && _next.Count == _main.Count * 2)
            return index | (long)((slot >> (64 - SlotHashBits + bit - SlotHashShift)) & 1) << bit;
        byte* block = (byte*)(slot & AddressMask);
        return (long)(_hasher.Hash(new Entry(block, null).Key) & _next.Mask);
    }

    /// <summary>Opens room for this many entries at once (a load knows how many come). A hint: what cannot be had is left out.</summary>
    public void Expand(long entries)
    {
        entries = Math.Clamp(entries, 1, EntriesExpectedMax);
        long buckets = (long)BitOperations.RoundUpToPowerOf2((ulong)((entries + EntriesPerBucketMax - 1) / EntriesPerBucketMax));
        bool isSmall = _main.Count <= BucketsMovedAtOnceMax;
        if (!isSmall)
            buckets = Math.Min(buckets, _main.Count * ResizeFactorMax);
        if (IsMoving || buckets <= _main.Count)
            return;
        try
        {
            StartMove(buckets);
        }
        catch (OutOfMemoryException)
        {
            // The table grows step by step instead, if so many entries come at all.
            return;
        }
        if (isSmall)
            Move(BucketsMovedAtOnceMax);
    }

    // ---- the end ----------------------------------------------------------------------------------------------------

    /// <summary>Frees the entries of up to this many buckets, for a table that nobody uses any more. True while there is more.</summary>
    /// <param name="large">Takes collections that are more than <paramref name="effortMax"/> elements of work; else they are freed here.</param>
    public bool FreeSome(int buckets, Queue<DetachedCollection>? large = null, long effortMax = 0)
    {
        while (buckets-- > 0)
        {
            if (_moved >= _main.Count)
            {
                if (!IsMoving)
                    return false;
                Release(ref _main);
                _main = _next;
                _next = default;
                _moved = 0;
                continue;
            }
            FreeChain(_main.At(_moved), large, effortMax);
            _moved++;
            _main.DiscardUpTo(_moved);
        }
        return true;
    }

    private void FreeChain(Bucket* bucket, Queue<DetachedCollection>? large, long effortMax)
    {
        bool first = true;
        while (bucket != null)
        {
            uint used = Used(bucket);
            for (; used != 0; used &= used - 1)
            {
                byte* block = (byte*)(bucket->Slots[BitOperations.TrailingZeroCount(used)] & AddressMask);
                Count--;
                if ((block[0] & Entry.FlagExpiry) != 0)
                    ExpiringCount--;
                if (large is not null && TryDetachCollection(new Entry(block, null), effortMax, out DetachedCollection collection))
                    large.Enqueue(collection);
                FreeBlock(block);
            }
            Bucket* next = bucket->IsChained ? bucket->Next : null;
            if (first)
            {
                *bucket = default;
            }
            else
            {
                _heap.Free((byte*)bucket, BucketBytes);
                _chained--;
            }
            first = false;
            bucket = next;
        }
    }

    public void Dispose()
    {
        while (FreeSome(1024))
        {
        }
        Release(ref _main);
    }
}

/// <summary>A large value on its way to being freed on another thread.</summary>
public readonly record struct DetachedValue(nint Address);
