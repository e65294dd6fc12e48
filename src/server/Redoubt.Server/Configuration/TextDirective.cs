namespace Redoubt.Server.Configuration;

/// <summary>
/// A string. Where the absence of a value and the empty value are one thing (<paramref name="emptyIsNone"/>) CONFIG REWRITE drops the line.
/// </summary>
internal sealed class TextDirective(string name, string initial, bool emptyIsNone, Traits traits) : Directive(name, traits)
{
    private readonly string _default = initial;
    private string _value = initial;
    private byte[]? _bytes;

    /// <summary>Returns the reason why this value is refused, or null.</summary>
    public Func<string, string?>? Refuse { get; init; }

    /// <summary>The value decoded as UTF-8; empty when there is none.</summary>
    public string Text => ConfigText.ToText(_value);

    /// <summary>The value byte for byte, or null when it is empty.</summary>
    public byte[]? Bytes => _value.Length == 0 ? null : _bytes ??= ConfigText.ToBytes(_value);

    public override string Printed => _value;

    public override bool IsDefault => _value == _default;

    public override string? Set(ReadOnlySpan<string> words, SetContext context)
    {
        if (Refuse?.Invoke(words[0]) is { } reason) return reason;
        Restore(words[0]);
        return null;
    }

    public override object Capture() => _value;

    public override void Restore(object? captured)
    {
        _value = (string)captured!;
        _bytes = null;
    }

    public override void Rewrite(ConfigRewrite rewrite)
    {
        if (emptyIsNone && _value.Length == 0) rewrite.NoLine(Name);
        else rewrite.Line(Name, $"{Name} {ConfigText.Quote(_value)}", needed: !IsDefault);
    }
}
