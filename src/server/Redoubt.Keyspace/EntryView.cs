using System.Buffers.Text;
using Redoubt.Structures.Entries;
using Redoubt.Structures.Values;

namespace Redoubt.Keyspace;

/// <summary>What a lookup found. Valid until the next change of the keyspace, or the next look at an integer's <see cref="Bytes"/>.</summary>
public readonly ref struct EntryView
{
    private readonly Entry _entry;
    private readonly Keyspace _keyspace;

    internal EntryView(Entry entry, Keyspace keyspace)
    {
        _entry = entry;
        _keyspace = keyspace;
    }

    public bool Exists => _entry.Exists;

    public ValueType Type => _entry.Type;

    public bool IsString => _entry.IsString;

    public ValueEncoding Encoding => _entry.Encoding;

    public bool IsInteger => _entry.IsInteger;

    public long Integer => _entry.Integer;

    /// <summary>Where a collection hangs, for a typed view that only reads.</summary>
    public ValueSlot Slot => _entry.SlotIn(_keyspace.Store);

    public ReadOnlySpan<byte> KeyBytes => _entry.Key;

    /// <summary>The string value; an integer is formatted into memory that the keyspace reuses.</summary>
    public ReadOnlySpan<byte> Bytes
    {
        get
        {
            if (!_entry.IsInteger)
                return _entry.Value;
            Utf8Formatter.TryFormat(_entry.Integer, _keyspace.Digits, out int length);
            return _keyspace.Digits.AsSpan(0, length);
        }
    }

    /// <summary>Length of the string value in bytes.</summary>
    public int Length => Bytes.Length;

    /// <summary>Unix milliseconds, -1 = never.</summary>
    public long ExpireAtMs => _entry.ExpireAtMs;

    public ReadOnlySpan<byte> EncodingName => _entry.Encoding switch
    {
        ValueEncoding.Integer => "int"u8,
        ValueEncoding.Embedded => "embstr"u8,
        ValueEncoding.HashTable => "hashtable"u8,
        ValueEncoding.IntSet => "intset"u8,
        ValueEncoding.SkipList => "skiplist"u8,
        ValueEncoding.QuickList => "quicklist"u8,
        ValueEncoding.Stream => "stream"u8,
        // A short list is a listpack inside; Redis 7.0 has only one name for all lists.
        ValueEncoding.Listpack => _entry.Type == ValueType.List ? "quicklist"u8 : "listpack"u8,
        _ => "raw"u8,
    };

    /// <summary>Bytes that the key and its value really occupy, with their share of the table.</summary>
    /// <param name="samples">How many elements of a collection may be looked at where there is no running total; 0 = all.</param>
    public long MemoryBytes(int samples) => _keyspace.MemoryOf(_entry, samples);

    /// <summary>Seconds since the last access, from a clock of 24 bits. Means nothing while uses are counted.</summary>
    public long IdleSeconds => _keyspace.Usage.IdleSeconds(_entry.Access);

    /// <summary>The counter of uses, 0 to 255, as it has decayed until now. Means nothing unless uses are counted.</summary>
    public int Frequency => _keyspace.Usage.Frequency(_entry.Access);
}
