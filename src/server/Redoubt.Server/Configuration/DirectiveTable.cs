namespace Redoubt.Server.Configuration;

/// <summary>
/// All directives, by both of their names. The sections (<see cref="NetworkDirectives"/> and the others) declare into it: one
/// line per directive gives its type, name, default, bounds and traits, and at the same time the property by which the server reads it.
/// </summary>
internal sealed class DirectiveTable
{
    private readonly List<Directive> _inOrder = [];
    private readonly Dictionary<string, Directive> _byName = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Each directive once, in the order of declaration.</summary>
    public IReadOnlyList<Directive> InOrder => _inOrder;

    /// <summary>Every name, aliases too, with its directive.</summary>
    public IReadOnlyDictionary<string, Directive> ByName => _byName;

    public Directive? Find(string name) => _byName.GetValueOrDefault(name);

    public T Add<T>(T directive) where T : Directive
    {
        _inOrder.Add(directive);
        _byName.Add(directive.Name, directive);
        if (directive.Alias is { } alias) _byName.Add(alias, directive);
        return directive;
    }

    public SwitchDirective Switch(string name, bool initial, Traits traits = Traits.None, string? alias = null) =>
        Add(new SwitchDirective(name, initial, traits) { Alias = alias });

    public TextDirective Text(string name, Traits traits = Traits.None, string? alias = null, Func<string, string?>? refuse = null) =>
        Add(new TextDirective(name, "", emptyIsNone: true, traits) { Alias = alias, Refuse = refuse });

    public TextDirective TextOr(string name, string initial, Traits traits = Traits.None, Func<string, string?>? refuse = null) =>
        Add(new TextDirective(name, initial, emptyIsNone: false, traits) { Refuse = refuse });

    public NumberDirective Number(string name, long initial, long min, long max, Traits traits = Traits.None, string? alias = null,
        (long Min, long Max)? capTo = null) =>
        Add(new NumberDirective(name, initial, min, max, NumberForm.Plain, unsigned: false, traits) { Alias = alias, CapTo = capTo });

    public NumberDirective Unsigned(string name, long initial, long min, long max, Traits traits = Traits.None, string? alias = null,
        NumberForm form = NumberForm.Plain) =>
        Add(new NumberDirective(name, initial, min, max, form, unsigned: true, traits) { Alias = alias });

    public NumberDirective Memory(string name, long initial, long min, long max, Traits traits = Traits.None, string? alias = null,
        bool unsigned = false, bool percent = false, (long Min, long Max)? capTo = null) =>
        Add(new NumberDirective(name, initial, min, max, percent ? NumberForm.MemoryOrPercent : NumberForm.Memory, unsigned, traits)
        {
            Alias = alias,
            CapTo = capTo,
        });

    public ChoiceDirective<T> Choice<T>(string name, T initial, (string Word, T Value)[] choices, Traits traits = Traits.None)
        where T : struct, Enum =>
        Add(new ChoiceDirective<T>(name, initial, choices, traits));
}
