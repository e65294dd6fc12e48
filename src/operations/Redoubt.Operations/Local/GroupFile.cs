using System.Text.Json;
using System.Text.Json.Serialization;
using Redoubt.Topology;

namespace Redoubt.Operations.Local;

/// <summary>One node of a local group as the group file records it.</summary>
public sealed record LocalNode
{
    /// <summary><c>node-1</c>, <c>node-2</c>, …; also the name of its folder.</summary>
    public required string Name { get; init; }

    /// <summary>On 127.0.0.1.</summary>
    public required int Port { get; init; }

    /// <summary>0 when it does not run.</summary>
    public int ProcessId { get; init; }

    /// <summary>When the process started, in the kernel's own count. A process ID is given out again sooner or later; both together are not.</summary>
    public long StartedTicks { get; init; }

    /// <summary>Where it listens.</summary>
    [JsonIgnore]
    public NodeAddress Address => new("127.0.0.1", Port);
}

/// <summary><c>group.json</c>: which processes make up the local group, and which node was the master last. It outlives the processes,
/// because the next start needs to know whose data is the newest.</summary>
public sealed record GroupFile
{
    /// <summary>The name inside the group's folder.</summary>
    public const string Name = "group.json";

    /// <summary>Raised when an older tool could misread the file.</summary>
    public int Format { get; init; } = 1;

    /// <summary>The server's binary.</summary>
    public string Server { get; init; } = "";

    /// <summary>The name of the node that was the master when last seen.</summary>
    public required string Master { get; init; }

    /// <summary>All nodes, by name.</summary>
    public required IReadOnlyList<LocalNode> Nodes { get; init; }

    /// <summary>Reads the folder's file; null when there is none.</summary>
    /// <exception cref="LocalGroupException">It cannot be read.</exception>
    public static GroupFile? Load(string folder)
    {
        string path = Path.Combine(folder, Name);
        try
        {
            if (!File.Exists(path))
                return null;
            GroupFile? file = JsonSerializer.Deserialize(File.ReadAllBytes(path), GroupFileJson.Default.GroupFile);
            return file is { Format: 1 }
                ? file
                : throw new LocalGroupException($"{path} was written by another version of redoubt. Use that one, or remove the file.");
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new LocalGroupException($"{path} cannot be read: {error.Message} If no server of this group runs, remove the file.");
        }
    }

    /// <summary>Replaces the folder's file in one step, so that a reader never sees half of it.</summary>
    public void Save(string folder)
    {
        string path = Path.Combine(folder, Name);
        string draft = path + ".new";
        try
        {
            using (var stream = new FileStream(draft, FileMode.Create, FileAccess.Write))
            {
                JsonSerializer.Serialize(stream, this, GroupFileJson.Default.GroupFile);
                stream.Flush(flushToDisk: true);
            }

            File.Move(draft, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new LocalGroupException($"{path} cannot be written: {error.Message}");
        }
    }
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(GroupFile))]
internal sealed partial class GroupFileJson : JsonSerializerContext;

/// <summary>Something about the local group that the user has to put right; the message says what and how.</summary>
public sealed class LocalGroupException(string message) : Exception(message);
