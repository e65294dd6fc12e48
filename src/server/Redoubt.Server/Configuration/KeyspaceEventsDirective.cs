using System.Text;
using Redoubt.Commands;

namespace Redoubt.Server.Configuration;

/// <summary><c>notify-keyspace-events KEA</c>: one letter per class of events.</summary>
internal sealed class KeyspaceEventsDirective(Traits traits) : Directive("notify-keyspace-events", traits)
{
    // In the order in which the value is printed.
    private static readonly (char Letter, KeyspaceEvents Value)[] Letters =
    [
        ('g', KeyspaceEvents.Generic), ('$', KeyspaceEvents.String), ('l', KeyspaceEvents.List), ('s', KeyspaceEvents.Set),
        ('h', KeyspaceEvents.Hash), ('z', KeyspaceEvents.SortedSet), ('x', KeyspaceEvents.Expired), ('e', KeyspaceEvents.Evicted),
        ('t', KeyspaceEvents.Stream), ('d', KeyspaceEvents.Module), ('n', KeyspaceEvents.New),
        ('K', KeyspaceEvents.Keyspace), ('E', KeyspaceEvents.Keyevent), ('m', KeyspaceEvents.KeyMiss),
    ];

    public KeyspaceEvents Value { get; private set; }

    public override bool IsDefault => Value == KeyspaceEvents.None;

    public override string Printed
    {
        get
        {
            var text = new StringBuilder();
            var all = Value.HasFlag(KeyspaceEvents.All);
            if (all) text.Append('A');
            foreach (var (letter, value) in Letters)
            {
                // Redis hides 'n' behind 'A' although 'A' does not stand for it.
                if ((Value & value) != 0 && !(all && (value & (KeyspaceEvents.All | KeyspaceEvents.New)) != 0)) text.Append(letter);
            }
            return text.ToString();
        }
    }

    public override string? Set(ReadOnlySpan<string> words, SetContext context)
    {
        var events = KeyspaceEvents.None;
        foreach (var c in words[0])
        {
            if (c == 'A')
            {
                events |= KeyspaceEvents.All;
                continue;
            }
            var at = Array.FindIndex(Letters, each => each.Letter == c);
            if (at < 0) return "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.";
            events |= Letters[at].Value;
        }
        Value = events;
        return null;
    }

    public override object Capture() => Value;

    public override void Restore(object? captured) => Value = (KeyspaceEvents)captured!;

    public override void Rewrite(ConfigRewrite rewrite) =>
        rewrite.Line(Name, $"{Name} {ConfigText.Quote(Printed)}", needed: !IsDefault);
}
