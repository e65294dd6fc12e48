using System.Text;

namespace Redoubt.Server.Configuration;

/// <summary>
/// A configuration as one text, put together from files, standard input and options, that still knows where each of its lines came from.
/// </summary>
internal sealed class ConfigSource
{
    private readonly StringBuilder _text = new();
    private readonly List<(int FirstLine, string Name, bool HasLines)> _pieces = [];
    private int _newlines;

    /// <summary>The lines, numbered from zero.</summary>
    public string[] Lines => _text.ToString().Split('\n');

    /// <summary>
    /// Appends a file, or, when the path holds * ? or [, every file that matches it, which may be none: an empty conf.d is no error.
    /// </summary>
    public void AppendFiles(string path, string baseDirectory)
    {
        if (!ConfigPattern.IsPattern(path))
        {
            AppendFile(path, baseDirectory);
            return;
        }
        foreach (var match in PathPattern.Expand(path, baseDirectory)) AppendFile(match, baseDirectory);
    }

    public void Append(string text, string name, bool hasLines = true)
    {
        _pieces.Add((_newlines, name, hasLines));
        _text.Append(text);
        _newlines += text.AsSpan().Count('\n');
    }

    /// <summary>The place of a line for a reader.</summary>
    public string PlaceOf(int line)
    {
        var piece = _pieces.FindLast(each => each.FirstLine <= line);
        return piece.HasLines ? $"line {line - piece.FirstLine + 1} of {piece.Name}" : piece.Name;
    }

    private void AppendFile(string path, string baseDirectory)
    {
        try
        {
            var bytes = File.ReadAllBytes(Path.GetFullPath(path, baseDirectory));
            Append(ConfigText.FromBytes(bytes), ConfigText.FromText(path));
        }
        catch (Exception e) when (FileErrors.IsOne(e))
        {
            throw new ConfigFileException(path, FileErrors.Reason(e, Path.GetFullPath(path, baseDirectory)));
        }
    }
}

/// <summary>Paths with patterns in any of their components, as the C library's glob: sorted, hidden files only where the pattern says so.</summary>
internal static class PathPattern
{
    public static List<string> Expand(string pattern, string baseDirectory)
    {
        var found = new List<string> { pattern.StartsWith('/') ? "/" : "" };
        foreach (var part in pattern.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var next = new List<string>();
            foreach (var folder in found)
            {
                if (!ConfigPattern.IsPattern(part)) next.Add(folder + part);
                else AddMatches(folder, part, baseDirectory, next);
            }
            found = [.. next.Where(path => Path.Exists(Path.GetFullPath(path, baseDirectory))).Select(path => path + "/")];
        }
        return [.. found.Select(path => path.TrimEnd('/'))];
    }

    private static void AddMatches(string folder, string part, string baseDirectory, List<string> into)
    {
        var full = Path.GetFullPath(folder.Length == 0 ? "." : folder, baseDirectory);
        if (!Directory.Exists(full)) return;
        var names = Directory.EnumerateFileSystemEntries(full).Select(path => Path.GetFileName(path))
            .Where(name => (!name.StartsWith('.') || part.StartsWith('.')) && ConfigPattern.Matches(part, name, ignoreCase: false))
            .Order(StringComparer.Ordinal);
        foreach (var name in names) into.Add(folder + name);
    }
}
