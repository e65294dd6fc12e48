using System.Buffers.Binary;

namespace Redoubt.Topology;

/// <summary>Fills the span with random bytes; <c>RandomNumberGenerator.Fill</c> and <c>random.NextBytes</c> both fit.</summary>
public delegate void RandomBytes(Span<byte> destination);

// A replication ID names one history of writes. Two nodes that report the same ID and the same offset hold the same
// dataset, so the ID is compared on every PSYNC and printed in every INFO. On the wire it is 40 lower-case hex digits;
// here it is the 160 bits those digits spell: comparing is three machine words and nothing is allocated. A node keeps
// two of them, the current history and the one it forked from; the second is `None` (40 zeros) until the first fork.

/// <summary>The 160-bit name of a replication history (40 hex digits on the wire).</summary>
public readonly struct ReplicationId : IEquatable<ReplicationId>
{
    /// <summary>Length of the text form in characters.</summary>
    public const int TextLength = 40;

    /// <summary>Length of the binary form in bytes.</summary>
    public const int ByteLength = 20;

    private readonly ulong _high;
    private readonly ulong _middle;
    private readonly uint _low;

    private ReplicationId(ulong high, ulong middle, uint low)
    {
        _high = high;
        _middle = middle;
        _low = low;
    }

    /// <summary>Forty zeros: no history. What <c>master_replid2</c> shows before the first fork.</summary>
    public static ReplicationId None => default;

    /// <summary>True for the forty zeros.</summary>
    public bool IsNone => (_high | _middle | _low) == 0;

    /// <summary>Draws a new ID from the given source; never <see cref="None"/>.</summary>
    public static ReplicationId Random(RandomBytes source)
    {
        Span<byte> bytes = stackalloc byte[ByteLength];
        for (int attempt = 0; attempt < 16; attempt++)
        {
            source(bytes);
            ReplicationId id = FromBytes(bytes);
            if (!id.IsNone)
                return id;
        }

        throw new InvalidOperationException("The random source yields nothing but zeros.");
    }

    /// <summary>Reads the 20-byte binary form.</summary>
    public static ReplicationId FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != ByteLength)
            throw new ArgumentException($"A replication ID has {ByteLength} bytes, not {bytes.Length}.", nameof(bytes));
        return new ReplicationId(
            BinaryPrimitives.ReadUInt64BigEndian(bytes),
            BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]));
    }

    /// <summary>Reads exactly forty hex digits, of either case; anything else is false.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out ReplicationId id)
    {
        id = default;
        if (text.Length != TextLength
            || !TryReadHex(text[..16], out ulong high)
            || !TryReadHex(text[16..32], out ulong middle)
            || !TryReadHex(text[32..], out ulong low))
        {
            return false;
        }

        id = new ReplicationId(high, middle, (uint)low);
        return true;
    }

    /// <summary>Reads exactly forty hex digits, of either case; anything else is false.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ReplicationId id)
    {
        id = default;
        if (text.Length != TextLength)
            return false;
        Span<byte> ascii = stackalloc byte[TextLength];
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] > 127)
                return false;
            ascii[i] = (byte)text[i];
        }

        return TryParse(ascii, out id);
    }

    /// <summary>Reads exactly forty hex digits or throws <see cref="FormatException"/>.</summary>
    public static ReplicationId Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out ReplicationId id) ? id : throw new FormatException($"'{text}' is not a replication ID (40 hex digits).");

    /// <summary>Writes the forty lower-case digits; false when the span is shorter than that.</summary>
    public bool TryFormat(Span<byte> destination)
    {
        if (destination.Length < TextLength)
            return false;
        WriteHex(_high, destination[..16]);
        WriteHex(_middle, destination[16..32]);
        WriteHex(_low, destination[32..40]);
        return true;
    }

    /// <summary>Writes the 20-byte binary form; false when the span is shorter than that.</summary>
    public bool TryWriteBytes(Span<byte> destination)
    {
        if (destination.Length < ByteLength)
            return false;
        BinaryPrimitives.WriteUInt64BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _middle);
        BinaryPrimitives.WriteUInt32BigEndian(destination[16..], _low);
        return true;
    }

    /// <summary>The forty lower-case digits.</summary>
    public override string ToString() => $"{_high:x16}{_middle:x16}{_low:x8}";

    /// <summary>Same history.</summary>
    public bool Equals(ReplicationId other) => _high == other._high && _middle == other._middle && _low == other._low;

    /// <summary>Same history.</summary>
    public override bool Equals(object? obj) => obj is ReplicationId other && Equals(other);

    /// <summary>The digits are random already, so any of them will do.</summary>
    public override int GetHashCode() => HashCode.Combine(_high, _middle, _low);

    /// <summary>Same history.</summary>
    public static bool operator ==(ReplicationId left, ReplicationId right) => left.Equals(right);

    /// <summary>Different histories.</summary>
    public static bool operator !=(ReplicationId left, ReplicationId right) => !left.Equals(right);

    private static bool TryReadHex(ReadOnlySpan<byte> digits, out ulong value)
    {
        value = 0;
        foreach (byte digit in digits)
        {
            if (!char.IsAsciiHexDigit((char)digit))
                return false;
            int nibble = digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
            value = (value << 4) | (uint)nibble;
        }

        return true;
    }

    private static void WriteHex(ulong value, Span<byte> destination)
    {
        for (int i = destination.Length - 1; i >= 0; i--, value >>= 4)
            destination[i] = "0123456789abcdef"u8[(int)(value & 15)];
    }
}
