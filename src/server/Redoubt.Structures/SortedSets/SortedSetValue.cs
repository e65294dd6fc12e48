// A sorted set as commands see it: a view of a key's slot that chooses the form. Small sets are a listpack (SortedSetPack), large ones
// a table and a tree (SortedSetTable); a set that outgrows the limits changes its form once and stays large.
//
// Every question for a range is answered with a row of ranks, which tells how many there are before the first is read, and every enumeration
// starts from one.

using Redoubt.Structures.Elements;
using Redoubt.Structures.Listpacks;
using Redoubt.Structures.Values;

namespace Redoubt.Structures.SortedSets;

/// <summary>ZADD's options.</summary>
[Flags]
public enum ScoreConditions
{
    None = 0,

    /// <summary>NX.</summary>
    IfMissing = 1,

    /// <summary>XX.</summary>
    IfExists = 2,

    /// <summary>GT: a member that exists gets only a greater score.</summary>
    IfGreater = 4,

    /// <summary>LT.</summary>
    IfLess = 8,

    /// <summary>INCR: adds to the score that there is.</summary>
    Increment = 16,
}

public enum ScoreOutcome
{
    Added,
    Updated,

    /// <summary>The member has this score already.</summary>
    Same,

    /// <summary>The conditions did not let it happen.</summary>
    Refused,

    /// <summary>Infinities of both signs have no sum; nothing was changed.</summary>
    NotANumber,
}

/// <summary>Receives members one by one; the set must not be changed meanwhile.</summary>
public interface ISortedSetVisitor
{
    void Visit(ReadOnlySpan<byte> member, double score);
}

public readonly ref partial struct SortedSetValue(ValueSlot slot)
{
    private readonly ValueSlot _slot = slot;

    private ValueStore Store => _slot.Store;

    private bool IsPacked => _slot.Encoding == ValueEncoding.Listpack;

    private SortedSetPack Pack => new(new Listpack(_slot.Root));

    private SortedSetTable Table => new(Store, _slot.Root);

    public ValueEncoding Encoding => _slot.Encoding;

    public long Count => IsPacked ? Pack.Count : SortedSetTable.CountOf(_slot.Root);

    /// <summary>The form that a new set takes whose first member has this length.</summary>
    public static ValueEncoding EncodingFor(CollectionLimits limits, int memberLength, long expectedCount = 1) =>
        limits.SortedSetMaxListpackEntries == 0 || expectedCount > limits.SortedSetMaxListpackEntries || memberLength > limits.SortedSetMaxListpackValue
            ? ValueEncoding.SkipList : ValueEncoding.Listpack;

    /// <summary>Makes a new key's value an empty set of the form that its slot says.</summary>
    public void Initialize() => _slot.Root = IsPacked ? ListpackEditor.Create(Store.Heap) : SortedSetTable.Create(Store);

    public bool TryGetScore(scoped ReadOnlySpan<byte> member, out double score)
    {
        if (!IsPacked)
            return Table.TryGetScore(member, out score);
        SortedSetPack pack = Pack;
        int position = pack.Find(member);
        score = position == 0 ? 0 : pack.ScoreOf(position);
        return position != 0;
    }

    /// <summary>Adds a member or gives it another score.</summary>
    /// <param name="score">A number; with <see cref="ScoreConditions.Increment"/> what is added.</param>
    /// <param name="result">The member's score afterwards, unless the outcome is Refused or NotANumber.</param>
    public ScoreOutcome Add(scoped ReadOnlySpan<byte> member, double score, ScoreConditions conditions, out double result)
    {
        result = score;
        if (!IsPacked)
            return AddToTable(member, ref result, conditions);
        SortedSetPack pack = Pack;
        int position = pack.Find(member);
        if (position != 0)
        {
            ScoreOutcome outcome = Judge(pack.ScoreOf(position), ref result, conditions);
            if (outcome == ScoreOutcome.Updated)
            {
                nint root = _slot.Root;
                new ListpackEditor(Store.Heap, ref root).Delete(position, 2);
                SortedSetPack.Insert(Store.Heap, ref root, member, result);
                _slot.Root = root;
            }
            return outcome;
        }
        if ((conditions & ScoreConditions.IfExists) != 0)
            return ScoreOutcome.Refused;
        AddNew(member, score);
        return ScoreOutcome.Added;
    }

    private ScoreOutcome AddToTable(scoped ReadOnlySpan<byte> member, ref double score, ScoreConditions conditions)
    {
        SortedSetTable table = Table;
        Element element = table.Find(member);
        if (element.Exists)
        {
            ScoreOutcome outcome = Judge(element.Score, ref score, conditions);
            if (outcome == ScoreOutcome.Updated)
                table.SetScore(element, score);
            return outcome;
        }
        if ((conditions & ScoreConditions.IfExists) != 0)
            return ScoreOutcome.Refused;
        table.AddNew(member, score);
        return ScoreOutcome.Added;
    }

    /// <summary>What is to become of a member that is there; <paramref name="score"/> becomes its new score.</summary>
    private static ScoreOutcome Judge(double current, ref double score, ScoreConditions conditions)
    {
        if (conditions != ScoreConditions.None)
        {
            if ((conditions & ScoreConditions.IfMissing) != 0)
                return ScoreOutcome.Refused;
            if ((conditions & ScoreConditions.Increment) != 0)
                score += current;
            if (double.IsNaN(score))
                return ScoreOutcome.NotANumber;
            if (((conditions & ScoreConditions.IfLess) != 0 && score >= current) || ((conditions & ScoreConditions.IfGreater) != 0 && score <= current))
                return ScoreOutcome.Refused;
        }
        return score == current ? ScoreOutcome.Same : ScoreOutcome.Updated;
    }

    /// <summary>Adds a member that is not in the set; one that the listpack has no room for makes the set large.</summary>
    public void AddNew(scoped ReadOnlySpan<byte> member, double score)
    {
        CollectionLimits limits = Store.Limits;
        if (IsPacked)
        {
            nint root = _slot.Root;
            if (Pack.Count + 1 <= limits.SortedSetMaxListpackEntries && member.Length <= limits.SortedSetMaxListpackValue
                && new ListpackEditor(Store.Heap, ref root).HasRoomFor(member.Length))
            {
                SortedSetPack.Insert(Store.Heap, ref root, member, score);
                _slot.Root = root;
                return;
            }
            Unpack();
        }
        Table.AddNew(member, score);
    }

    public bool Remove(scoped ReadOnlySpan<byte> member)
    {
        if (!IsPacked)
            return Table.Remove(member);
        int position = Pack.Find(member);
        if (position == 0)
            return false;
        nint root = _slot.Root;
        new ListpackEditor(Store.Heap, ref root).Delete(position, 2);
        _slot.Root = root;
        return true;
    }

    public void RemoveRange(RankRange range)
    {
        if (range.Count == 0)
            return;
        long first = range.FirstRank(Count);
        if (!IsPacked)
        {
            Table.RemoveRange(first, range.Count);
            return;
        }
        nint root = _slot.Root;
        new ListpackEditor(Store.Heap, ref root).DeleteRange(2 * first, (int)(2 * range.Count));
        _slot.Root = root;
    }

    /// <summary>Counted from the first member; -1 when there is no such member.</summary>
    public long RankOf(scoped ReadOnlySpan<byte> member) => IsPacked ? Pack.RankOf(member) : Table.RankOf(member);

    public RankRange RanksBetween(long start, long stop, bool isReversed) => RankRange.Between(start, stop, Count, isReversed);

    public RankRange RanksOf(ScoreRange range, bool isReversed = false) =>
        IsPacked ? Pack.RanksOf(range, isReversed) : Table.RanksOf(range, isReversed);

    public RankRange RanksOf(MemberRange range, bool isReversed = false) =>
        IsPacked ? Pack.RanksOf(range, isReversed) : Table.RanksOf(range, isReversed);

    /// <summary>The members of a range, one after the other; the set must not change meanwhile.</summary>
    public SortedSetEnumerator Enumerate(RankRange range) =>
        IsPacked ? new SortedSetEnumerator(Pack, range) : new SortedSetEnumerator(Table.Order, range);

    public SortedSetEnumerator Enumerate(bool isReversed = false) => Enumerate(new RankRange(0, Count, isReversed));

    /// <summary>One step of ZSCAN; 0 = the scan is complete. A small set is reported whole.</summary>
    public ulong Scan<TVisitor>(ulong cursor, ref TVisitor visitor)
        where TVisitor : struct, ISortedSetVisitor
    {
        if (IsPacked)
        {
            foreach (SortedSetEntry entry in Enumerate())
                visitor.Visit(entry.Member, entry.Score);
            return 0;
        }
        ScanReceiver<TVisitor> receiver = new(ref visitor);
        return Table.Members.Scan(cursor, ref receiver);
    }

    /// <summary>The text of a score as ZSCAN has it: small sets show what they store, which for large whole numbers is all of their digits.</summary>
    /// <returns>The length, at most <see cref="DoubleText.BytesMax"/>.</returns>
    public static int WriteScanned(Span<byte> target, double score, ValueEncoding encoding)
    {
        if (encoding != ValueEncoding.Listpack || !SortedSetPack.TryInteger(score, out long integer))
            return DoubleText.Write(target, score);
        System.Buffers.Text.Utf8Formatter.TryFormat(integer, target, out int length);
        return length;
    }

    public void Verify()
    {
        if (IsPacked)
            Pack.Verify();
        else
            Table.Verify();
    }

    /// <summary>Makes a small set large.</summary>
    private void Unpack()
    {
        nint packed = _slot.Root;
        SortedSetPack pack = Pack;
        nint root = SortedSetTable.Create(Store, pack.Count + 1);
        SortedSetTable table = new(Store, root);
        foreach (SortedSetEntry entry in new SortedSetEnumerator(pack, new RankRange(0, pack.Count, false)))
            table.AddNew(entry.Member, entry.Score);
        ListpackEditor.Free(Store.Heap, packed);
        _slot.Root = root;
        _slot.Encoding = ValueEncoding.SkipList;
    }

    private readonly ref struct ScanReceiver<TVisitor> : IElementReceiver
        where TVisitor : struct, ISortedSetVisitor
    {
        private readonly ref TVisitor _visitor;

        public ScanReceiver(ref TVisitor visitor) => _visitor = ref visitor;

        public void Receive(scoped in Element element) => _visitor.Visit(element.Key, element.Score);
    }
}
