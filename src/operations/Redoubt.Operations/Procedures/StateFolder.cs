using System.Globalization;
using Redoubt.Topology;

namespace Redoubt.Operations.Procedures;

/// <summary>Another operation has the group.</summary>
public sealed class GroupBusyException(string message) : Exception(message);

// Where operations on a group leave their traces:
//
//   STATE/GROUP/lock         held by the process that operates on the group, for as long as it lives
//   STATE/GROUP/0018.jsonl   the journal of operation 18
//   STATE/GROUP/0018/        its evidence, where it keeps any
//
// The lock is the kernel's, on an open file: it goes with the process however that ends, so there is no stale one to clean up. It guards against
// a second process on this machine; one on another machine is found by the names of its connections (GroupActs).

/// <summary>The folder of one group's journals and evidence.</summary>
public sealed class StateFolder
{
    /// <summary>For that group in that folder of state.</summary>
    public StateFolder(string stateFolder, string group)
    {
        Group = group;
        Folder = System.IO.Path.Combine(stateFolder, group);
    }

    /// <summary>The group's name.</summary>
    public string Group { get; }

    /// <summary>Full path; made when the first operation begins.</summary>
    public string Folder { get; }

    /// <summary><c>/var/lib/redoubt</c> for root, the user's own folder of state for others.</summary>
    public static string DefaultFolder
    {
        get
        {
            if (Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { Length: > 0 } set)
                return System.IO.Path.Combine(set, "redoubt");
            if (Environment.IsPrivilegedProcess && OperatingSystem.IsLinux())
                return "/var/lib/redoubt";
            return System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state", "redoubt");
        }
    }

    /// <summary>Takes the lock, until disposed.</summary>
    /// <exception cref="GroupBusyException">Another process has it.</exception>
    /// <exception cref="Groups.GroupDefinitionException">The folder cannot be made or written.</exception>
    public IDisposable Lock()
    {
        try
        {
            CreateFolder();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new Groups.GroupDefinitionException($"nothing can be written into the folder of state: {error.Message} Choose another one with state_dir in the group file, or XDG_STATE_HOME");
        }

        string path = System.IO.Path.Combine(Folder, "lock");
        try
        {
            var held = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            held.SetLength(0);
            held.Write(System.Text.Encoding.UTF8.GetBytes($"{Environment.ProcessId}\n"));
            held.Flush();
            return held;
        }
        catch (UnauthorizedAccessException error)
        {
            throw new Groups.GroupDefinitionException($"nothing can be written into the folder of state: {error.Message}");
        }
        catch (IOException)
        {
            throw new GroupBusyException($"another operation on group {Group} is under way on this machine (it holds {path}). Wait for it, or see: redoubt journal");
        }
    }

    /// <summary>The number of the next operation.</summary>
    public int NextNumber => Numbers().LastOrDefault() + 1;

    /// <summary>All operations, oldest first. A file that is no journal is left out.</summary>
    public IReadOnlyList<JournalFile> Journals() => [.. Numbers().Select(Read).OfType<JournalFile>()];

    /// <summary>One operation, or null.</summary>
    public JournalFile? Read(int number) => File.Exists(PathOf(number)) ? JournalFile.Read(PathOf(number), number) : null;

    /// <summary>The newest operation, or null.</summary>
    public JournalFile? Last() => Numbers().LastOrDefault() is > 0 and var number ? Read(number) : null;

    /// <summary>Where a fence by min-replicas keeps what it has to put back.</summary>
    public string FencePathOf(NodeAddress node) => System.IO.Path.Combine(Folder, string.Create(CultureInfo.InvariantCulture, $"fence-{node.Host.Replace(':', '.')}-{node.Port}"));

    /// <summary>That node was fenced by min-replicas from here, and the fence was not lifted since.</summary>
    public bool IsFenced(NodeAddress node) => File.Exists(FencePathOf(node));

    /// <summary>The newest operation if it has not come to its end, or null.</summary>
    public JournalFile? Unfinished() => Numbers().LastOrDefault() is > 0 and var number && Read(number) is { IsOpen: true } journal ? journal : null;

    /// <summary>The journal's file of an operation.</summary>
    public string PathOf(int number) => System.IO.Path.Combine(Folder, string.Create(CultureInfo.InvariantCulture, $"{number:0000}.jsonl"));

    /// <summary>The folder for an operation's evidence; made by whoever puts something there.</summary>
    public string EvidenceOf(int number) => System.IO.Path.Combine(Folder, string.Create(CultureInfo.InvariantCulture, $"{number:0000}"));

    private void CreateFolder()
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(Folder);
        else
            Directory.CreateDirectory(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private IEnumerable<int> Numbers() => !Directory.Exists(Folder)
        ? []
        : Directory.EnumerateFiles(Folder, "*.jsonl").Select(System.IO.Path.GetFileNameWithoutExtension)
            .Select(name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0).Where(number => number > 0).Order();
}
