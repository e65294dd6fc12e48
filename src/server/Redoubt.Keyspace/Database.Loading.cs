using Redoubt.Structures;
using Redoubt.Structures.Entries;
using Redoubt.Structures.Values;

namespace Redoubt.Keyspace;

// Values that come from and go to a codec: loads, DUMP and RESTORE.
public sealed partial class Database
{
    /// <summary>Adds a key with a string as a file or a master has it; false when the key is there already.</summary>
    public bool Load(Key key, ReadOnlySpan<byte> value, bool isInteger, long integer, long expireAtMs)
    {
        if (FindAny(key).Exists)
            return false;
        ValueEncoding encoding = isInteger || (value.Length <= 20 && IntegerText.TryParse(value, out integer)) ? ValueEncoding.Integer
            : value.Length <= 44 ? ValueEncoding.Embedded : ValueEncoding.Raw;
        Table.Insert(key.Bytes, key.Hash, value, encoding, integer, expireAtMs, _keyspace.Usage.Fresh);
        if (_keyspace.Staged?.Contains(this) != true)
            Report(key.Bytes);
        return true;
    }

    /// <summary>Makes room for this many keys before they are loaded.</summary>
    public void Expand(long keys) => Table.Expand(keys);

    /// <summary>The key is there, expired or not.</summary>
    public bool Holds(Key key) => FindAny(key).Exists;

    /// <summary>Removes a key and tells nobody: what a load or RESTORE began and must not keep.</summary>
    public void Discard(Key key)
    {
        if (FindAny(key) is { Exists: true } entry)
            RemoveEntry(entry, lazy: true);
    }

    /// <summary>Writes the image of a collection, all of it.</summary>
    /// <returns>What the tokens are.</returns>
    public ImageType WriteImage(Key key, ImageWriter image)
    {
        ValueSlot slot = Table.SlotOf(FindAny(key));
        var position = new ImagePosition();
        ValueImage.Give(slot, image, position, int.MaxValue, out ImageType type);
        return type;
    }

    /// <summary>Takes over a key that was prepared in the anteroom. There must be none of this name.</summary>
    public void TakeIn(Key key)
    {
        Database anteroom = _keyspace.Anteroom;
        RemoveHidden(key);
        anteroom.MoveValue(this, anteroom.FindAny(key), key);
        anteroom.Discard(key);
        Changed(key);
    }

    /// <summary>Says of a key that came from elsewhere when it was used last; counts only where that is remembered.</summary>
    public void SetIdleTime(Key key, long seconds)
    {
        if (!_keyspace.Usage.CountsFrequency && FindAny(key) is { Exists: true } entry)
            entry.Access = _keyspace.Usage.AtIdle(seconds);
    }

    /// <summary>Says of a key that came from elsewhere how often it is used (the counter of `OBJECT FREQ`); counts only where that is remembered.</summary>
    public void SetFrequency(Key key, int counter)
    {
        if (_keyspace.Usage.CountsFrequency && FindAny(key) is { Exists: true } entry)
            entry.Access = _keyspace.Usage.AtFrequency(counter);
    }

    internal CollectionLimits Limits => _keyspace.Limits;

    /// <summary>A new key whose collection is about to be built from an image; nobody is told.</summary>
    internal ValueSlot LoadCollection(Key key, ValueType type, ValueEncoding encoding, long expireAtMs) =>
        Table.SlotOf(Table.InsertCollection(key.Bytes, key.Hash, type, encoding, expireAtMs, _keyspace.Usage.Fresh));

    /// <summary>The collection that is being built.</summary>
    internal ValueSlot SlotInLoad(Key key) => Table.SlotOf(FindAny(key));
}
