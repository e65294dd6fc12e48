using System.Globalization;

namespace Redoubt.Server.Configuration;

/// <summary>The percentiles that INFO latencystats prints.</summary>
internal sealed class PercentilesDirective(Traits traits) : Directive("latency-tracking-info-percentiles", traits)
{
    private static readonly double[] Defaults = [50, 99, 99.9];

    public double[] Value { get; private set; } = Defaults;

    public override bool TakesWords => true;

    public override bool IsDefault => Value.AsSpan().SequenceEqual(Defaults);

    public override string Printed =>
        string.Join(' ', Value.Select(percentile => percentile.ToString("0.######", CultureInfo.InvariantCulture)));

    public override string? Set(ReadOnlySpan<string> words, SetContext context)
    {
        var percentiles = words is [""] ? [] : new double[words.Length];
        for (var i = 0; i < percentiles.Length; i++)
        {
            if (!double.TryParse(words[i], NumberStyles.Float & ~NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture, out percentiles[i])
                || double.IsNaN(percentiles[i]))
            {
                return "Invalid latency-tracking-info-percentiles parameters";
            }
            if (percentiles[i] is < 0.0 or > 100.0)
            {
                return "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]";
            }
        }
        Value = percentiles;
        return null;
    }

    public override object Capture() => Value;

    public override void Restore(object? captured) => Value = (double[])captured!;

    public override void Rewrite(ConfigRewrite rewrite) =>
        rewrite.Line(Name, Value.Length == 0 ? $"{Name} \"\"" : $"{Name} {Printed}", needed: true);
}
