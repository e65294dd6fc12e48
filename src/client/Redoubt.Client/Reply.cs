using System.Globalization;
using System.Text;

namespace Redoubt.Client;

/// <summary>What a <see cref="Reply"/> holds. RESP2's types map onto the first five and <see cref="Null"/>.</summary>
public enum ReplyKind
{
    /// <summary>No value: RESP2's nil string and nil array, RESP3's null.</summary>
    Null,

    /// <summary>A status such as <c>OK</c>.</summary>
    SimpleString,

    /// <summary>An error inside an aggregate; an error as the whole reply is thrown as <see cref="CommandException"/>.</summary>
    Error,

    /// <summary>A 64-bit number.</summary>
    Integer,

    /// <summary>Bytes.</summary>
    BulkString,

    /// <summary>A list of replies.</summary>
    Array,

    /// <summary>RESP3: a floating point number.</summary>
    Double,

    /// <summary>RESP3: true or false.</summary>
    Boolean,

    /// <summary>RESP3: a number of any length, as its digits.</summary>
    BigNumber,

    /// <summary>RESP3: text; its three-letter format mark is dropped.</summary>
    Verbatim,

    /// <summary>RESP3: keys and values in turn, so twice as many items as pairs.</summary>
    Map,

    /// <summary>RESP3: items without order.</summary>
    Set,

    /// <summary>RESP3: not an answer but news.</summary>
    Push,
}

/// <summary>One reply of the server: a leaf, or a list of replies. Immutable.</summary>
public sealed class Reply
{
    private readonly long _number;
    private readonly byte[] _bytes;
    private readonly Reply[] _items;

    private Reply(ReplyKind kind, long number = 0, byte[]? bytes = null, Reply[]? items = null)
    {
        Kind = kind;
        _number = number;
        _bytes = bytes ?? [];
        _items = items ?? [];
    }

    /// <summary>What it holds.</summary>
    public ReplyKind Kind { get; }

    /// <summary>True when there is no value.</summary>
    public bool IsNull => Kind == ReplyKind.Null;

    /// <summary>The bytes of a string of any kind, of an error, or of a number's digits; empty for the others.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>The parts of an aggregate; empty for the others.</summary>
    public IReadOnlyList<Reply> Items => _items;

    /// <summary>The part with that index.</summary>
    public Reply this[int index] => _items[index];

    internal static Reply Null { get; } = new(ReplyKind.Null);

    /// <summary>The number of an integer or boolean, or one spelled out in a string; otherwise <see cref="FormatException"/>.</summary>
    public long ToInteger()
    {
        if (Kind is ReplyKind.Integer or ReplyKind.Boolean)
            return _number;
        if (long.TryParse(_bytes, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value))
            return value;
        throw new FormatException($"The reply '{this}' is not a number.");
    }

    /// <summary>The text of a leaf (numbers as digits), or the parts of an aggregate separated by spaces.</summary>
    public override string ToString() => Kind switch
    {
        ReplyKind.Null => "(nil)",
        ReplyKind.Integer => _number.ToString(CultureInfo.InvariantCulture),
        ReplyKind.Boolean => _number != 0 ? "true" : "false",
        ReplyKind.Array or ReplyKind.Map or ReplyKind.Set or ReplyKind.Push => string.Join(' ', (object[])_items),
        _ => Encoding.UTF8.GetString(_bytes),
    };

    internal static Reply Text(ReplyKind kind, ReadOnlySpan<byte> bytes) => new(kind, bytes: bytes.ToArray());

    internal static Reply Integer(long value) => new(ReplyKind.Integer, value);

    internal static Reply Boolean(bool value) => new(ReplyKind.Boolean, value ? 1 : 0);

    internal static Reply Aggregate(ReplyKind kind, Reply[] items) => new(kind, items: items);
}
