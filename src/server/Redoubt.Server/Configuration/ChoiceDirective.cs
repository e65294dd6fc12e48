namespace Redoubt.Server.Configuration;

/// <summary>One word of a list; two words may mean one value, then the first is the one that is printed.</summary>
internal sealed class ChoiceDirective<T>(string name, T initial, (string Word, T Value)[] choices, Traits traits)
    : Directive(name, traits) where T : struct, Enum
{
    private readonly T _default = initial;

    public T Value { get; private set; } = initial;

    public override bool IsDefault => Value.Equals(_default);

    public override string Printed
    {
        get
        {
            foreach (var choice in choices)
            {
                if (choice.Value.Equals(Value)) return choice.Word;
            }
            return "unknown";
        }
    }

    public override string? Set(ReadOnlySpan<string> words, SetContext context)
    {
        foreach (var choice in choices)
        {
            if (!choice.Word.Equals(words[0], StringComparison.OrdinalIgnoreCase)) continue;
            Value = choice.Value;
            return null;
        }
        return MustBeOneOf(choices);
    }

    public override object Capture() => Value;

    public override void Restore(object? captured) => Value = (T)captured!;

    public override void Rewrite(ConfigRewrite rewrite) => rewrite.Line(Name, $"{Name} {Printed}", needed: !IsDefault);

    internal static string MustBeOneOf((string Word, T Value)[] choices) =>
        "argument(s) must be one of the following: " + string.Join(", ", choices.Select(choice => choice.Word));
}
