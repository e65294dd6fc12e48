using System.Globalization;

namespace Redoubt.Server.Configuration;

/// <summary>How a number is written.</summary>
internal enum NumberForm
{
    Plain,

    /// <summary>Bytes, with units when read.</summary>
    Memory,

    /// <summary>Bytes, or a share of maxmemory such as 5%, which is stored as a negative number.</summary>
    MemoryOrPercent,

    /// <summary>A file mode.</summary>
    Octal,
}

/// <summary>
/// A whole number within bounds. The 64 bits hold what C's long long or unsigned long long holds: an unsigned directive (bounds
/// compared without sign) keeps values above 2^63 as negative ones, prints them by <see cref="Printed"/> and gives them by <see cref="Unsigned"/>.
/// </summary>
internal sealed class NumberDirective(string name, long initial, long min, long max, NumberForm form, bool unsigned, Traits traits)
    : Directive(name, traits)
{
    private readonly long _default = initial;

    public long Value { get; private set; } = initial;

    public ulong Unsigned => unchecked((ulong)Value);

    public int Int => (int)Value;

    /// <summary>Values outside are accepted and then brought to the nearer bound, as Redis does with hz.</summary>
    public (long Min, long Max)? CapTo { get; init; }

    public override bool IsDefault => Value == _default;

    public override string Printed => form switch
    {
        NumberForm.MemoryOrPercent when Value < 0 => string.Create(CultureInfo.InvariantCulture, $"{-Value}%"),
        NumberForm.Memory or NumberForm.MemoryOrPercent => Unsigned.ToString(CultureInfo.InvariantCulture),
        NumberForm.Octal => Octal(Value),
        _ => Value.ToString(CultureInfo.InvariantCulture),
    };

    public override string? Set(ReadOnlySpan<string> words, SetContext context)
    {
        if (!TryRead(words[0], out var number)) return Unreadable;
        if (OutOfBounds(number) is { } reason) return reason;
        Value = CapTo is { } cap ? Math.Clamp(number, cap.Min, cap.Max) : number;
        return null;
    }

    public override object Capture() => Value;

    public override void Restore(object? captured) => Value = (long)captured!;

    public override void Rewrite(ConfigRewrite rewrite)
    {
        var text = form switch
        {
            NumberForm.Memory => ConfigText.FormatMemory(Value),
            NumberForm.MemoryOrPercent when Value >= 0 => ConfigText.FormatMemory(Value),
            _ => Printed,
        };
        rewrite.Line(Name, $"{Name} {text}", needed: !IsDefault);
    }

    private string Unreadable => form switch
    {
        NumberForm.MemoryOrPercent => "argument must be a memory or percent value",
        NumberForm.Memory => "argument must be a memory value",
        NumberForm.Octal => "argument couldn't be parsed as an octal number",
        _ => "argument couldn't be parsed into an integer",
    };

    private bool TryRead(string text, out long number)
    {
        switch (form)
        {
            case NumberForm.Memory or NumberForm.MemoryOrPercent when ConfigText.TryParseMemory(text, out var bytes):
                number = unchecked((long)bytes);
                return true;
            case NumberForm.MemoryOrPercent when text.Length > 1 && text[^1] == '%'
                                                 && ConfigText.TryParseStrict(text[..^1], out var percent) && percent >= 0:
                number = -percent;
                return true;
            case NumberForm.Octal:
                return ConfigText.TryParseLoose(text, 8, out number);
            case NumberForm.Plain:
                return ConfigText.TryParseStrict(text, out number);
            default:
                number = 0;
                return false;
        }
    }

    private string? OutOfBounds(long number)
    {
        if (unsigned)
        {
            var (low, high) = unchecked(((ulong)min, (ulong)max));
            if (unchecked((ulong)number) >= low && unchecked((ulong)number) <= high) return null;
            return form == NumberForm.Octal
                ? $"argument must be between {Octal(min)} and {Octal(max)} inclusive"
                : string.Create(CultureInfo.InvariantCulture, $"argument must be between {low} and {high} inclusive");
        }
        if (form == NumberForm.MemoryOrPercent && number < 0)
        {
            return number >= min ? null : string.Create(CultureInfo.InvariantCulture, $"percentage argument must be less or equal to {-min}");
        }
        return number >= min && number <= max
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"argument must be between {min} and {max} inclusive");
    }

    private static string Octal(long number) => Convert.ToString(number, 8);
}
