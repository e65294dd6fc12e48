using Redoubt.Server.Logging;

namespace Redoubt.Server.Configuration;

/// <summary>Reads the lines of a configuration into a <see cref="ServerConfig"/>; the first line that can't be used ends it.</summary>
/// <remarks>
/// <para>A start with half a configuration is worse than none: a misspelt requirepass would open the server. So an unknown directive, a bad value or
/// a file that can't be read ends the start, and the report names file, line and directive in the form that wrappers of redis-server match.</para>
/// <para>Order decides: the file, then standard input, then the arguments of the command line, each later line over the earlier ones; an included file
/// takes the place of its line. Only <c>save</c>, <c>user</c> and <c>rename-command</c> add up.</para>
/// </remarks>
internal sealed class ConfigLoader(ServerConfig config, LoadSurroundings surroundings)
{
    /// <summary>A file that includes itself would otherwise only end with the stack.</summary>
    private const int IncludeDepthMax = 32;

    private readonly SetContext _context = new(fromFile: true, surroundings.CurrentDirectory);
    private readonly HashSet<string> _renamedAway = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _renamedTo = new(StringComparer.OrdinalIgnoreCase);

    public static LoadResult Load(ReadOnlySpan<string> arguments, LoadSurroundings surroundings)
    {
        if (CommandLine.AnswerWithoutServer(arguments) is { } answer) return answer;

        var line = CommandLine.Parse(arguments);
        var output = line.ReadsStandardInput ? LogLine.AtStart(LogLevel.Warning, "Reading config from stdin") : "";
        try
        {
            var file = line.ConfigFile is null ? null : Path.GetFullPath(line.ConfigFile, surroundings.CurrentDirectory);
            var config = new ServerConfig(file, surroundings.CurrentDirectory);
            new ConfigLoader(config, surroundings).LoadAll(line, file);
            return new LoadResult(config, 0, output, "");
        }
        catch (ConfigException e)
        {
            return LoadResult.Stop(1, output, e.Report());
        }
        catch (ConfigFileException e)
        {
            return LoadResult.Stop(1, output + LogLine.AtStart(LogLevel.Warning, e.Message));
        }
    }

    private void LoadAll(CommandLine line, string? file)
    {
        var source = new ConfigSource();
        if (file is not null) source.AppendFiles(file, surroundings.CurrentDirectory);
        if (line.ReadsStandardInput) source.Append(ReadStandardInput(), "standard input");
        source.Append("\n" + line.Options, "the command line", hasLines: false);
        Read(source, depth: 0);
        CheckLogFile();
        if (config.Cluster.Enabled.Value && config.ReplicaOf is not null)
        {
            throw new ConfigException("replicaof directive not allowed in cluster mode");
        }
    }

    private string ReadStandardInput()
    {
        using var bytes = new MemoryStream();
        (surroundings.StandardInput ?? Console.OpenStandardInput()).CopyTo(bytes);
        return ConfigText.FromBytes(bytes.ToArray());
    }

    private void Read(ConfigSource source, int depth)
    {
        var lines = source.Lines;
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].Trim(' ', '\t', '\r', '\n');
            if (line.Length == 0 || line[0] == '#') continue;
            if (ReadLine(line, depth) is { } reason)
            {
                throw new ConfigException(reason) { Line = i + 1, Directive = line, Place = source.PlaceOf(i) };
            }
        }
    }

    /// <summary>Returns the reason why the line can't be used, or null.</summary>
    private string? ReadLine(string line, int depth)
    {
        if (ConfigText.SplitArguments(line) is not { } words) return "Unbalanced quotes in configuration line";
        if (words.Count == 0) return null;
        var name = words[0].ToLowerInvariant();
        var values = words.ToArray().AsSpan(1);
        if (config.Table.Find(name) is { } directive) return SetDirective(directive, values);

        switch (name, values.Length)
        {
            case ("include", 1):
                return Include(values[0], depth);
            case ("rename-command", 2):
                return Rename(values[0], values[1]);
            case ("user", >= 1):
                config.Users.Add(values.ToArray());
                return null;
            case ("loadmodule", >= 1):
                return "This server does not load modules";
            case ("sentinel", >= 1):
                return "sentinel directive while not in sentinel mode";
            // Had a meaning in older versions; Redis passes over them too.
            case ("list-max-ziplist-entries" or "list-max-ziplist-value" or "lua-replicate-commands", 1):
                return null;
            default:
                return "Bad directive or wrong number of arguments";
        }
    }

    private string? SetDirective(Directive directive, ReadOnlySpan<string> values)
    {
        if (!directive.TakesWords)
        {
            return values.Length == 1 ? directive.Set(values, _context) : "wrong number of arguments";
        }
        if (values.Length != 1 || values[0].Length == 0) return directive.Set(values, _context);

        // --replicaof "host port" and save "60 1": one argument that holds several words.
        return ConfigText.SplitArguments(values[0]) is { } words
            ? directive.Set(words.ToArray(), _context)
            : "Unbalanced quotes in configuration line";
    }

    private string? Include(string path, int depth)
    {
        if (depth == IncludeDepthMax) return "Too many levels of include";
        var source = new ConfigSource();
        source.AppendFiles(ConfigText.ToText(path), _context.BaseDirectory);
        Read(source, depth + 1);
        return null;
    }

    private string? Rename(string from, string to)
    {
        var exists = _renamedTo.Contains(from)
                     || (!_renamedAway.Contains(from) && surroundings.IsCommand?.Invoke(from) != false);
        if (!exists) return "No such command in rename-command";
        _renamedAway.Add(from);
        _renamedTo.Remove(from);
        if (to.Length > 0)
        {
            var taken = _renamedTo.Contains(to) || (!_renamedAway.Contains(to) && surroundings.IsCommand?.Invoke(to) == true);
            if (taken) return "Target command name already exists";
            _renamedTo.Add(to);
        }
        config.RenamedCommands.Add(new RenamedCommand(from, to));
        return null;
    }

    /// <summary>Finds out now, while a person is looking, that the log can't be written.</summary>
    private void CheckLogFile()
    {
        if (config.LogFile.Length == 0) return;
        try
        {
            using var file = new FileStream(config.LogFile, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception e) when (FileErrors.IsOne(e))
        {
            throw new ConfigException($"Can't open the log file: {FileErrors.Reason(e, config.LogFile)}");
        }
    }
}
