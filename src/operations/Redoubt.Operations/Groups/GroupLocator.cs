namespace Redoubt.Operations.Groups;

/// <summary>Finds group files: by path, or by name in the usual folders.</summary>
public static class GroupLocator
{
    /// <summary>Where names are looked up, in order: the operator's own folder, then the machine's.</summary>
    public static IReadOnlyList<string> Folders
    {
        get
        {
            string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            string own = Environment.GetEnvironmentVariable("XDG_CONFIG_HOME") is { Length: > 0 } set ? set : Path.Combine(home, ".config");
            return [Path.Combine(own, "redoubt", "groups"), "/etc/redoubt/groups"];
        }
    }

    /// <summary>The file that a name or a path stands for.</summary>
    /// <exception cref="GroupDefinitionException">There is none.</exception>
    public static string Find(string nameOrPath)
    {
        if (File.Exists(nameOrPath) && (nameOrPath.Contains('/') || nameOrPath.EndsWith(".yaml", StringComparison.Ordinal) || nameOrPath.EndsWith(".yml", StringComparison.Ordinal)))
            return nameOrPath;
        if (!nameOrPath.Contains('/'))
        {
            foreach (string folder in Folders)
            {
                foreach (string ending in new[] { ".yaml", ".yml" })
                {
                    string path = Path.Combine(folder, nameOrPath + ending);
                    if (File.Exists(path))
                        return path;
                }
            }
        }

        string known = string.Join(", ", Names());
        throw new GroupDefinitionException(
            $"there is no group file '{nameOrPath}' (looked in {string.Join(" and ", Folders)}; {(known.Length > 0 ? $"there are: {known}" : "there are none")}). 'redoubt init host:port' writes one");
    }

    /// <summary>The names that <see cref="Find"/> knows.</summary>
    public static IEnumerable<string> Names() =>
        Folders.Where(Directory.Exists).SelectMany(folder => Directory.EnumerateFiles(folder, "*.y*ml")).Select(Path.GetFileNameWithoutExtension).OfType<string>().Distinct().Order();
}
