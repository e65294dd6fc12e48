using System.Globalization;

namespace Redoubt.Topology;

/// <summary>Where a node listens: a name or an IP address, and a port. Text forms: <c>host:port</c>, <c>[v6]:port</c>.
/// The host is compared without regard to case, as names are.</summary>
public readonly struct NodeAddress : IEquatable<NodeAddress>
{
    private readonly string? _host;

    /// <summary>Takes a host as it is, without brackets, and a port from 1 to 65535.</summary>
    public NodeAddress(string host, int port)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(host);
        if (!IsPort(port))
            throw new ArgumentOutOfRangeException(nameof(port), port, "A port is between 1 and 65535.");
        _host = host;
        Port = port;
    }

    private NodeAddress(string host, ushort port)
    {
        _host = host;
        Port = port;
    }

    /// <summary>An address as a node states it, which may be unusable: a replica that named no port has port 0.</summary>
    public static NodeAddress Stated(string host, int port) => new(host, (ushort)port);

    /// <summary>The name or IP address, an IPv6 address without its brackets.</summary>
    public string Host => _host ?? "";

    /// <summary>From 1 to 65535; 0 only in the default value and where a node stated it.</summary>
    public int Port { get; }

    /// <summary>Reads <c>host:port</c> or <c>[v6]:port</c>. With <paramref name="defaultPort"/> given, the port may be
    /// left out. An IPv6 address needs its brackets, since its own colons would make the port ambiguous.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out NodeAddress address, int defaultPort = 0)
    {
        address = default;
        text = text.Trim();
        ReadOnlySpan<char> host;
        ReadOnlySpan<char> rest;
        if (text.StartsWith('['))
        {
            int close = text.IndexOf(']');
            if (close < 0)
                return false;
            host = text[1..close];
            rest = text[(close + 1)..];
        }
        else
        {
            int colon = text.IndexOf(':');
            host = colon < 0 ? text : text[..colon];
            rest = colon < 0 ? default : text[colon..];
        }

        int port = defaultPort;
        if (!rest.IsEmpty && (rest[0] != ':' || !int.TryParse(rest[1..], NumberStyles.None, CultureInfo.InvariantCulture, out port)))
            return false;
        if (host.IsEmpty || host.ContainsAny(" \t\r\n/@[]") || !IsPort(port))
            return false;
        address = new NodeAddress(host.ToString(), port);
        return true;
    }

    /// <summary>As <see cref="TryParse"/>, but throws <see cref="FormatException"/> with the expected form.</summary>
    public static NodeAddress Parse(ReadOnlySpan<char> text, int defaultPort = 0) =>
        TryParse(text, out NodeAddress address, defaultPort)
            ? address
            : throw new FormatException($"'{text}' is not an address; expected host:port or [ipv6]:port.");

    /// <summary>The text form that <see cref="TryParse"/> reads.</summary>
    public override string ToString() =>
        Host.Contains(':')
            ? string.Create(CultureInfo.InvariantCulture, $"[{Host}]:{Port}")
            : string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");

    /// <summary>Same host, in any case, and same port.</summary>
    public bool Equals(NodeAddress other) => Port == other.Port && string.Equals(Host, other.Host, StringComparison.OrdinalIgnoreCase);

    /// <summary>Same host, in any case, and same port.</summary>
    public override bool Equals(object? obj) => obj is NodeAddress other && Equals(other);

    /// <summary>Agrees with <see cref="Equals(NodeAddress)"/>.</summary>
    public override int GetHashCode() => HashCode.Combine(StringComparer.OrdinalIgnoreCase.GetHashCode(Host), Port);

    /// <summary>Same host, in any case, and same port.</summary>
    public static bool operator ==(NodeAddress left, NodeAddress right) => left.Equals(right);

    /// <summary>Another host or another port.</summary>
    public static bool operator !=(NodeAddress left, NodeAddress right) => !left.Equals(right);

    private static bool IsPort(int port) => port is > 0 and <= 65535;
}
