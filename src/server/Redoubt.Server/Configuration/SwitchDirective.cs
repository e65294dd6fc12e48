namespace Redoubt.Server.Configuration;

/// <summary>yes or no.</summary>
internal sealed class SwitchDirective(string name, bool initial, Traits traits) : Directive(name, traits)
{
    private readonly bool _default = initial;

    public bool Value { get; private set; } = initial;

    /// <summary>Returns the reason why this value can't be had here, or null.</summary>
    public Func<bool, string?>? Refuse { get; init; }

    public override string Printed => Value ? "yes" : "no";

    public override bool IsDefault => Value == _default;

    public override string? Set(ReadOnlySpan<string> words, SetContext context)
    {
        var yes = words[0].Equals("yes", StringComparison.OrdinalIgnoreCase);
        if (!yes && !words[0].Equals("no", StringComparison.OrdinalIgnoreCase)) return "argument must be 'yes' or 'no'";
        if (Refuse?.Invoke(yes) is { } reason) return reason;
        Value = yes;
        return null;
    }

    public override object Capture() => Value;

    public override void Restore(object? captured) => Value = (bool)captured!;

    public override void Rewrite(ConfigRewrite rewrite) => rewrite.Line(Name, $"{Name} {Printed}", needed: !IsDefault);
}
