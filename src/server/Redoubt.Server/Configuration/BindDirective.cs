namespace Redoubt.Server.Configuration;

/// <summary>
/// The addresses to listen on. A leading minus ("-::1") marks one that may be missing on this machine; * stands for every address.
/// </summary>
internal sealed class BindDirective() : Directive("bind", Traits.None)
{
    private const int AddressesMax = 16;
    private static readonly string[] Defaults = ["*", "-::*"];

    public string[] Value { get; private set; } = Defaults;

    public override bool TakesWords => true;

    public override bool IsDefault => Value.AsSpan().SequenceEqual(Defaults);

    public override string Printed => string.Join(' ', Value);

    public override string? Set(ReadOnlySpan<string> words, SetContext context)
    {
        if (words.Length > AddressesMax) return "Too many bind addresses specified.";
        Value = words is [""] ? [] : words.ToArray();
        return null;
    }

    public override object Capture() => Value;

    public override void Restore(object? captured) => Value = (string[])captured!;

    public override void Rewrite(ConfigRewrite rewrite)
    {
        if (IsDefault) rewrite.NoLine(Name);
        else rewrite.Line(Name, Value.Length == 0 ? "bind \"\"" : $"bind {Printed}", needed: true);
    }
}
