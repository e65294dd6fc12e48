using System.Globalization;

namespace Redoubt.Server.Configuration;

/// <summary>The kernel's out-of-memory scores of a master, a replica and a process that saves.</summary>
internal sealed class OomScoreDirective(Traits traits) : Directive("oom-score-adj-values", traits)
{
    private static readonly int[] Defaults = [0, 200, 800];

    public int[] Value { get; private set; } = Defaults;

    public override bool TakesWords => true;

    public override bool IsDefault => Value.AsSpan().SequenceEqual(Defaults);

    public override string Printed => string.Join(' ', Value);

    public override string? Set(ReadOnlySpan<string> words, SetContext context)
    {
        if (words.Length != Defaults.Length) return "wrong number of arguments";
        var values = new int[Defaults.Length];
        for (var i = 0; i < values.Length; i++)
        {
            if (!ConfigText.TryParseLoose(words[i], 10, out var score) || score is < -2000 or > 2000)
            {
                return "Invalid oom-score-adj-values, elements must be between -2000 and 2000.";
            }
            values[i] = (int)score;
        }
        Value = values;
        return null;
    }

    public override object Capture() => Value;

    public override void Restore(object? captured) => Value = (int[])captured!;

    public override void Rewrite(ConfigRewrite rewrite) =>
        rewrite.Line(Name, string.Create(CultureInfo.InvariantCulture, $"{Name} {Printed}"), needed: !IsDefault);
}
