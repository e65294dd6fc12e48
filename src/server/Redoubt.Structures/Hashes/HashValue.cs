// A hash: fields with values. A small one is a listpack, field and value in turn, in the order in which the fields came; once it has more fields, or
// one of its texts is longer than the limits allow, it becomes a table and stays one.
//
// A new key's hash is made with the first field that is set.

using Redoubt.Native;
using Redoubt.Structures.Elements;
using Redoubt.Structures.Listpacks;
using Redoubt.Structures.Sampling;
using Redoubt.Structures.Values;

namespace Redoubt.Structures.Hashes;

public readonly ref struct HashValue(ValueSlot slot)
{
    private const int Pair = 2;

    private readonly ValueSlot _slot = slot;

    public long Count => _slot.Root == 0 ? 0 : IsTable ? Table.Count : Pack.Count / Pair;

    /// <summary>The bytes of a hash that is a listpack.</summary>
    public ReadOnlySpan<byte> ListpackBytes => Pack.Span;

    public bool IsTable => _slot.Encoding == ValueEncoding.HashTable;

    private Listpack Pack => new(_slot.Root);

    private ElementTable Table => new(_slot.Store.Heap, _slot.Store.Hasher, _slot.Root);

    public bool TryGet(ReadOnlySpan<byte> field, out PackedValue value)
    {
        if (IsTable)
        {
            Element element = Table.Find(field);
            value = element.Exists ? new PackedValue(element.Value) : default;
            return element.Exists;
        }
        Listpack pack = Pack;
        int position = pack.Find(pack.First, field, Pair - 1);
        value = position == 0 ? default : pack[pack.Next(position)];
        return position != 0;
    }

    public bool Contains(ReadOnlySpan<byte> field) => TryGet(field, out _);

    /// <summary>Gives a field its value; true when the field is new. Neither text may be one of this hash's own.</summary>
    public bool Set(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
    {
        if (!IsTable && !FitsListpack(field.Length, value.Length))
            Expand(Count + 1);
        return IsTable ? Table.Set(field, value) : SetInListpack(field, value);
    }

    /// <summary>False when there is no such field. A hash that is empty afterwards is for the caller to remove.</summary>
    public bool Delete(ReadOnlySpan<byte> field)
    {
        if (IsTable)
            return Table.Remove(field);
        Listpack pack = Pack;
        int position = pack.Find(pack.First, field, Pair - 1);
        if (position == 0)
            return false;
        nint root = _slot.Root;
        new ListpackEditor(_slot.Store.Heap, ref root).Delete(position, Pair);
        _slot.Root = root;
        return true;
    }

    /// <summary>Makes the hash a table with room for this many fields.</summary>
    public void Expand(long fields)
    {
        if (IsTable && _slot.Root != 0)
            return;
        nint root = ElementTable.Create(_slot.Store.Heap, ElementKind.Field, fields);
        if (_slot.Root != 0)
        {
            ElementTable table = new(_slot.Store.Heap, _slot.Store.Hasher, root);
            Span<byte> nameDigits = stackalloc byte[PackedValue.DigitsMax], valueDigits = stackalloc byte[PackedValue.DigitsMax];
            foreach (HashField field in this)
                table.AddNew(field.Name.Text(nameDigits), field.Value.Text(valueDigits));
            ListpackEditor.Free(_slot.Store.Heap, _slot.Root);
        }
        _slot.Root = root;
        _slot.Encoding = ValueEncoding.HashTable;
    }

    /// <summary>Makes the hash of a new key from the bytes of a listpack, which were validated; one that is beyond the limits becomes a table.</summary>
    public void Load(ReadOnlySpan<byte> listpack)
    {
        Invariant.That(_slot.Root == 0, "only a new hash is loaded");
        _slot.Root = ListpackEditor.CreateFrom(_slot.Store.Heap, listpack);
        _slot.Encoding = ValueEncoding.Listpack;
        if (Count > _slot.Store.Limits.HashMaxListpackEntries)
            Expand(Count);
    }

    // ---- visiting ---------------------------------------------------------------------------------------------------

    /// <summary>All fields: those of a listpack in the order in which they came. The hash must not change meanwhile.</summary>
    public Enumerator GetEnumerator() => new(this);

    /// <summary>One step of HSCAN; 0 = the scan is complete. A listpack is one step.</summary>
    public ulong Scan<TReceiver>(ulong cursor, ref TReceiver receiver)
        where TReceiver : struct, IFieldReceiver
    {
        if (IsTable)
        {
            ElementRelay<TReceiver> relay = new(ref receiver);
            return Table.Scan(cursor, ref relay);
        }
        foreach (HashField field in this)
            receiver.Receive(field);
        return 0;
    }

    /// <summary>Any field, each as likely. The hash must not be empty.</summary>
    public HashField Pick(Random random) => IsTable ? FieldOf(Table.Pick(random)) : FieldAt(Pack, Pack.At(Pair * random.Next(Pack.Count / Pair)));

    /// <summary>Picks so many times, a field perhaps more than once.</summary>
    public void PickEach<TReceiver>(Random random, long times, ref TReceiver receiver)
        where TReceiver : struct, IFieldReceiver
    {
        if (IsTable)
        {
            for (; times > 0; times--)
                receiver.Receive(FieldOf(Table.Pick(random)));
            return;
        }
        // A walk for each pick would be quadratic.
        Listpack pack = Pack;
        int[] positions = new int[pack.Count / Pair];
        pack.CopyPositions(positions, Pair);
        for (; times > 0; times--)
            receiver.Receive(FieldAt(pack, positions[random.Next(positions.Length)]));
    }

    /// <summary>Picks so many different fields, at most all; every choice of them is as likely.</summary>
    public void PickDistinct<TReceiver>(Random random, long count, ref TReceiver receiver)
        where TReceiver : struct, IFieldReceiver
    {
        if (IsTable)
        {
            ElementRelay<TReceiver> relay = new(ref receiver);
            Table.PickDistinct(random, count, ref relay);
            return;
        }
        Listpack pack = Pack;
        SelectionSampling selection = new(pack.Count / Pair, count);
        for (int position = pack.First; position != 0; position = pack.Next(pack.Next(position)))
        {
            if (selection.TakesNext(random))
                receiver.Receive(FieldAt(pack, position));
        }
    }

    /// <summary>Walks everything and breaks off at the first thing that does not fit.</summary>
    public void Verify()
    {
        if (IsTable)
        {
            Table.Verify();
            return;
        }
        Pack.Verify();
        Invariant.That(Pack.Count % Pair == 0, "every field of a listpack has its value");
    }

    // ---- listpack ---------------------------------------------------------------------------------------------------

    private bool FitsListpack(int fieldLength, int valueLength)
    {
        long longest = _slot.Store.Limits.HashMaxListpackValue;
        if (fieldLength > longest || valueLength > longest)
            return false;
        return _slot.Root == 0 || Pack.Bytes + (long)fieldLength + valueLength <= PackedElement.TextBytesMax;
    }

    private bool SetInListpack(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
    {
        nint root = _slot.Root == 0 ? ListpackEditor.Create(_slot.Store.Heap) : _slot.Root;
        ListpackEditor editor = new(_slot.Store.Heap, ref root);
        Listpack pack = editor.Pack;
        int position = pack.Find(pack.First, field, Pair - 1);
        if (position != 0)
        {
            editor.Replace(pack.Next(position), value);
        }
        else
        {
            editor.Append(field);
            editor.Append(value);
        }
        _slot.Root = root;
        if (position == 0 && Count > _slot.Store.Limits.HashMaxListpackEntries)
            Expand(Count);
        return position == 0;
    }

    private static HashField FieldAt(Listpack pack, int position) => new(pack[position], pack[pack.Next(position)]);

    private static HashField FieldOf(Element element) => new(new PackedValue(element.Key), new PackedValue(element.Value));

    public ref struct Enumerator
    {
        private readonly bool _isTable;
        private readonly Listpack _pack;
        private ElementTable.Enumerator _elements;
        private int _position;

        internal Enumerator(HashValue hash)
        {
            _isTable = hash.IsTable;
            if (_isTable)
                _elements = hash.Table.GetEnumerator();
            else
                _pack = hash.Pack;
        }

        public readonly HashField Current => _isTable ? FieldOf(_elements.Current) : FieldAt(_pack, _position);

        public bool MoveNext()
        {
            if (_isTable)
                return _elements.MoveNext();
            _position = _position == 0 ? _pack.First : _pack.Next(_pack.Next(_position));
            return _position != 0;
        }
    }

    private readonly ref struct ElementRelay<TReceiver> : IElementReceiver
        where TReceiver : struct, IFieldReceiver
    {
        private readonly ref TReceiver _receiver;

        public ElementRelay(ref TReceiver receiver) => _receiver = ref receiver;

        public void Receive(scoped in Element element) => _receiver.Receive(FieldOf(element));
    }
}
