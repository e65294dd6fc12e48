using System.Globalization;

namespace Redoubt.Server.Configuration;

/// <summary>A snapshot is taken when this many changes are this many seconds old.</summary>
internal readonly record struct SavePoint(long Seconds, int Changes);

/// <summary>
/// <c>save 3600 1 300 100</c>. In a file several lines add up and the first replaces the defaults; CONFIG SET replaces all; an empty value means
/// no snapshots.
/// </summary>
internal sealed class SaveDirective() : Directive("save", Traits.None)
{
    private static readonly SavePoint[] Defaults = [new(3600, 1), new(300, 100), new(60, 10000)];

    public SavePoint[] Value { get; private set; } = Defaults;

    public override bool TakesWords => true;

    public override bool IsDefault => Value.AsSpan().SequenceEqual(Defaults);

    public override string Printed =>
        string.Join(' ', Value.Select(point => string.Create(CultureInfo.InvariantCulture, $"{point.Seconds} {point.Changes}")));

    public override string? Set(ReadOnlySpan<string> words, SetContext context)
    {
        var none = words.Length == 1 && words[0].Length == 0;
        if (none) words = [];
        if (words.Length % 2 != 0) return "Invalid save parameters";

        var points = new List<SavePoint>();
        if (context.FromFile && context.SaveSeen && !none) points.AddRange(Value);
        for (var i = 0; i < words.Length; i += 2)
        {
            if (!ConfigText.TryParseLoose(words[i], 10, out var seconds) || seconds < 1
                || !ConfigText.TryParseLoose(words[i + 1], 10, out var changes) || changes < 0)
            {
                return "Invalid save parameters";
            }
            points.Add(new SavePoint(seconds, unchecked((int)changes)));
        }
        context.SaveSeen = true;
        Value = [.. points];
        return null;
    }

    public override object Capture() => Value;

    public override void Restore(object? captured) => Value = (SavePoint[])captured!;

    // Written even when it is the default, as Redis does: whoever reads the file sees when the dataset is saved.
    public override void Rewrite(ConfigRewrite rewrite)
    {
        if (Value.Length == 0) rewrite.Line(Name, "save \"\"", needed: true);
        foreach (var point in Value)
        {
            rewrite.Line(Name, string.Create(CultureInfo.InvariantCulture, $"save {point.Seconds} {point.Changes}"), needed: true);
        }
    }
}
