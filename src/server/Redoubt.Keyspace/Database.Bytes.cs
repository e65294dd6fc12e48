using Redoubt.Structures.Entries;
using Redoubt.Structures.Values;

namespace Redoubt.Keyspace;

// Strings as bytes that commands look into and change in place: bitmaps, bit fields, HyperLogLogs.

public sealed partial class Database
{
    /// <summary>
    /// The bytes of a string, at least so many of them, to be changed in place before anything else is done; new ones are zero. Tells nobody:
    /// <see cref="Changed"/> is for whoever knows whether there was a change.
    /// </summary>
    /// <param name="isGrown">The key or some of its bytes are new.</param>
    public ValueLookup EditBytes(Key key, int lengthMin, out Span<byte> bytes, out bool isGrown)
    {
        bytes = default;
        isGrown = false;
        Entry entry = FindForWrite(key);
        ValueLookup found = entry.Exists ? ValueLookup.Found : ValueLookup.Missing;
        if (found == ValueLookup.Missing)
        {
            RemoveHidden(key);
            entry = Table.Insert(key.Bytes, key.Hash, default, ValueEncoding.Raw, 0, NoExpiry, _keyspace.Usage.Fresh);
            ReportNewString(key);
        }
        else if (entry.IsString)
        {
            BeforeChange(entry);
        }
        else
        {
            return ValueLookup.WrongType;
        }
        int length = new EntryView(entry, _keyspace).Length;
        isGrown = found == ValueLookup.Missing || length < lengthMin;
        Table.Extend(entry, Math.Max(length, lengthMin), out bytes);
        return found;
    }

    /// <summary>Stores bytes that stay bytes, whatever they spell, and however few they are.</summary>
    /// <param name="changes">What that counts as.</param>
    public void SetBytes(Key key, ReadOnlySpan<byte> value, long expireAtMs, long changes = 1)
    {
        Changed(key, changes);
        Store(key, FindLive(key), value, ValueEncoding.Raw, 0, expireAtMs);
    }
}
