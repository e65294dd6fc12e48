using System.Globalization;
using System.Text;

namespace Redoubt.Testing;

public enum RespType
{
    SimpleString,
    Error,
    Integer,
    BulkString,
    Null,
    Array,
    Map,
    Set,
    Push,
    Double,
    Boolean,
    BigNumber,
    BulkError,
    Verbatim,
}

/// <summary>
/// One reply as it came: the bytes of the wire beside the parsed tree, because tests of a protocol must see both. The three nulls
/// (<c>$-1</c>, <c>*-1</c>, <c>_</c>) share one type and differ in <see cref="Raw"/>. Text is read and written as Latin-1: each byte is one
/// character and back, so that binary keys can stand in string literals.
/// </summary>
public sealed class RespValue
{
    public required RespType Type { get; init; }

    /// <summary>The payload of a value that is not an aggregate, without type byte and line ends.</summary>
    public byte[] Bytes { get; init; } = [];

    /// <summary>The elements of an aggregate; a map's keys and values alternate.</summary>
    public IReadOnlyList<RespValue> Items { get; init; } = [];

    /// <summary>The RESP3 attribute (a map) that preceded this value.</summary>
    public RespValue? Attribute { get; init; }

    /// <summary>The bytes of the whole reply on the wire; set on the outermost value only.</summary>
    public byte[] Raw { get; set; } = [];

    public string Text => Encoding.Latin1.GetString(Bytes);

    public bool IsNull => Type == RespType.Null;

    public bool IsError => Type is RespType.Error or RespType.BulkError;

    public long Integer => long.Parse(Text, CultureInfo.InvariantCulture);

    public RespValue this[int index] => Items[index];

    /// <summary>The value under a key in a RESP3 map, or in the flat array that stands for one in RESP2.</summary>
    public RespValue? Field(string key)
    {
        for (int i = 0; i + 1 < Items.Count; i += 2)
        {
            if (Items[i].Text == key)
            {
                return Items[i + 1];
            }
        }

        return null;
    }

    /// <summary>Throws if the reply is an error; otherwise the reply itself, so that it can be chained.</summary>
    public RespValue OrThrow() => IsError ? throw new InvalidOperationException($"error reply: {Text}") : this;

    /// <summary>Two values with the same tree: type and payload of each node; differing spellings of null are the same.</summary>
    public bool SameTree(RespValue other)
    {
        if (Type != other.Type || !Bytes.AsSpan().SequenceEqual(other.Bytes) || Items.Count != other.Items.Count)
        {
            return false;
        }

        for (int i = 0; i < Items.Count; i++)
        {
            if (!Items[i].SameTree(other.Items[i]))
            {
                return false;
            }
        }

        return true;
    }

    public override string ToString() => Type switch
    {
        RespType.Null => "(nil)",
        RespType.Error or RespType.BulkError => $"(error) {Text}",
        RespType.Integer => $"(integer) {Text}",
        RespType.SimpleString => Text,
        RespType.Array => $"[{string.Join(", ", Items)}]",
        RespType.Map => $"map[{string.Join(", ", Items)}]",
        RespType.Set => $"set[{string.Join(", ", Items)}]",
        RespType.Push => $"push[{string.Join(", ", Items)}]",
        RespType.BulkString => Wire.Show(Bytes),
        _ => $"({Type}) {Text}",
    };
}
