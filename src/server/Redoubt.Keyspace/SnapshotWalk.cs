// The dataset of one moment, taken while writes go on, without fork.
//
// Why not fork: the page tables of a large process take tens of milliseconds to copy, and every page written meanwhile is
// copied whole: a stall that grows with the dataset, and up to twice the memory.
//
// How: each entry carries the number of the last snapshot that has it. A new snapshot takes the next number; new entries
// are born with it (they are younger than the snapshot and not part of it). The walk goes through the tables in slices
// between commands and gives out every entry with another number, which then gets the current one. A command about to
// change or delete an entry that the walk has not reached gives out its old image first. So every key of the moment when
// the snapshot began is given out exactly once, with the value it had then.
//
// A large collection is given out in pieces, between which commands run. Who is about to change it had better wait until it is complete, or it would have
// to give out all the rest at once: a pause that grows with the collection. So the server asks for what a command will change (`Postpones`), holds that one
// client back, and the walk gives out what somebody waits for first. What cannot wait (an eviction, what a master sends) gives out the rest at once. A
// change of something else gives that out in between, which the sink has to keep apart.
//
// The walk uses SCAN's cursor, so tables may grow and shrink meanwhile; what it meets twice has its number already.
// A flushed table is adopted: the walk goes on over it, and it is freed afterwards.
//
// A snapshot that is given up leaves old numbers behind. They mean "not in the next snapshot", which is right, until the
// numbers (32) come round. So after 15 snapshots in a row that were given up the last one's walk goes on in idle time, for
// the numbers alone. Only if the next snapshots keep cutting that short, too, is the thirtieth walked to the end at once.
//
// Invariants: each entry is given out at most once per snapshot; at the end all entries have the current number.
// Threads: the keyspace thread; the sink hands its batches to a helper thread.

using Redoubt.Structures.Entries;
using Redoubt.Structures.Values;

namespace Redoubt.Keyspace;

/// <summary>What a snapshot says of a key beside its name and value.</summary>
/// <param name="ExpireAtMs">Unix milliseconds, -1 = never.</param>
/// <param name="IdleSeconds">Since the last use, where eviction goes by that; else -1.</param>
/// <param name="Frequency">The counter of uses, where eviction goes by that; else -1.</param>
public readonly record struct SnapshotHead(int Database, long ExpireAtMs, long IdleSeconds, int Frequency);

/// <summary>Takes the entries of a snapshot, each as it was when the snapshot began. Spans are valid only during the call.</summary>
public interface ISnapshotSink
{
    /// <summary>A key with a string.</summary>
    void Add(in SnapshotHead head, ReadOnlySpan<byte> key, bool isInteger, long integer, ReadOnlySpan<byte> value);

    /// <summary>Where to write (the next piece of) another value's image; <see cref="EndPiece"/> follows at once.</summary>
    /// <param name="isFirst">The key is new. Between the pieces of a large value others may come, whole.</param>
    ImageWriter BeginPiece(in SnapshotHead head, ReadOnlySpan<byte> key, bool isFirst);

    void EndPiece(ImageType type, bool isLast);
}

public sealed class SnapshotWalk
{
    private const int PieceBytes = 64 * 1024;

    private readonly Keyspace _keyspace;
    private readonly EvictionPolicy _policy;
    private readonly List<(EntryTable Table, int Database)> _tables = [];
    private readonly HashSet<EntryTable> _adopted = [];

    /// <summary>Large values that the walk has met and gives out next.</summary>
    private readonly Queue<LargeValue> _large = new();

    /// <summary>Large values that somebody waits for.</summary>
    private readonly Queue<LargeValue> _urgent = new();

    /// <summary>That of the two whose first value is given out in part; null = none is.</summary>
    private Queue<LargeValue>? _open;

    private readonly ImagePosition _position = new();
    private readonly ImagePosition _positionAtOnce = new();
    private ISnapshotSink? _sink;
    private int _current;
    private ulong _cursor;

    /// <summary>All buckets of the current table have been seen. The cursor alone does not tell: it is 0 at the beginning, too.</summary>
    private bool _isScanned;

    /// <summary>How many snapshots old the numbers in tables are that came into the dataset during the walk, and are not part of it.</summary>
    internal int AgeOfOthers { get; set; }

    internal SnapshotWalk(Keyspace keyspace, Database[] databases)
    {
        _keyspace = keyspace;
        _policy = keyspace.Evictor.Policy;
        foreach (Database database in databases)
        {
            if (database.Count == 0)
                continue;
            _tables.Add((database.Table, database.Index));
            KeysTotal += database.Count;
        }
    }

    /// <summary>Where the entries go; set once, right after the snapshot began.</summary>
    public ISnapshotSink? Sink
    {
        get => _sink;
        set => _sink = value;
    }

    /// <summary>Keys in the dataset when the snapshot began.</summary>
    public long KeysTotal { get; }

    /// <summary>Keys given out so far.</summary>
    public long KeysDone { get; private set; }

    /// <summary>Large values given out so far: whoever waits for one may look again when this changes.</summary>
    public long LargeDone { get; private set; }

    /// <summary>Somebody waits for a large value to be given out.</summary>
    public bool IsUrgent => _urgent.Count > 0;

    public bool IsFinished => _current >= _tables.Count;

    /// <summary>Of a snapshot that was given up: whether it should be walked to the end now.</summary>
    internal bool IsDue => _keyspace.UnfinishedSnapshots >= Keyspace.SnapshotEpochs / 2 - 1;

    /// <summary>Walks up to this many buckets further. True while there is more.</summary>
    public bool Step(int buckets)
    {
        Receiver receiver = new(this);
        while (buckets-- > 0 && !IsFinished)
        {
            (EntryTable table, receiver.Database) = _tables[_current];
            if (_large.Count > 0 || IsUrgent)
            {
                // A piece takes about as long as a good number of buckets.
                GivePiece();
                buckets = 0;
            }
            else
            {
                receiver.Table = table;
                _cursor = table.Scan(_cursor, ref receiver);
                _isScanned = _cursor == 0;
            }
            if (!_isScanned || _large.Count > 0 || IsUrgent)
                continue;
            _isScanned = false;
            _current++;
            if (_adopted.Remove(table))
                _keyspace.Bury(table);
        }
        if (!IsFinished)
            return true;
        if (_keyspace.CurrentWalk == this)
            _keyspace.UnfinishedSnapshots = AgeOfOthers;
        _keyspace.EndWalk(this);
        return false;
    }

    /// <summary>Gives up: nothing is given out any more.</summary>
    public void Abort()
    {
        _sink = null;
        if (_keyspace.Snapshot != this)
            return;
        _keyspace.UnfinishedSnapshots++;
        foreach (EntryTable table in _adopted)
        {
            Forget(table);
            _keyspace.Bury(table);
        }
        _adopted.Clear();
        _keyspace.RetireSnapshot();
    }

    /// <summary>The entries of this table need no numbers any more.</summary>
    internal void Forget(EntryTable table)
    {
        int at = _tables.FindIndex(walked => walked.Table == table);
        if (at < 0)
            return;
        _tables.RemoveAt(at);
        Forget(_large, table);
        Forget(_urgent, table);
        if (at < _current)
            _current--;
        else if (at == _current)
            (_cursor, _isScanned) = (0, false);
    }

    private void Forget(Queue<LargeValue> queue, EntryTable table)
    {
        if (_open == queue && queue.Peek().Table == table)
        {
            _open = null;
            _position.Reset();
        }
        for (int i = queue.Count; i > 0; i--)
        {
            LargeValue value = queue.Dequeue();
            if (value.Table != table)
                queue.Enqueue(value);
        }
    }

    /// <summary>
    /// Whether a change of this key had better wait: its value is large, and the snapshot does not have all of it yet. It is given out as soon as
    /// possible; <see cref="LargeDone"/> tells when.
    /// </summary>
    public bool Postpones(Database database, Key key) => Postpones(database.Table, database.Table.Find(key.Bytes, key.Hash));

    internal bool Postpones(EntryTable table, scoped in Entry entry)
    {
        if (!entry.Exists || entry.IsString || entry.SnapshotEpoch == table.SnapshotEpoch || _sink is null || !ValueImage.IsLarge(table.SlotOf(entry)))
            return false;
        int at = _tables.FindIndex(walked => walked.Table == table);
        if (at < 0)
            return false;
        foreach (LargeValue waiting in _urgent)
        {
            if (waiting.Table == table && entry.Key.SequenceEqual(waiting.Key))
                return true;
        }
        _urgent.Enqueue(new LargeValue(table, _tables[at].Database, entry.Key.ToArray()));
        return true;
    }

    /// <summary>The next snapshot begins and takes over the tables.</summary>
    internal void MakeWay()
    {
        if (_keyspace.UnfinishedSnapshots >= Keyspace.SnapshotEpochs - 2)
        {
            while (Step(1024))
            {
            }
        }
        Drop();
    }

    /// <summary>Lets go of all tables; those that nobody else needs are freed.</summary>
    internal void Drop()
    {
        _tables.Clear();
        foreach (EntryTable table in _adopted)
            _keyspace.Bury(table);
        _adopted.Clear();
        _keyspace.EndWalk(this);
    }

    /// <summary>Gives out the old image of an entry that is about to change.</summary>
    internal void Preserve(EntryTable table, scoped in Entry entry)
    {
        foreach ((EntryTable walked, int database) in _tables)
        {
            if (walked == table)
            {
                GiveOut(table, database, entry);
                return;
            }
        }
    }

    /// <summary>Takes over a table that was flushed, if the walk still needs it.</summary>
    internal bool TryAdopt(EntryTable table)
    {
        for (int i = _current; i < _tables.Count; i++)
        {
            if (_tables[i].Table == table)
                return _adopted.Add(table);
        }
        return false;
    }

    private void GiveOut(EntryTable table, int database, scoped in Entry entry)
    {
        if (_sink is { } sink)
        {
            if (entry.IsString)
                sink.Add(HeadOf(database, entry), entry.Key, entry.IsInteger, entry.IsInteger ? entry.Integer : 0, entry.IsInteger ? default : entry.Value);
            else
                GiveRest(sink, table, database, entry);
        }
        Done(table, entry);
    }

    /// <summary>All of a collection, or what is left of the one that is being given out in pieces.</summary>
    private void GiveRest(ISnapshotSink sink, EntryTable table, int database, scoped in Entry entry)
    {
        ImagePosition position = _positionAtOnce;
        if (_open?.Peek() is { } open && open.Table == table && entry.Key.SequenceEqual(open.Key))
            position = _position;
        while (!GivePiece(sink, table, database, entry, position))
        {
        }
    }

    /// <summary>
    /// One piece of the large value at hand, if it is still to be given out. One that was begun is completed first, for the pieces of a value follow
    /// one another.
    /// </summary>
    private void GivePiece()
    {
        Queue<LargeValue> queue = _open ?? (IsUrgent ? _urgent : _large);
        LargeValue value = queue.Peek();
        Entry entry = value.Table.Find(value.Key, _keyspace.HashOf(value.Key));
        if (entry.Exists && entry.SnapshotEpoch != value.Table.SnapshotEpoch)
        {
            if (_sink is { } sink && !GivePiece(sink, value.Table, value.Database, entry, _position))
            {
                _open = queue;
                return;
            }
            Done(value.Table, entry);
        }
        _position.Reset();
        _open = null;
        queue.Dequeue();
        LargeDone++;
    }

    private bool GivePiece(ISnapshotSink sink, EntryTable table, int database, scoped in Entry entry, ImagePosition position)
    {
        ImageWriter image = sink.BeginPiece(HeadOf(database, entry), entry.Key, position.IsAtStart);
        bool isLast = ValueImage.Give(table.SlotOf(entry), image, position, PieceBytes, out ImageType type);
        sink.EndPiece(type, isLast);
        position.IsAtStart = isLast;
        return isLast;
    }

    private SnapshotHead HeadOf(int database, scoped in Entry entry) => new(
        database, entry.ExpireAtMs,
        _policy.RemembersAccess() ? _keyspace.Usage.IdleSeconds(entry.Access) : -1,
        _policy.CountsFrequency() ? _keyspace.Usage.Frequency(entry.Access) : -1);

    private void Done(EntryTable table, scoped in Entry entry)
    {
        table.MarkInSnapshot(entry);
        KeysDone++;
    }

    private readonly record struct LargeValue(EntryTable Table, int Database, byte[] Key);

    private ref struct Receiver(SnapshotWalk walk) : IEntryReceiver
    {
        public EntryTable Table = null!;
        public int Database;

        public readonly void Receive(scoped in Entry entry)
        {
            if (entry.SnapshotEpoch == Table.SnapshotEpoch)
                return;
            if (!entry.IsString && ValueImage.IsLarge(Table.SlotOf(entry)))
                walk._large.Enqueue(new LargeValue(Table, Database, entry.Key.ToArray()));
            else
                walk.GiveOut(Table, Database, entry);
        }
    }
}
