namespace Redoubt.Server.Configuration;

/// <summary>What may be done with a directive, apart from its type.</summary>
[Flags]
internal enum Traits
{
    None = 0,

    /// <summary>Only the configuration file and the command line set it; CONFIG SET refuses.</summary>
    Immutable = 1,

    /// <summary>CONFIG GET shows it only by its exact name: a hook for tests or a knob nobody should find by accident.</summary>
    Hidden = 2,

    /// <summary>CONFIG SET is subject to enable-protected-configs, because the value decides which files the server writes.</summary>
    Protected = 4,

    /// <summary>The value is a secret: it does not belong into a log, MONITOR or the slow log.</summary>
    Sensitive = 8,

    /// <summary>CONFIG SET waits until the dataset is loaded.</summary>
    NotWhileLoading = 16,

    /// <summary>Setting it to the value it has still applies it: it names a file whose content may have changed.</summary>
    AlwaysApplied = 32,

    /// <summary>Accepted, stored, returned and rewritten, but nothing in this server acts on it yet.</summary>
    NotInEffect = 64,

    /// <summary>Redis has no such directive.</summary>
    Own = 128,
}

/// <summary>
/// One directive: its names, its value, how the value is read, printed, compared, restored and written back to the file.
/// </summary>
internal abstract class Directive(string name, Traits traits)
{
    /// <summary>The name of today; lower case.</summary>
    public string Name { get; } = name;

    /// <summary>The older name that files and clients still use, such as slave-priority.</summary>
    public string? Alias { get; init; }

    public Traits Traits { get; } = traits;

    /// <summary>The value as CONFIG GET prints it.</summary>
    public abstract string Printed { get; }

    public abstract bool IsDefault { get; }

    /// <summary>True where a value consists of words: <c>save 60 1</c>, <c>bind a b</c>.</summary>
    public virtual bool TakesWords => false;

    /// <summary>
    /// Makes a new value take effect: null when it did, otherwise the reason why not (and the old value returns). Runs after every
    /// value of the same CONFIG SET is stored; directives that share one delegate run it once.
    /// </summary>
    public Func<string?>? Apply { get; set; }

    /// <summary>Reads a value. Returns null, or the reason why the value is refused, in Redis's words; then the value is unchanged.</summary>
    public abstract string? Set(ReadOnlySpan<string> words, SetContext context);

    /// <summary>The value, for <see cref="Restore"/>.</summary>
    public abstract object? Capture();

    public abstract void Restore(object? captured);

    /// <summary>Writes the lines that give this value, or none where the default needs none.</summary>
    public abstract void Rewrite(ConfigRewrite rewrite);

    public bool Has(Traits trait) => (Traits & trait) != 0;
}

/// <summary>
/// Where a value comes from: the lines of a file add up (<c>save</c>), a CONFIG SET replaces. One object serves one start.
/// </summary>
internal sealed class SetContext(bool fromFile, string baseDirectory)
{
    public bool FromFile { get; } = fromFile;

    /// <summary>What a relative dir is relative to: the dir in force.</summary>
    public string BaseDirectory { get; set; } = baseDirectory;

    public bool SaveSeen { get; set; }
}
