using System.Globalization;

namespace Redoubt.Server.Configuration;

/// <summary>The master that a replica follows, as written: a name stays a name.</summary>
internal readonly record struct MasterAddress(string Host, int Port);

/// <summary>
/// <c>replicaof host port</c>. CONFIG SET can't change it; the REPLICAOF command does, by <see cref="Value"/>, so that CONFIG GET and
/// CONFIG REWRITE tell the present role.
/// </summary>
internal sealed class ReplicaOfDirective() : Directive("replicaof", Traits.Immutable)
{
    public MasterAddress? Value { get; set; }

    public override bool TakesWords => true;

    public override bool IsDefault => Value is null;

    public override string Printed => Value is { } master
        ? string.Create(CultureInfo.InvariantCulture, $"{ConfigText.FromText(master.Host)} {master.Port}")
        : "";

    public override string? Set(ReadOnlySpan<string> words, SetContext context)
    {
        if (words.Length != 2) return "wrong number of arguments";
        if (words[0].Equals("no", StringComparison.OrdinalIgnoreCase) && words[1].Equals("one", StringComparison.OrdinalIgnoreCase))
        {
            Value = null;
            return null;
        }
        if (!ConfigText.TryParseLoose(words[1], 10, out var port) || port is < 0 or > 65535) return "Invalid master port";
        Value = new MasterAddress(ConfigText.ToText(words[0]), (int)port);
        return null;
    }

    public override object? Capture() => Value;

    public override void Restore(object? captured) => Value = (MasterAddress?)captured;

    public override void Rewrite(ConfigRewrite rewrite)
    {
        if (Value is null) rewrite.NoLine(Name);
        else rewrite.Line(Name, $"{Name} {Printed}", needed: true);
    }
}
