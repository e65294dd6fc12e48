using System.Buffers.Text;

namespace Redoubt.Structures.Listpacks;

/// <summary>What an element of a listpack holds: a number or bytes. A view, valid until the listpack changes.</summary>
public readonly ref struct PackedValue
{
    /// <summary>Room for the digits and the sign of any integer.</summary>
    public const int DigitsMax = 20;

    private readonly ReadOnlySpan<byte> _text;

    internal PackedValue(ReadOnlySpan<byte> text) => _text = text;

    internal PackedValue(long integer)
    {
        Integer = integer;
        IsInteger = true;
    }

    public bool IsInteger { get; }

    /// <summary>The number of an element that is one, else 0.</summary>
    public long Integer { get; }

    /// <summary>The element's bytes; a number is spelt out into <paramref name="digits"/>, which has room for <see cref="DigitsMax"/>.</summary>
    public ReadOnlySpan<byte> Text(Span<byte> digits)
    {
        if (!IsInteger)
            return _text;
        Utf8Formatter.TryFormat(Integer, digits, out int length);
        return digits[..length];
    }

    /// <summary>How many bytes <see cref="Text"/> has.</summary>
    public int TextLength
    {
        get
        {
            Span<byte> digits = stackalloc byte[DigitsMax];
            return Text(digits).Length;
        }
    }

    public bool TryGetInteger(out long integer)
    {
        integer = Integer;
        return IsInteger || IntegerText.TryParse(_text, out integer);
    }

    public bool TextEquals(ReadOnlySpan<byte> text) =>
        IsInteger ? IntegerText.TryParse(text, out long integer) && integer == Integer : _text.SequenceEqual(text);
}
