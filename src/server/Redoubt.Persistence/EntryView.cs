using System.Buffers.Binary;
using System.Buffers.Text;

namespace Redoubt.Persistence;

/// <summary>One entry inside an <see cref="EntryBatch"/>; valid until the batch is changed.</summary>
public readonly ref struct EntryView
{
    /// <summary>The longest decimal text of a 64-bit integer.</summary>
    public const int IntegerTextMax = 20;

    private readonly ReadOnlySpan<byte> _record;

    internal EntryView(ReadOnlySpan<byte> record) => _record = record;

    public int Database => BinaryPrimitives.ReadInt32LittleEndian(_record[8..]);

    /// <summary>Numbered as in the RDB format; 0 is a string.</summary>
    public byte ValueType => _record[12];

    /// <summary>Unix milliseconds, -1 for none.</summary>
    public long ExpireAtMs => BinaryPrimitives.ReadInt64LittleEndian(_record[16..]);

    public AccessHint Hint => new((byte)(_record[13] & EntryBatch.FlagsHint), BinaryPrimitives.ReadUInt32LittleEndian(_record[24..]));

    public ReadOnlySpan<byte> Key => _record.Slice(EntryBatch.HeaderSize, BinaryPrimitives.ReadInt32LittleEndian(_record));

    /// <summary>True when the value is a number: read <see cref="Integer"/> or <see cref="FormatInteger"/>, not <see cref="Value"/>.</summary>
    public bool IsInteger => (_record[13] & EntryBatch.FlagInteger) != 0;

    public long Integer => BinaryPrimitives.ReadInt64LittleEndian(Value);

    /// <summary>The value's bytes as they were appended.</summary>
    public ReadOnlySpan<byte> Value => _record[(EntryBatch.HeaderSize + BinaryPrimitives.ReadInt32LittleEndian(_record))..];

    /// <summary>False for the record of a value that began in a record before.</summary>
    public bool IsFirstPiece => (_record[13] & EntryBatch.FlagContinues) == 0;

    /// <summary>False while the value goes on in the next record.</summary>
    public bool IsLastPiece => (_record[13] & EntryBatch.FlagGoesOn) == 0;

    /// <summary>The image of a value that is no string, or a piece of it.</summary>
    public Redoubt.Keyspace.ImageReader Image => new(Value);

    /// <summary>Writes the decimal text of an integer value into <paramref name="text"/> (at least <see cref="IntegerTextMax"/> bytes).</summary>
    /// <returns>The part of <paramref name="text"/> that was written.</returns>
    public ReadOnlySpan<byte> FormatInteger(Span<byte> text)
    {
        Utf8Formatter.TryFormat(Integer, text, out int written);
        return text[..written];
    }
}

/// <summary>What eviction knows about an entry: seconds since its last use, or its LFU counter, or nothing.</summary>
public readonly record struct AccessHint
{
    internal AccessHint(byte flags, uint value)
    {
        Flags = flags;
        Value = value;
    }

    internal byte Flags { get; }

    internal uint Value { get; }

    public bool IsIdleSeconds => (Flags & EntryBatch.FlagIdle) != 0;

    public bool IsFrequency => (Flags & EntryBatch.FlagFrequency) != 0;

    public uint IdleSeconds => IsIdleSeconds ? Value : 0;

    public byte Frequency => IsFrequency ? (byte)Value : (byte)0;

    public static AccessHint FromIdleSeconds(uint seconds) => new(EntryBatch.FlagIdle, seconds);

    public static AccessHint FromFrequency(byte counter) => new(EntryBatch.FlagFrequency, counter);
}
