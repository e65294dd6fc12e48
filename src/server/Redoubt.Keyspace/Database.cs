// One numbered database: keys to values, with the rules of expiry, and the hook that keeps a running snapshot exact.
//
// Every method that changes an entry first calls `BeforeChange`, which hands the old image to the snapshot if the snapshot
// does not have it yet. That is the whole price of snapshots on the path of a write: one comparison, and only while one runs.

using System.Runtime.CompilerServices;
using Redoubt.Structures;
using Redoubt.Structures.Entries;
using Redoubt.Structures.Values;

namespace Redoubt.Keyspace;

public enum IncrementStatus
{
    Ok,
    WrongType,
    NotInteger,
    Overflow,
}

public enum AppendStatus
{
    Ok,
    WrongType,
    TooLong,
}

/// <summary>What a lookup for a value of one type found.</summary>
public enum ValueLookup
{
    Missing,
    Found,
    WrongType,
}

public enum KeyPresence
{
    Missing,
    Live,

    /// <summary>There, but its time is up.</summary>
    Expired,
}

public interface IEntryVisitor
{
    void Visit(ReadOnlySpan<byte> key, in EntryView entry);
}

/// <summary>A visitor that is also told of keys whose time is up, and says which of them it would have gone into.</summary>
public interface IScanVisitor : IEntryVisitor
{
    /// <summary>True when the expired key is to be deleted, where this server deletes expired keys.</summary>
    bool IsConcernedBy(ReadOnlySpan<byte> expiredKey);
}

public sealed partial class Database
{
    /// <summary>For <see cref="SetString"/>: leaves the expiry as it is.</summary>
    public const long KeepExpiry = -2;

    /// <summary>For <see cref="SetString"/>: the value never expires.</summary>
    public const long NoExpiry = -1;

    /// <summary>No string grows beyond what a span can show, whatever `proto-max-bulk-len` allows.</summary>
    public const int StringBytesMax = int.MaxValue - 4096;

    private readonly Keyspace _keyspace;
    private readonly List<byte[]> _expiredInStep = [];
    private long _sweepPosition;
    private long _evictionHand;

    internal Database(Keyspace keyspace, int index)
    {
        _keyspace = keyspace;
        Index = index;
        Table = keyspace.NewTable();
    }

    public int Index { get; }

    public long Count => Table.Count;

    /// <summary>Buckets of its table.</summary>
    public long BucketCount => Table.BucketCount;

    /// <summary>Buckets of the table that entries are moving from; 0 when none are.</summary>
    public long OldBucketCount => Table.OldBucketCount;

    public long ExpiringCount => Table.ExpiringCount;

    /// <summary>Memory of the table's buckets.</summary>
    public long TableBytes => Table.TableBytes;

    /// <summary>Mean time to live of the keys that the expiry sweep saw lately, in milliseconds.</summary>
    public long AverageTtlMs { get; private set; }

    internal EntryTable Table { get; private set; }

    /// <summary>Where the search for keys to evict goes on.</summary>
    internal ref long EvictionHand => ref _evictionHand;

    // ---- reading ----------------------------------------------------------------------------------------------------

    /// <summary>Lookup for a command that reads: counts a hit or a miss and remembers the access.</summary>
    public EntryView Read(Key key)
    {
        Entry entry = FindLive(key);
        if (!entry.Exists)
        {
            Miss(key);
            return default;
        }
        _keyspace.Statistics.Hits++;
        Touch(entry);
        return new EntryView(entry, _keyspace);
    }

    /// <summary>Lookup for a command that asks about a key without using it: counts a hit or a miss and leaves the access time alone.</summary>
    /// <param name="tellsOfMiss">Whether those who listen for misses hear of one.</param>
    public EntryView ReadUntouched(Key key, bool tellsOfMiss = true)
    {
        Entry entry = FindLive(key);
        if (entry.Exists)
            _keyspace.Statistics.Hits++;
        else if (tellsOfMiss)
            Miss(key);
        else
            _keyspace.Statistics.Misses++;
        return new EntryView(entry, _keyspace);
    }

    /// <summary>Lookup that leaves no trace: neither statistics nor access time.</summary>
    public EntryView Peek(Key key) => new(FindLive(key), _keyspace);

    /// <summary>Lookup for a command that writes: no statistics, but the access is remembered.</summary>
    public EntryView ReadForWrite(Key key)
    {
        Entry entry = FindForWrite(key);
        return new EntryView(entry, _keyspace);
    }

    public bool Contains(Key key) => FindLive(key).Exists;

    /// <summary>How it stands with a key, without deleting it when its time is up.</summary>
    public KeyPresence PresenceOf(Key key)
    {
        Entry entry = FindAny(key);
        return !entry.Exists ? KeyPresence.Missing : IsExpired(entry) ? KeyPresence.Expired : KeyPresence.Live;
    }

    /// <summary>Asks the memory for the key's bucket, some time before the key is looked up.</summary>
    public void PrefetchBucket(ulong hash) => Table.PrefetchBucket(hash);

    /// <summary>Asks the memory for the key's entry, once its bucket has arrived.</summary>
    public void PrefetchEntry(ulong hash) => Table.PrefetchEntry(hash);

    // ---- writing strings --------------------------------------------------------------------------------------------

    /// <summary>Sets a string over whatever is there.</summary>
    /// <param name="expireAtMs">Unix milliseconds, <see cref="NoExpiry"/> or <see cref="KeepExpiry"/>.</param>
    /// <param name="tryInteger">Store text that is an integer as one, as SET does.</param>
    public void SetString(Key key, ReadOnlySpan<byte> value, long expireAtMs = NoExpiry, bool tryInteger = true)
    {
        Changed(key);
        Entry entry = FindLive(key);
        ValueEncoding encoding = ValueEncoding.Raw;
        long integer = 0;
        if (value.Length <= 20 && tryInteger && IntegerText.TryParse(value, out integer))
            encoding = ValueEncoding.Integer;
        else if (value.Length <= 44)
            encoding = ValueEncoding.Embedded;
        Store(key, entry, value, encoding, integer, expireAtMs);
    }

    public void SetInteger(Key key, long value, long expireAtMs = KeepExpiry)
    {
        Changed(key);
        Store(key, FindLive(key), default, ValueEncoding.Integer, value, expireAtMs);
    }

    /// <summary>Adds to an integer, which a missing key stands for with 0; the expiry stays.</summary>
    public IncrementStatus Increment(Key key, long delta, out long result)
    {
        result = 0;
        Entry entry = FindLive(key);
        long current = 0;
        if (entry.Exists)
        {
            if (!entry.IsString)
                return IncrementStatus.WrongType;
            if (entry.IsInteger)
                current = entry.Integer;
            else if (!IntegerText.TryParse(entry.Value, out current))
                return IncrementStatus.NotInteger;
        }
        if ((delta < 0 && current < 0 && delta < long.MinValue - current) || (delta > 0 && current > 0 && delta > long.MaxValue - current))
            return IncrementStatus.Overflow;
        result = current + delta;
        Changed(key);
        Store(key, entry, default, ValueEncoding.Integer, result, KeepExpiry);
        return IncrementStatus.Ok;
    }

    /// <summary>Appends to a string, which may become at most <paramref name="bytesMax"/> long.</summary>
    public AppendStatus Append(Key key, ReadOnlySpan<byte> tail, long bytesMax, out int newLength)
    {
        newLength = 0;
        Entry entry = FindForWrite(key);
        if (!entry.Exists)
        {
            SetString(key, tail);
            newLength = tail.Length;
            return AppendStatus.Ok;
        }
        if (!entry.IsString)
            return AppendStatus.WrongType;
        int length = new EntryView(entry, _keyspace).Length;
        if ((long)length + tail.Length > Math.Min(bytesMax, StringBytesMax))
            return AppendStatus.TooLong;
        BeforeChange(entry);
        newLength = length + tail.Length;
        Table.Extend(entry, newLength, out Span<byte> bytes);
        tail.CopyTo(bytes[length..]);
        Changed(key);
        return AppendStatus.Ok;
    }

    /// <summary>Writes into a string at an offset; what lies between its end and the offset becomes zero bytes.</summary>
    public AppendStatus SetRange(Key key, int offset, ReadOnlySpan<byte> value, out int newLength)
    {
        newLength = 0;
        Entry entry = FindForWrite(key);
        if (entry.Exists && !entry.IsString)
            return AppendStatus.WrongType;
        if ((long)offset + value.Length > StringBytesMax)
            return AppendStatus.TooLong;
        if (entry.Exists)
        {
            BeforeChange(entry);
        }
        else
        {
            RemoveHidden(key);
            entry = Table.Insert(key.Bytes, key.Hash, default, ValueEncoding.Raw, 0, NoExpiry, _keyspace.Usage.Fresh);
            ReportNewString(key);
        }
        newLength = Math.Max(new EntryView(entry, _keyspace).Length, offset + value.Length);
        Table.Extend(entry, newLength, out Span<byte> bytes);
        value.CopyTo(bytes[offset..]);
        Changed(key);
        return AppendStatus.Ok;
    }

    // ---- collections ------------------------------------------------------------------------------------------------
    //
    // A command gets the slot of a collection, puts a typed view over it and works on that; afterwards it says what it did with
    // `Changed`, or `RemoveEmptied` when nothing is left: no key holds an empty collection (but for streams).

    /// <summary>Lookup for a command that reads: counts a hit or a miss and remembers the access.</summary>
    public ValueLookup Read(Key key, ValueType type, out ValueSlot slot)
    {
        Entry entry = FindLive(key);
        if (!entry.Exists)
        {
            Miss(key);
            slot = default;
            return ValueLookup.Missing;
        }
        _keyspace.Statistics.Hits++;
        Touch(entry);
        return SlotOf(entry, type, out slot);
    }

    /// <summary>Lookup that leaves no trace.</summary>
    public ValueLookup Peek(Key key, ValueType type, out ValueSlot slot) => SlotOf(FindLive(key), type, out slot);

    /// <summary>Lookup for a command that is about to change the value: no statistics, but the access is remembered.</summary>
    public ValueLookup Edit(Key key, ValueType type, out ValueSlot slot)
    {
        Entry entry = FindForWrite(key);
        ValueLookup found = SlotOf(entry, type, out slot);
        if (found == ValueLookup.Found)
            BeforeChange(entry);
        return found;
    }

    /// <summary>A new key with a collection that the caller fills at once. There must be none of this name.</summary>
    public ValueSlot Create(Key key, ValueType type, ValueEncoding encoding, long expireAtMs = NoExpiry)
    {
        RemoveHidden(key);
        return Insert(key, type, encoding, expireAtMs, isNew: true);
    }

    /// <summary>The same over whatever the key holds; then it is no new key.</summary>
    public ValueSlot Replace(Key key, ValueType type, ValueEncoding encoding) => Insert(key, type, encoding, NoExpiry, isNew: !MakeRoom(key));

    private ValueSlot Insert(Key key, ValueType type, ValueEncoding encoding, long expireAtMs, bool isNew)
    {
        Entry entry = Table.InsertCollection(key.Bytes, key.Hash, type, encoding, Math.Max(NoExpiry, expireAtMs), _keyspace.Usage.Fresh);
        _keyspace.Observer?.Created(this, key.Bytes, type, isNew);
        return Table.SlotOf(entry);
    }

    /// <summary>The value of this key was changed: counts that, and tells whoever watches.</summary>
    /// <param name="changes">As Redis counts: elements added, removed or set.</param>
    public void Changed(Key key, long changes = 1)
    {
        _keyspace.Dirty += changes;
        Report(key.Bytes);
    }

    /// <summary>The collection of this key has no element left: the key goes. Neither counted nor reported beyond what <see cref="Changed"/> was told.</summary>
    public void RemoveEmptied(Key key) => RemoveEntry(FindAny(key), lazy: false);

    private ValueLookup SlotOf(scoped in Entry entry, ValueType type, out ValueSlot slot)
    {
        slot = default;
        if (!entry.Exists)
            return ValueLookup.Missing;
        if (entry.Type != type)
            return ValueLookup.WrongType;
        slot = Table.SlotOf(entry);
        return ValueLookup.Found;
    }

    // ---- keys -------------------------------------------------------------------------------------------------------

    /// <summary>Deletes a key. A large value is freed on another thread when <paramref name="lazy"/>.</summary>
    public bool Delete(Key key, bool lazy = true)
    {
        Entry entry = FindLive(key);
        if (!entry.Exists)
            return false;
        RemoveEntry(entry, lazy);
        Changed(key);
        return true;
    }

    /// <summary>Deletes a key whose time is up, also where expired keys are only hidden.</summary>
    public void DeleteExpired(Key key)
    {
        Entry entry = FindAny(key);
        if (entry.Exists && IsExpired(entry))
            Expire(entry);
    }

    /// <summary>Gives the value and expiry of one key to another, which is overwritten.</summary>
    public bool Rename(Key from, Key to)
    {
        Entry entry = FindLive(from);
        if (!entry.Exists)
            return false;
        if (from.Bytes.SequenceEqual(to.Bytes))
            return true;
        MoveValue(this, entry, to);
        RemoveEntry(FindAny(from), lazy: true);
        Changed(from);
        Report(to.Bytes);
        return true;
    }

    public bool MoveTo(Database other, Key key)
    {
        Entry entry = FindLive(key);
        if (!entry.Exists || other.Contains(key))
            return false;
        MoveValue(other, entry, key);
        RemoveEntry(FindAny(key), lazy: true);
        Changed(key);
        other.Report(key.Bytes);
        return true;
    }

    /// <summary>Copies value and expiry over whatever the target key holds.</summary>
    public bool CopyTo(Database other, Key from, Key to)
    {
        Entry entry = FindLive(from);
        if (!entry.Exists)
            return false;
        if (other == this && from.Bytes.SequenceEqual(to.Bytes))
            return true;
        CopyValue(other, entry, to, _keyspace.Usage.Fresh);
        other.Changed(to);
        return true;
    }

    public bool SetExpiry(Key key, long expireAtMs)
    {
        Entry entry = FindForWrite(key);
        if (!entry.Exists)
            return false;
        BeforeChange(entry);
        Table.SetExpiry(entry, Math.Max(0, expireAtMs));
        Changed(key);
        return true;
    }

    public bool Persist(Key key)
    {
        Entry entry = FindForWrite(key);
        if (!entry.Exists || !entry.HasExpiry)
            return false;
        BeforeChange(entry);
        Table.SetExpiry(entry, NoExpiry);
        Changed(key);
        return true;
    }

    /// <summary>Empties the database; returns how many keys went. The memory is freed in slices.</summary>
    public long Flush()
    {
        long removed = Table.Count;
        if (removed == 0)
            return 0;
        _keyspace.Observer?.Flushing(this);
        _keyspace.Bury(Table);
        Table = _keyspace.NewTable();
        AverageTtlMs = 0;
        _keyspace.Dirty += removed;
        return removed;
    }

    // ---- visiting ---------------------------------------------------------------------------------------------------

    /// <summary>One step of SCAN; 0 = the scan is complete. Expired keys are not reported, but deleted if the visitor is concerned by them.</summary>
    public ulong Scan<TVisitor>(ulong cursor, ref TVisitor visitor)
        where TVisitor : struct, IScanVisitor
    {
        ScanReceiver<TVisitor> receiver = new(this, ref visitor);
        cursor = Table.Scan(cursor, ref receiver);
        if (_expiredInStep.Count > 0)
            DeleteExpiredOfStep();
        return cursor;
    }

    /// <summary>Visits every key that has not expired; those that have stay.</summary>
    public void VisitAll<TVisitor>(ref TVisitor visitor)
        where TVisitor : struct, IEntryVisitor
    {
        LiveReceiver<TVisitor> receiver = new(this, ref visitor);
        ulong cursor = 0;
        do
        {
            cursor = Table.Scan(cursor, ref receiver);
        }
        while (cursor != 0);
    }

    /// <summary>A table is not changed while it is read; so the keys of a step are deleted after it.</summary>
    private void DeleteExpiredOfStep()
    {
        foreach (byte[] key in _expiredInStep)
            _ = FindLive(_keyspace.KeyOf(key));
        _expiredInStep.Clear();
    }

    public bool TryRandomKey(out ReadOnlySpan<byte> key)
    {
        key = default;
        for (int tries = 0; Table.TryPick(_keyspace.Random, out Entry entry); tries++)
        {
            if (!IsExpired(entry) || (_keyspace.ExpiryMode != ExpiryMode.Delete && tries >= 100))
            {
                key = entry.Key;
                return true;
            }
            if (_keyspace.ExpiryMode == ExpiryMode.Delete)
                Expire(entry);
        }
        return false;
    }

    /// <summary>
    /// One slice of the expiry cycle: looks at up to <paramref name="entriesMax"/> keys that expire, or reads <paramref name="buckets"/>
    /// buckets. Only a master seeks expired keys.
    /// </summary>
    public (int Seen, int Removed) Sweep(int buckets, int entriesMax)
    {
        if (_keyspace.ExpiryMode != ExpiryMode.Delete)
            return (0, 0);
        ExpirySweep sweep = new(this, _keyspace);
        (int Seen, int Removed) result = Table.SweepExpired(ref _sweepPosition, buckets, entriesMax, ref sweep);
        if (sweep.LiveCount > 0)
        {
            long mean = (long)(sweep.TtlSumMs / sweep.LiveCount);
            AverageTtlMs = AverageTtlMs == 0 ? mean : AverageTtlMs / 50 * 49 + mean / 50;
        }
        else if (ExpiringCount == 0)
        {
            AverageTtlMs = 0;
        }
        return result;
    }

    /// <summary>Walks everything and checks every invariant of the table; time in proportion to the keys.</summary>
    public void Verify() => Table.Verify();

    internal static void SwapTables(Database a, Database b)
    {
        (a.Table, b.Table) = (b.Table, a.Table);
        (a.AverageTtlMs, b.AverageTtlMs) = (b.AverageTtlMs, a.AverageTtlMs);
    }

    /// <summary>All that is to be done with an expired entry before it leaves the table.</summary>
    private void PrepareExpiry(scoped in Entry entry)
    {
        BeforeChange(entry);
        _keyspace.Statistics.ExpiredKeys++;
        _keyspace.Observer?.Expired(this, entry.Key);
        ReportRemoval(entry);
        FreeValueElsewhere(entry, _keyspace.FreesExpiredLazily);
    }

    private Entry FindAny(Key key) => Table.Find(key.Bytes, key.Hash);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Entry FindLive(Key key)
    {
        Entry entry = Table.Find(key.Bytes, key.Hash);
        return entry.Exists && entry.HasExpiry ? UnlessExpired(entry) : entry;
    }

    /// <summary>A lookup that counts as an access.</summary>
    private Entry FindForWrite(Key key)
    {
        Entry entry = FindLive(key);
        if (entry.Exists)
            Touch(entry);
        return entry;
    }

    /// <summary>Remembers that the key was used.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Touch(scoped in Entry entry)
    {
        KeyUsage usage = _keyspace.Usage;
        if (usage.CountsFrequency)
            entry.Access = usage.Used(entry.Access);
        else if (entry.Access != usage.Fresh)
            entry.Access = usage.Fresh;
    }

    private Entry UnlessExpired(Entry entry)
    {
        if (!IsExpired(entry))
            return entry;
        if (_keyspace.ExpiryMode == ExpiryMode.Delete)
            Expire(entry);
        return default;
    }

    private bool IsExpired(scoped in Entry entry) =>
        entry.HasExpiry && _keyspace.ExpiryMode != ExpiryMode.Ignore && _keyspace.NowMs > entry.ExpireAtMs;

    private void Expire(scoped in Entry entry)
    {
        PrepareExpiry(entry);
        Table.Remove(entry);
    }

    /// <summary>Takes out a key because memory is short.</summary>
    internal void Evict(scoped in Entry entry, bool lazy)
    {
        _keyspace.Statistics.EvictedKeys++;
        _keyspace.Observer?.Evicted(this, entry.Key);
        RemoveEntry(entry, lazy);
    }

    private void RemoveEntry(scoped in Entry entry, bool lazy)
    {
        BeforeChange(entry);
        ReportRemoval(entry);
        FreeValueElsewhere(entry, lazy);
        Table.Remove(entry);
    }

    /// <summary>
    /// Takes a large value out of an entry that is about to be removed: a string is freed on another thread, a collection in slices. Where that is
    /// not asked for, only a very large one is.
    /// </summary>
    private void FreeValueElsewhere(scoped in Entry entry, bool lazy)
    {
        if (!entry.IsOutside)
            return;
        if (Table.TryDetachCollection(entry, lazy ? Keyspace.FreedAtOnceMax : Keyspace.FreedAtOnceAlways, out DetachedCollection collection))
            _keyspace.Bury(collection);
        else if (_keyspace.Observer is { } observer && Table.TryDetachValue(entry, lazy ? 0 : Keyspace.StringFreedAtOnceAlways, out DetachedValue value))
            observer.FreeElsewhere(value);
    }

    private void Miss(Key key)
    {
        _keyspace.Statistics.Misses++;
        if (_keyspace.ReportsMisses)
            _keyspace.Observer?.Missed(this, key.Bytes);
    }

    private void ReportNewString(Key key)
    {
        if (_keyspace.ReportsNewStrings)
            _keyspace.Observer?.Created(this, key.Bytes, ValueType.String, isNew: true);
    }

    /// <summary>Tells whoever watches that this key is not what it was.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Report(ReadOnlySpan<byte> key)
    {
        if (_keyspace.ReportsModifications | _keyspace.TracksModifications)
            _keyspace.Observer?.Modified(this, key);
    }

    private void ReportRemoval(scoped in Entry entry)
    {
        // Nobody waits for what was only restored into the anteroom and leaves it.
        if (entry.Type == ValueType.Stream && this != _keyspace.Anteroom)
            _keyspace.Observer?.StreamRemoved(this, entry.Key);
    }

    private void Store(Key key, scoped in Entry entry, ReadOnlySpan<byte> value, ValueEncoding encoding, long integer, long expireAtMs)
    {
        if (!entry.Exists)
        {
            RemoveHidden(key);
            Table.Insert(key.Bytes, key.Hash, value, encoding, integer, Math.Max(NoExpiry, expireAtMs), _keyspace.Usage.Fresh);
            ReportNewString(key);
            return;
        }
        BeforeChange(entry);
        if (!entry.IsString)
        {
            ReportRemoval(entry);
            FreeValueElsewhere(entry, _keyspace.FreesOverwrittenLazily);
        }
        Entry changed = Table.SetValue(entry, value, encoding, integer);
        Touch(changed);
        if (expireAtMs != KeepExpiry && (expireAtMs >= 0 || changed.HasExpiry))
            Table.SetExpiry(changed, expireAtMs);
    }

    /// <summary>An expired key that is only hidden is there all the same, and makes room for a new one of its name.</summary>
    private void RemoveHidden(Key key)
    {
        if (_keyspace.ExpiryMode == ExpiryMode.Hide && FindAny(key) is { Exists: true } hidden)
            RemoveEntry(hidden, lazy: true);
    }

    /// <summary>Like <see cref="CopyValue"/>, for an entry that is removed right after: a large value is not copied but passed on.</summary>
    private void MoveValue(Database target, scoped in Entry entry, Key to)
    {
        if (!entry.IsOutside)
        {
            CopyValue(target, entry, to, entry.Access);
            return;
        }
        target.MakeRoom(to);
        BeforeChange(entry);
        ValueType type = entry.Type;
        target.Table.InsertTaking(to.Bytes, to.Hash, entry, entry.ExpireAtMs, entry.Access);
        if (type == ValueType.String)
            target.ReportNewString(to);
        else
            _keyspace.Observer?.Created(target, to.Bytes, type, isNew: true);
    }

    /// <summary>Removes what the key holds; false when that was nothing, or has expired.</summary>
    private bool MakeRoom(Key key)
    {
        Entry existing = FindLive(key);
        bool isLive = existing.Exists;
        if (!isLive)
            existing = FindAny(key);
        if (existing.Exists)
            RemoveEntry(existing, _keyspace.FreesOverwrittenLazily);
        return isLive;
    }

    /// <summary>The value of an entry under another key, which may be in this or another database.</summary>
    private void CopyValue(Database target, scoped in Entry entry, Key to, uint access)
    {
        // The insertion may move buckets, but not entry blocks: the value's bytes stay where they are.
        long expireAtMs = entry.ExpireAtMs;
        if (!entry.IsString)
        {
            target.MakeRoom(to);
            target.Table.InsertCopy(to.Bytes, to.Hash, entry, expireAtMs, access);
            _keyspace.Observer?.Created(target, to.Bytes, entry.Type, isNew: true);
            return;
        }
        ReadOnlySpan<byte> value = entry.IsInteger ? default : entry.Value;
        long integer = entry.IsInteger ? entry.Integer : 0;
        ValueEncoding encoding = entry.Encoding;
        target.MakeRoom(to);
        target.Table.Insert(to.Bytes, to.Hash, value, encoding, integer, expireAtMs, access);
        target.ReportNewString(to);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void BeforeChange(scoped in Entry entry)
    {
        if (_keyspace.Snapshot is { } walk && entry.SnapshotEpoch != Table.SnapshotEpoch)
            walk.Preserve(Table, entry);
    }

    /// <summary>Leaves out what has expired.</summary>
    private readonly ref struct LiveReceiver<TVisitor> : IEntryReceiver
        where TVisitor : struct, IEntryVisitor
    {
        private readonly Database _database;
        private readonly ref TVisitor _visitor;

        public LiveReceiver(Database database, ref TVisitor visitor)
        {
            _database = database;
            _visitor = ref visitor;
        }

        public void Receive(scoped in Entry entry)
        {
            if (!_database.IsExpired(entry))
                _visitor.Visit(entry.Key, new EntryView(entry, _database._keyspace));
        }
    }

    /// <summary>Leaves out what has expired, and notes what of it is to be deleted.</summary>
    private readonly ref struct ScanReceiver<TVisitor> : IEntryReceiver
        where TVisitor : struct, IScanVisitor
    {
        private readonly Database _database;
        private readonly ref TVisitor _visitor;

        public ScanReceiver(Database database, ref TVisitor visitor)
        {
            _database = database;
            _visitor = ref visitor;
        }

        public void Receive(scoped in Entry entry)
        {
            if (!_database.IsExpired(entry))
                _visitor.Visit(entry.Key, new EntryView(entry, _database._keyspace));
            else if (_visitor.IsConcernedBy(entry.Key) && _database._keyspace.ExpiryMode == ExpiryMode.Delete)
                _database._expiredInStep.Add(entry.Key.ToArray());
        }
    }

    /// <summary>Judges the entries that a sweep meets, and sums up the time that the others have left.</summary>
    private ref struct ExpirySweep(Database database, Keyspace keyspace) : IExpiryJudge
    {
        /// <summary>A double, because times to live may be as long as numbers go.</summary>
        public double TtlSumMs;
        public long LiveCount;

        public bool IsExpired(scoped in Entry entry)
        {
            long left = entry.ExpireAtMs - keyspace.NowMs;
            if (left >= 0)
            {
                TtlSumMs += left;
                LiveCount++;
                return false;
            }
            if (keyspace.Snapshot is { } walk && walk.Postpones(database.Table, entry))
                return false;
            database.PrepareExpiry(entry);
            return true;
        }
    }
}
