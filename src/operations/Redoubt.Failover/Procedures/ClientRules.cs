using System.Net;

namespace Redoubt.Failover.Procedures;

/// <summary>Who may stay on a replica: <c>name:PATTERN</c>, <c>user:PATTERN</c> (with <c>*</c> for any text) or <c>cidr:NETWORK</c>.</summary>
public sealed class ClientRules(IReadOnlyList<string> rules)
{
    /// <summary>Nobody may.</summary>
    public static ClientRules None { get; } = new([]);

    /// <summary>Whether one of the rules fits that client.</summary>
    public bool Allows(ClientLine client) => rules.Any(rule => Fits(rule, client));

    private static bool Fits(string rule, ClientLine client)
    {
        string pattern = rule[(rule.IndexOf(':', StringComparison.Ordinal) + 1)..];
        if (rule.StartsWith("name:", StringComparison.Ordinal))
            return Matches(pattern, client.Name);
        if (rule.StartsWith("user:", StringComparison.Ordinal))
            return Matches(pattern, client.User);
        int port = client.Address.LastIndexOf(':');
        return port > 0 && IPAddress.TryParse(client.Address[..port].Trim('[', ']'), out IPAddress? address) && IPNetwork.TryParse(pattern, out IPNetwork network) && network.Contains(address);
    }

    private static bool Matches(string pattern, string text)
    {
        string[] parts = pattern.Split('*');
        if (parts.Length == 1)
            return text == pattern;
        if (!text.StartsWith(parts[0], StringComparison.Ordinal) || !text.EndsWith(parts[^1], StringComparison.Ordinal) || text.Length < parts[0].Length + parts[^1].Length)
            return false;
        int at = parts[0].Length;
        foreach (string part in parts[1..^1])
        {
            int found = text.IndexOf(part, at, StringComparison.Ordinal);
            if (found < 0)
                return false;
            at = found + part.Length;
        }

        return at <= text.Length - parts[^1].Length;
    }
}
