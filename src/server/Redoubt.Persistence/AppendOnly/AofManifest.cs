// Which files make up the append-only file, and in which order: the manifest of Redis 7.
//
//   file appendonly.aof.2.base.rdb seq 2 type b      the dataset when the last rewrite began, as RDB or as commands
//   file appendonly.aof.1.incr.aof seq 1 type h      not needed any more; deleted at leisure
//   file appendonly.aof.2.incr.aof seq 2 type i      the commands since, in ascending order of their numbers
//
// Why a manifest: a rewrite replaces a file that is being written to. With one file it would have to be blocked, or copied; here the
// rewrite makes a new base beside the growing files, and one atomic rename of the manifest says that from now on it is in force.
//
// Texts of errors are Redis's: people look them up. Names with odd characters stand in quotes, as in a configuration file.
using System.Globalization;
using System.Text;

namespace Redoubt.Persistence.AppendOnly;

public enum AofFileType
{
    Base,
    History,
    Incremental,
}

public sealed record AofFileEntry(string Name, long Sequence, AofFileType Type);

/// <summary>What is wrong with a manifest, and in which line (0 = in none).</summary>
public sealed record AofManifestError(string Message, int LineNumber, string Line);

/// <param name="name">appendfilename, from which the names of the files are made.</param>
public sealed class AofManifest(string name)
{
    private const int LineBytesMax = 1024;

    private readonly List<AofFileEntry> _incrementals = [];
    private readonly List<AofFileEntry> _history = [];
    private long _lastBase;
    private long _lastIncremental;

    public AofFileEntry? Base { get; private set; }

    /// <summary>In the order in which they are replayed; the last one is written to.</summary>
    public IReadOnlyList<AofFileEntry> Incrementals => _incrementals;

    public IReadOnlyList<AofFileEntry> History => _history;

    public bool IsEmpty => Base is null && _incrementals.Count == 0;

    /// <summary>The file's own name.</summary>
    public string FileName => name + ".manifest";

    public string TemporaryFileName => "temp-" + FileName;

    /// <summary>Where commands are collected until the first base exists.</summary>
    public string TemporaryIncrementalName => "temp-" + name + ".incr";

    public AofManifest Copy()
    {
        AofManifest copy = new(name) { Base = Base, _lastBase = _lastBase, _lastIncremental = _lastIncremental };
        copy._incrementals.AddRange(_incrementals);
        copy._history.AddRange(_history);
        return copy;
    }

    /// <summary>Puts a new base in force; the one before becomes history.</summary>
    public AofFileEntry AddBase(bool isRdb)
    {
        if (Base is not null)
            _history.Insert(0, Base with { Type = AofFileType.History });
        _lastBase++;
        return Base = new AofFileEntry(Invariant($"{name}.{_lastBase}.base.{(isRdb ? "rdb" : "aof")}"), _lastBase, AofFileType.Base);
    }

    public AofFileEntry AddIncremental()
    {
        _lastIncremental++;
        AofFileEntry entry = new(Invariant($"{name}.{_lastIncremental}.incr.aof"), _lastIncremental, AofFileType.Incremental);
        _incrementals.Add(entry);
        return entry;
    }

    /// <summary>A single file of an older Redis is the base from now on.</summary>
    public void AdoptOldFile()
    {
        _lastBase = 1;
        Base = new AofFileEntry(name, 1, AofFileType.Base);
    }

    /// <summary>What was written before the last <paramref name="kept"/> incremental files is in the new base.</summary>
    public void RetireIncrementals(int kept)
    {
        while (_incrementals.Count > kept)
        {
            _history.Insert(0, _incrementals[0] with { Type = AofFileType.History });
            _incrementals.RemoveAt(0);
        }
    }

    public void ForgetHistory() => _history.Clear();

    public byte[] Format()
    {
        StringBuilder text = new();
        if (Base is not null)
            AppendLine(text, Base, 'b');
        foreach (AofFileEntry entry in _history)
            AppendLine(text, entry, 'h');
        foreach (AofFileEntry entry in _incrementals)
            AppendLine(text, entry, 'i');
        return Encoding.Latin1.GetBytes(text.ToString());
    }

    private static void AppendLine(StringBuilder text, AofFileEntry entry, char type)
    {
        string file = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(entry.Name));
        text.Append("file ").Append(AofManifestText.Quote(file)).Append(Invariant($" seq {entry.Sequence} type {type}\n"));
    }

    /// <summary>Reads a manifest; null and the error when it is damaged.</summary>
    public static (AofManifest? Manifest, AofManifestError? Error) Parse(string name, ReadOnlySpan<byte> bytes)
    {
        AofManifest manifest = new(name);
        int number = 0;
        while (!bytes.IsEmpty)
        {
            number++;
            int end = bytes.IndexOf((byte)'\n');
            string line = Encoding.Latin1.GetString(end < 0 ? bytes : bytes[..end]).Trim(' ', '\t', '\r');
            // A line of Redis's buffer holds one byte less than its size, and its end.
            if (end is < 0 or > LineBytesMax - 2)
                return (null, new AofManifestError("The AOF manifest file contains too long line", number, line));
            bytes = bytes[(end + 1)..];
            if (line.StartsWith('#'))
                continue;
            if (manifest.Take(line) is { } problem)
                return (null, new AofManifestError(problem, number, line));
        }
        return number == 0 ? (null, new AofManifestError("Found an empty AOF manifest", 0, "")) : (manifest, null);
    }

    private string? Take(string line)
    {
        const string Malformed = "Invalid AOF manifest file format";
        if (line.Length == 0 || AofManifestText.Split(line) is not { } words || words.Count < 6 || words.Count % 2 != 0)
            return Malformed;
        string? file = null;
        long sequence = 0;
        char type = '\0';
        for (int i = 0; i < words.Count; i += 2)
        {
            switch (words[i].ToLowerInvariant())
            {
                case "file":
                    file = Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(words[i + 1]));
                    if (file.AsSpan().ContainsAny('/', '\\'))
                        return "File can't be a path, just a filename";
                    break;
                case "seq":
                    sequence = long.TryParse(words[i + 1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long parsed) ? parsed : 0;
                    break;
                case "type":
                    type = words[i + 1].Length > 0 ? words[i + 1][0] : '\0';
                    break;
            }
        }
        return string.IsNullOrEmpty(file) || sequence == 0 || type == '\0' ? Malformed : Add(file, sequence, type);
    }

    private string? Add(string file, long sequence, char type)
    {
        switch (type)
        {
            case 'b' when Base is not null:
                return "Found duplicate base file information";
            case 'b':
                Base = new AofFileEntry(file, sequence, AofFileType.Base);
                _lastBase = sequence;
                return null;
            case 'h':
                _history.Add(new AofFileEntry(file, sequence, AofFileType.History));
                return null;
            case 'i' when sequence <= _lastIncremental:
                return "Found a non-monotonic sequence number";
            case 'i':
                _incrementals.Add(new AofFileEntry(file, sequence, AofFileType.Incremental));
                _lastIncremental = sequence;
                return null;
            default:
                return "Unknown AOF file type";
        }
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
