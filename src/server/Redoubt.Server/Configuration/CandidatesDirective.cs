using System.Globalization;

namespace Redoubt.Server.Configuration;

/// <summary><c>replica-candidates host:port ...</c>: the nodes of which one is the master. In no Redis.</summary>
internal sealed class CandidatesDirective() : Directive("replica-candidates", Traits.Own)
{
    public IReadOnlyList<MasterAddress> Value { get; private set; } = [];

    public override bool TakesWords => true;

    public override bool IsDefault => Value.Count == 0;

    public override string Printed => string.Join(' ', Value.Select(static each => string.Create(CultureInfo.InvariantCulture, $"{each.Host}:{each.Port}")));

    public override string? Set(ReadOnlySpan<string> words, SetContext context)
    {
        List<MasterAddress> candidates = [];
        foreach (string word in words)
        {
            foreach (string each in ConfigText.ToText(word).Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                int colon = each.LastIndexOf(':');
                if (colon <= 0 || !int.TryParse(each.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port) || port is < 1 or > 65535)
                    return "argument must be a list of host:port";
                candidates.Add(new MasterAddress(each[..colon].Trim('[', ']'), port));
            }
        }
        Value = candidates;
        return null;
    }

    public override object? Capture() => Value;

    public override void Restore(object? captured) => Value = (IReadOnlyList<MasterAddress>)captured!;

    public override void Rewrite(ConfigRewrite rewrite) => rewrite.Line(Name, $"{Name} {Printed}", needed: !IsDefault);
}
