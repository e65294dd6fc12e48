using Redoubt.Topology;

namespace Redoubt.Operations.Names;

/// <summary>What a record holds.</summary>
public enum NameRecordType
{
    /// <summary>An IPv4 address.</summary>
    A,

    /// <summary>An IPv6 address.</summary>
    Aaaa,

    /// <summary>Another name.</summary>
    Cname,
}

/// <summary>What is done when the name cannot be changed or verified.</summary>
public enum NameFailureRule
{
    /// <summary>Put the old value back and end the procedure.</summary>
    Rollback,

    /// <summary>Ask the operator; without one, as <see cref="Rollback"/>.</summary>
    Ask,

    /// <summary>Go on, and report it at the end.</summary>
    Continue,
}

/// <summary>The key that signs updates.</summary>
/// <param name="Name">As the DNS server knows it.</param>
/// <param name="Algorithm">Such as <c>hmac-sha256</c>.</param>
/// <param name="SecretFile">File with the secret in base64, and nothing else.</param>
public sealed record TransactionKey(string Name, string Algorithm, string SecretFile);

/// <summary>Who has to agree before a change of the name counts as visible.</summary>
public sealed record NameVerification
{
    /// <summary>Every authoritative server has to; false asks none of them.</summary>
    public bool AllAuthoritative { get; init; } = true;

    /// <summary>Authoritative servers, address with or without port, in the place of those that the zone's NS records name: for hidden primaries,
    /// split views, and servers on other ports.</summary>
    public IReadOnlyList<string> Servers { get; init; } = [];

    /// <summary>Resolvers, address with or without port, whose answers are shown and whose remembered ones are waited out.</summary>
    public IReadOnlyList<string> Resolvers { get; init; } = [];

    /// <summary>How long they have.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>The group file's section <c>dns</c>. The provider decides which of the optional keys it needs.</summary>
public sealed record NameSettings
{
    /// <summary>Fully qualified, with its last dot; for <c>hosts</c> a host name. Empty with the provider <c>none</c>.</summary>
    public string Name { get; init; } = "";

    /// <summary>What kind of value it has.</summary>
    public NameRecordType Type { get; init; } = NameRecordType.A;

    /// <summary>How long others may remember the answer.</summary>
    public int TtlSeconds { get; init; } = 5;

    /// <summary>One of <see cref="NameProviders.Kinds"/>.</summary>
    public string Provider { get; init; } = "none";

    /// <summary><c>server</c>: where updates go (<c>rfc2136</c>).</summary>
    public NodeAddress? Server { get; init; }

    /// <summary><c>zone</c>: the zone that holds the name; null when it is to be found by asking.</summary>
    public string? Zone { get; init; }

    /// <summary><c>tsig</c>; null for unsigned updates.</summary>
    public TransactionKey? Tsig { get; init; }

    /// <summary><c>file</c>: the file in hosts syntax (<c>hosts</c>).</summary>
    public string? File { get; init; }

    /// <summary><c>command</c>: program and arguments, no shell (<c>exec</c>).</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary><c>verify</c>.</summary>
    public NameVerification Verification { get; init; } = new();

    /// <summary><c>on_failure.switchover</c>.</summary>
    public NameFailureRule OnSwitchoverFailure { get; init; } = NameFailureRule.Rollback;

    /// <summary><c>on_failure.failover</c>.</summary>
    public NameFailureRule OnFailoverFailure { get; init; } = NameFailureRule.Ask;
}
