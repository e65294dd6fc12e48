namespace Redoubt.Server.Configuration;

/// <summary>
/// The folder of the files. Redis makes it the current directory of the process; here it is a value, kept as a full path, so that
/// several servers can live in one process. What needs a file in it asks <see cref="ServerConfig.PathInDir"/>.
/// </summary>
internal sealed class DirDirective(string initial) : Directive("dir", Traits.Protected | Traits.NotWhileLoading)
{
    private readonly string _default = initial;

    public string Value { get; private set; } = initial;

    public override string Printed => ConfigText.FromText(Value);

    public override bool IsDefault => Value == _default;

    public override string? Set(ReadOnlySpan<string> words, SetContext context)
    {
        var text = ConfigText.ToText(words[0]);
        if (text.Length == 0) return "No such file or directory";
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(text, context.BaseDirectory));
        if (!Directory.Exists(path)) return WhyNot(path);
        Value = path;
        context.BaseDirectory = path;
        return null;
    }

    public override object Capture() => Value;

    public override void Restore(object? captured) => Value = (string)captured!;

    public override void Rewrite(ConfigRewrite rewrite) => rewrite.Line(Name, $"{Name} {ConfigText.Quote(Printed)}", needed: true);

    private static string WhyNot(string path)
    {
        for (var at = path; !string.IsNullOrEmpty(at); at = Path.GetDirectoryName(at))
        {
            if (File.Exists(at)) return "Not a directory";
        }
        return "No such file or directory";
    }
}
