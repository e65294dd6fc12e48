using System.Globalization;

namespace Redoubt.Server.Configuration;

/// <summary>The classes of clients that have an output limit of their own. A link to a master has none.</summary>
internal enum OutputClass
{
    Normal,
    Replica,
    PubSub,
}

/// <summary>
/// A client is closed when its unread output exceeds the hard limit, or the soft limit for longer than the given seconds. Zero: no limit.
/// </summary>
internal readonly record struct OutputLimit(ulong HardBytes, ulong SoftBytes, int SoftSeconds)
{
    public bool IsSet => HardBytes > 0 || SoftBytes > 0;
}

/// <summary><c>client-output-buffer-limit replica 256mb 64mb 60</c>: groups of four words, each class on its own or several in one line.</summary>
internal sealed class OutputBufferDirective() : Directive("client-output-buffer-limit", Traits.None)
{
    private static readonly OutputLimit[] Defaults = [new(0, 0, 0), new(256 << 20, 64 << 20, 60), new(32 << 20, 8 << 20, 60)];
    private static readonly string[] WireNames = ["normal", "slave", "pubsub"];
    private static readonly string[] FileNames = ["normal", "replica", "pubsub"];

    private OutputLimit[] _limits = Defaults;

    public OutputLimit this[OutputClass of] => _limits[(int)of];

    public override bool TakesWords => true;

    public override bool IsDefault => _limits.AsSpan().SequenceEqual(Defaults);

    public override string Printed => string.Join(' ', _limits.Select((limit, i) =>
        string.Create(CultureInfo.InvariantCulture, $"{WireNames[i]} {limit.HardBytes} {limit.SoftBytes} {limit.SoftSeconds}")));

    public override string? Set(ReadOnlySpan<string> words, SetContext context)
    {
        if (words.Length % 4 != 0) return "Wrong number of arguments in buffer limit configuration.";
        var limits = (OutputLimit[])_limits.Clone();
        for (var i = 0; i < words.Length; i += 4)
        {
            var at = Math.Max(IndexOf(WireNames, words[i]), IndexOf(FileNames, words[i]));
            if (at < 0) return "Invalid client class specified in buffer limit configuration.";
            if (!ConfigText.TryParseMemory(words[i + 1], out var hard) || !ConfigText.TryParseMemory(words[i + 2], out var soft)
                || !ConfigText.TryParseLoose(words[i + 3], 10, out var seconds) || unchecked((int)seconds) < 0)
            {
                return "Error in hard, soft or soft_seconds setting in buffer limit configuration.";
            }
            limits[at] = new OutputLimit(hard, soft, unchecked((int)seconds));
        }
        _limits = limits;
        return null;
    }

    public override object Capture() => _limits;

    public override void Restore(object? captured) => _limits = (OutputLimit[])captured!;

    public override void Rewrite(ConfigRewrite rewrite)
    {
        for (var i = 0; i < _limits.Length; i++)
        {
            var hard = ConfigText.FormatMemory(unchecked((long)_limits[i].HardBytes));
            var soft = ConfigText.FormatMemory(unchecked((long)_limits[i].SoftBytes));
            var line = string.Create(CultureInfo.InvariantCulture, $"{Name} {FileNames[i]} {hard} {soft} {_limits[i].SoftSeconds}");
            rewrite.Line(Name, line, needed: _limits[i] != Defaults[i]);
        }
    }

    private static int IndexOf(string[] names, string name) =>
        Array.FindIndex(names, each => each.Equals(name, StringComparison.OrdinalIgnoreCase));
}
