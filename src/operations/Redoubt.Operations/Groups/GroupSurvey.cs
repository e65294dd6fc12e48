using System.Globalization;
using System.Text;
using Redoubt.Failover;
using Redoubt.Topology;

namespace Redoubt.Operations.Groups;

/// <summary>Writes a first group file from what live servers say. It writes down what it has seen and nothing it would have to guess: how clients
/// find the master is left as a comment to fill in.</summary>
public static class GroupSurvey
{
    /// <summary>The file's text for a group that was observed, the master first.</summary>
    /// <exception cref="GroupDefinitionException">No node of it was seen to be a master, or several were.</exception>
    public static string Write(string name, GroupObservation group, Login login)
    {
        if (group.Master is not { } master)
        {
            throw new GroupDefinitionException(group.Masters.Any()
                ? $"{string.Join(" and ", group.Masters.Select(node => node.Address))} are all masters: name the nodes of one group"
                : $"no master was found: {string.Join("; ", group.Nodes.Select(node => node.Failure is { } failure ? $"{node.Address}: {failure.Message}" : $"{node.Address} is a replica"))}");
        }

        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"group: {name}\nnodes:\n");
        NodeObservation[] ordered = [master, .. group.Nodes.Where(node => node != master).OrderBy(node => node.Address.ToString(), StringComparer.Ordinal)];
        for (int i = 0; i < ordered.Length; i++)
        {
            NodeObservation node = ordered[i];
            string promote = node.Replication?.Master is { Priority: 0 } ? ", promote: never" : "";
            string seen = node.Failure is { } failure ? $"not seen: {failure.Message}" : $"{(node.IsMaster ? "master" : "replica")}, {node.Vitals.Version}";
            text.Append(CultureInfo.InvariantCulture, $"  - {{ name: node-{i + 1}, addr: \"{node.Address}\"{promote} }}    # when written: {seen}\n");
        }

        AppendLogin(text, login);
        text.Append("""
            # How clients find the master. Without it, redoubt moves the role and nothing else.
            # dns:
            #   provider: none
            #   name: redis.example.net.
            #   ttl: 5

            """);
        return text.ToString();
    }

    private static void AppendLogin(StringBuilder text, Login login)
    {
        List<string> parts = [];
        if (login.User is { } user)
            parts.Add($"user: \"{user}\"");
        if (login.PasswordFile is { } file)
            parts.Add($"password_file: \"{file}\"");
        if (login.PasswordVariable is { } variable)
            parts.Add($"password_env: {variable}");
        if (parts.Count > 0)
            text.Append(CultureInfo.InvariantCulture, $"auth: {{ {string.Join(", ", parts)} }}\n");
    }

    /// <summary>Puts the text where it belongs, in one step and never over another file.</summary>
    /// <exception cref="GroupDefinitionException">The file exists, or cannot be written.</exception>
    public static void Save(string path, string text)
    {
        try
        {
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder)
                Directory.CreateDirectory(folder);
            using var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
            stream.Write(Encoding.UTF8.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new GroupDefinitionException(File.Exists(path) ? $"{path} exists; remove it first, or write elsewhere with --file" : $"{path} cannot be written: {error.Message}");
        }
    }
}
