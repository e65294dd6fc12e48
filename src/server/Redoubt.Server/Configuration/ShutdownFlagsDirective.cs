namespace Redoubt.Server.Configuration;

/// <summary>How a signal shuts the server down: any of the words of SHUTDOWN, or none of them ("default").</summary>
[Flags]
internal enum ShutdownFlags
{
    Default = 0,
    Save = 1,
    NoSave = 2,
    Now = 4,
    Force = 8,
}

internal sealed class ShutdownFlagsDirective(string name) : Directive(name, Traits.None)
{
    private static readonly (string Word, ShutdownFlags Value)[] Choices =
    [
        ("default", ShutdownFlags.Default),
        ("save", ShutdownFlags.Save),
        ("nosave", ShutdownFlags.NoSave),
        ("now", ShutdownFlags.Now),
        ("force", ShutdownFlags.Force),
    ];

    public ShutdownFlags Value { get; private set; }

    public override bool TakesWords => true;

    public override bool IsDefault => Value == ShutdownFlags.Default;

    public override string Printed => IsDefault
        ? "default"
        : string.Join(' ', Choices.Where(choice => (choice.Value & Value) != 0).Select(choice => choice.Word));

    public override string? Set(ReadOnlySpan<string> words, SetContext context)
    {
        var flags = ShutdownFlags.Default;
        foreach (var word in words)
        {
            var at = Array.FindIndex(Choices, choice => choice.Word.Equals(word, StringComparison.OrdinalIgnoreCase));
            if (at < 0) return ChoiceDirective<ShutdownFlags>.MustBeOneOf(Choices);
            flags |= Choices[at].Value;
        }
        if (words.Length == 0) return ChoiceDirective<ShutdownFlags>.MustBeOneOf(Choices);
        if (flags.HasFlag(ShutdownFlags.Save | ShutdownFlags.NoSave))
        {
            return "shutdown options SAVE and NOSAVE can't be used simultaneously";
        }
        Value = flags;
        return null;
    }

    public override object Capture() => Value;

    public override void Restore(object? captured) => Value = (ShutdownFlags)captured!;

    public override void Rewrite(ConfigRewrite rewrite) => rewrite.Line(Name, $"{Name} {Printed}", needed: !IsDefault);
}
