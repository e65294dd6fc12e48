using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Redoubt.Client;

// The format of hosts(5): an address, then its names, apart by blanks; what follows a '#' is a comment. It is the smallest
// directory of names there is, and where one machine or one shared folder holds a whole group it is all that is needed. What is not
// understood is kept when a file is edited, since it belongs to somebody.

/// <summary>Names and addresses in a file of hosts syntax.</summary>
public static class HostsFile
{
    /// <summary>The addresses a text gives a name, in its order. Case and a final dot do not matter.</summary>
    public static IPAddress[] Find(string text, string name)
    {
        string wanted = name.TrimEnd('.');
        var found = new List<IPAddress>();
        foreach (string line in text.Split('\n'))
        {
            string[] words = Words(line);
            if (words.Length > 1 && IPAddress.TryParse(words[0], out IPAddress? address) && words.Skip(1).Any(word => Same(word, wanted)) && !found.Contains(address))
                found.Add(address);
        }

        return [.. found];
    }

    /// <summary>The text with the name standing for these addresses and no others; every other name and all comments stay.</summary>
    public static string Set(string text, string name, IReadOnlyList<IPAddress> addresses)
    {
        string wanted = name.TrimEnd('.');
        var result = new StringBuilder();
        foreach (string line in text.Split('\n', StringSplitOptions.None).SkipLast(text.EndsWith('\n') || text.Length == 0 ? 1 : 0))
        {
            string[] words = Words(line);
            if (words.Length < 2 || !words.Skip(1).Any(word => Same(word, wanted)))
            {
                result.Append(line.TrimEnd('\r')).Append('\n');
                continue;
            }

            string[] others = [.. words.Skip(1).Where(word => !Same(word, wanted))];
            int hash = line.IndexOf('#', StringComparison.Ordinal);
            if (others.Length > 0)
                result.Append($"{words[0]} {string.Join(' ', others)}{(hash < 0 ? "" : " " + line[hash..].TrimEnd('\r'))}\n");
        }

        foreach (IPAddress address in addresses)
            result.Append($"{address} {wanted}\n");
        return result.ToString();
    }

    /// <summary>A resolver for <see cref="ClientOptions.Resolve"/> that reads the file anew for every connection. Names that are not in it, and all
    /// names while there is no file, are asked of <paramref name="otherwise"/>, or are unknown without one.</summary>
    public static Func<string, CancellationToken, Task<IPAddress[]>> Resolver(string path, Func<string, CancellationToken, Task<IPAddress[]>>? otherwise = null) =>
        async (name, cancellation) =>
        {
            string text = File.Exists(path) ? await File.ReadAllTextAsync(path, cancellation).ConfigureAwait(false) : "";
            IPAddress[] found = Find(text, name);
            if (found.Length > 0)
                return found;
            return otherwise is not null ? await otherwise(name, cancellation).ConfigureAwait(false) : throw new SocketException((int)SocketError.HostNotFound);
        };

    private static string[] Words(string line)
    {
        int hash = line.IndexOf('#', StringComparison.Ordinal);
        return (hash < 0 ? line : line[..hash]).Split([' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
    }

    private static bool Same(string word, string wanted) => string.Equals(word.TrimEnd('.'), wanted, StringComparison.OrdinalIgnoreCase);
}
