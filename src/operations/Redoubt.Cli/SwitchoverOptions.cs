using System.CommandLine;
using System.Globalization;
using Redoubt.Failover;
using Redoubt.Operations.Groups;
using Redoubt.Topology;

namespace Redoubt.Cli;

/// <summary>The options by which a run differs from what the group file says; shared by <c>switchover</c> and <c>plan</c>.</summary>
internal sealed class SwitchoverOptions
{
    private readonly Option<string?> _to = new("--to") { Description = "The replica to promote, by name or address; without it the best one is chosen", HelpName = "node" };
    private readonly Option<TimeSpan?> _maxPause = TimeOption("--max-pause", "How long writes may be held until the replica has everything");
    private readonly Option<TimeSpan?> _deadline = TimeOption("--deadline", "Limit for the whole hand-over");
    private readonly Option<TimeSpan?> _drain = TimeOption("--drain", "How long clients have to leave the old master by themselves");
    private readonly Option<long?> _maxLag = new("--max-lag")
    {
        Description = "Refuse when the replica is further behind than this",
        HelpName = "bytes",
        Arity = ArgumentArity.ExactlyOne,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long bytes))
                return bytes;
            result.AddError($"--max-lag takes a number from 0 on, not '{text}'.");
            return null;
        },
    };

    private readonly Option<NameWait?> _nameWait = WordOption("--dns-wait", "What is waited for after the name's change",
        ("none", NameWait.None), ("authoritative", NameWait.Authoritative), ("ttl", NameWait.Ttl));

    private readonly Option<StragglerRule?> _stragglers = WordOption("--kill-stragglers", "What is done with clients that stay on the old master",
        ("ask", StragglerRule.Ask), ("always", StragglerRule.Always), ("never", StragglerRule.Never));

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _to, _maxPause, _deadline, _drain, _maxLag, _nameWait, _stragglers })
            command.Add(option);
    }

    /// <summary>The group's own request with what the command line says instead.</summary>
    /// <exception cref="GroupDefinitionException">The node named is neither a name nor an address.</exception>
    public SwitchoverRequest Of(ParseResult arguments, ChosenGroup group, bool attended)
    {
        SwitchoverRequest usual = group.Request(attended);
        TimeSpan pause = arguments.GetValue(_maxPause) ?? usual.Timeout;
        TimeSpan deadline = arguments.GetValue(_deadline) ?? (usual.Deadline > pause ? usual.Deadline : pause * 2);
        return usual with
        {
            Target = arguments.GetValue(_to) is { } to ? group.Find(to) : null,
            Timeout = pause,
            Deadline = deadline,
            LagBytesMax = arguments.GetValue(_maxLag) ?? usual.LagBytesMax,
            Drain = arguments.GetValue(_drain) ?? usual.Drain,
            Stragglers = arguments.GetValue(_stragglers) ?? usual.Stragglers,
            Name = usual.Name is { } name ? name with { Wait = arguments.GetValue(_nameWait) ?? name.Wait } : null,
        };
    }

    public static Option<TimeSpan?> TimeOption(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "time",
        Arity = ArgumentArity.ExactlyOne,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (GroupDefinitionReader.TryParseTime(text, out TimeSpan time))
                return time;
            result.AddError($"{name} takes a time such as 500ms, 10s or 5m, not '{text}'.");
            return null;
        },
    };

    private static Option<T?> WordOption<T>(string name, string description, params (string Word, T Value)[] words)
        where T : struct => new(name)
        {
            Description = description,
            HelpName = string.Join('|', words.Select(word => word.Word)),
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                foreach ((string word, T value) in words)
                {
                    if (word == text)
                        return value;
                }

                result.AddError($"{name} is one of {string.Join(", ", words.Select(word => word.Word))}, not '{text}'.");
                return null;
            },
        };
}
