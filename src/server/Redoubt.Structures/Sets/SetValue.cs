// A set: members without order. One of integers only is an intset up to a limit, in rising order; any other is a table, and stays one.
//
// A new key's set is made with the first member that is added.

using Redoubt.Native;
using Redoubt.Structures.Elements;
using Redoubt.Structures.IntSets;
using Redoubt.Structures.Listpacks;
using Redoubt.Structures.Sampling;
using Redoubt.Structures.Values;

namespace Redoubt.Structures.Sets;

/// <summary>Receives members one by one; the set must not be changed meanwhile.</summary>
public interface IMemberReceiver
{
    void Receive(PackedValue member);
}

public readonly ref struct SetValue(ValueSlot slot)
{
    // Redis stops here, whatever the limit says.
    private const long IntSetEntriesMax = 1 << 30;

    private readonly ValueSlot _slot = slot;

    public long Count => _slot.Root == 0 ? 0 : IsTable ? Table.Count : Numbers.Count;

    public bool IsTable => _slot.Encoding == ValueEncoding.HashTable;

    /// <summary>The bytes of a set that is an intset.</summary>
    public ReadOnlySpan<byte> IntSetBytes => Numbers.Span;

    private IntSet Numbers => new(_slot.Root);

    private ElementTable Table => new(_slot.Store.Heap, _slot.Store.Hasher, _slot.Root);

    /// <summary>How a set begins whose first member is this.</summary>
    public static ValueEncoding EncodingFor(ReadOnlySpan<byte> member) =>
        IntegerText.TryParse(member, out _) ? ValueEncoding.IntSet : ValueEncoding.HashTable;

    public bool Contains(ReadOnlySpan<byte> member)
    {
        if (IsTable)
            return Table.Find(member).Exists;
        return IntegerText.TryParse(member, out long number) && Numbers.Contains(number);
    }

    public bool Contains(PackedValue member)
    {
        if (!IsTable && member.IsInteger)
            return Numbers.Contains(member.Integer);
        return Contains(member.Text(stackalloc byte[PackedValue.DigitsMax]));
    }

    /// <summary>False when the member is there already. Its text may not be one of this set's own.</summary>
    public bool Add(ReadOnlySpan<byte> member)
    {
        if (!IsTable)
        {
            if (IntegerText.TryParse(member, out long number))
                return Add(number);
            Expand(Count + 1);
        }
        if (_slot.Root == 0)
            _slot.Root = ElementTable.Create(_slot.Store.Heap, ElementKind.Member);
        Table.FindOrAdd(member, out bool isNew);
        return isNew;
    }

    public bool Add(PackedValue member)
    {
        if (!IsTable && member.IsInteger)
            return Add(member.Integer);
        return Add(member.Text(stackalloc byte[PackedValue.DigitsMax]));
    }

    private bool Add(long number)
    {
        nint root = _slot.Root == 0 ? IntSet.Create(_slot.Store.Heap) : _slot.Root;
        bool isNew = IntSet.Add(_slot.Store.Heap, ref root, number);
        _slot.Root = root;
        if (isNew && Count > Math.Min(_slot.Store.Limits.SetMaxIntSetEntries, IntSetEntriesMax))
            Expand(Count);
        return isNew;
    }

    /// <summary>False when there is no such member. A set that is empty afterwards is for the caller to remove.</summary>
    public bool Remove(ReadOnlySpan<byte> member)
    {
        if (IsTable)
            return Table.Remove(member);
        return IntegerText.TryParse(member, out long number) && Remove(number);
    }

    public bool Remove(PackedValue member)
    {
        if (!IsTable && member.IsInteger)
            return Remove(member.Integer);
        return Remove(member.Text(stackalloc byte[PackedValue.DigitsMax]));
    }

    private bool Remove(long number)
    {
        nint root = _slot.Root;
        bool isRemoved = IntSet.Remove(_slot.Store.Heap, ref root, number);
        _slot.Root = root;
        return isRemoved;
    }

    /// <summary>Makes the set a table with room for this many members.</summary>
    public void Expand(long members)
    {
        if (IsTable && _slot.Root != 0)
            return;
        nint root = ElementTable.Create(_slot.Store.Heap, ElementKind.Member, members);
        if (_slot.Root != 0)
        {
            ElementTable table = new(_slot.Store.Heap, _slot.Store.Hasher, root);
            Span<byte> digits = stackalloc byte[PackedValue.DigitsMax];
            foreach (PackedValue member in this)
                table.AddNew(member.Text(digits));
            IntSet.Free(_slot.Store.Heap, _slot.Root);
        }
        _slot.Root = root;
        _slot.Encoding = ValueEncoding.HashTable;
    }

    /// <summary>Makes the set of a new key from the bytes of an intset, which were validated; one that is beyond the limit becomes a table.</summary>
    public void Load(ReadOnlySpan<byte> intSet)
    {
        Invariant.That(_slot.Root == 0, "only a new set is loaded");
        _slot.Root = IntSet.CreateFrom(_slot.Store.Heap, intSet);
        _slot.Encoding = ValueEncoding.IntSet;
        if (Count > _slot.Store.Limits.SetMaxIntSetEntries)
            Expand(Count);
    }

    // ---- visiting ---------------------------------------------------------------------------------------------------

    /// <summary>All members: those of an intset in rising order. The set must not change meanwhile.</summary>
    public Enumerator GetEnumerator() => new(this);

    /// <summary>One step of SSCAN; 0 = the scan is complete. An intset is one step.</summary>
    public ulong Scan<TReceiver>(ulong cursor, ref TReceiver receiver)
        where TReceiver : struct, IMemberReceiver
    {
        if (IsTable)
        {
            ElementRelay<TReceiver> relay = new(ref receiver);
            return Table.Scan(cursor, ref relay);
        }
        foreach (PackedValue member in this)
            receiver.Receive(member);
        return 0;
    }

    /// <summary>Any member, each as likely. The set must not be empty.</summary>
    public PackedValue Pick(Random random) => IsTable ? new PackedValue(Table.Pick(random).Key) : new PackedValue(Numbers.Pick(random));

    /// <summary>Takes any member out, each as likely, after the receiver has had it. The set must not be empty.</summary>
    public void Pop<TReceiver>(Random random, ref TReceiver receiver)
        where TReceiver : struct, IMemberReceiver
    {
        if (IsTable)
        {
            Element picked = Table.Pick(random);
            receiver.Receive(new PackedValue(picked.Key));
            Table.Remove(picked);
            return;
        }
        long number = Numbers.Pick(random);
        receiver.Receive(new PackedValue(number));
        Remove(number);
    }

    /// <summary>Picks so many different members, at most all; every choice of them is as likely.</summary>
    public void PickDistinct<TReceiver>(Random random, long count, ref TReceiver receiver)
        where TReceiver : struct, IMemberReceiver
    {
        if (IsTable)
        {
            ElementRelay<TReceiver> relay = new(ref receiver);
            Table.PickDistinct(random, count, ref relay);
            return;
        }
        SelectionSampling selection = new(Count, count);
        foreach (PackedValue member in this)
        {
            if (selection.TakesNext(random))
                receiver.Receive(member);
        }
    }

    /// <summary>Walks everything and breaks off at the first thing that does not fit.</summary>
    public void Verify()
    {
        if (IsTable)
            Table.Verify();
        else
            Numbers.Verify();
    }

    public ref struct Enumerator
    {
        private readonly bool _isTable;
        private readonly IntSet _numbers;
        private readonly int _count;
        private ElementTable.Enumerator _elements;
        private int _index;

        internal Enumerator(SetValue set)
        {
            _index = -1;
            _isTable = set.IsTable;
            if (_isTable)
                _elements = set.Table.GetEnumerator();
            else
                (_numbers, _count) = (set.Numbers, (int)set.Count);
        }

        public readonly PackedValue Current => _isTable ? new PackedValue(_elements.Current.Key) : new PackedValue(_numbers[_index]);

        public bool MoveNext() => _isTable ? _elements.MoveNext() : ++_index < _count;
    }

    private readonly ref struct ElementRelay<TReceiver> : IElementReceiver
        where TReceiver : struct, IMemberReceiver
    {
        private readonly ref TReceiver _receiver;

        public ElementRelay(ref TReceiver receiver) => _receiver = ref receiver;

        public void Receive(scoped in Element element) => _receiver.Receive(new PackedValue(element.Key));
    }
}
