using System.Net;
using System.Net.Security;

namespace Redoubt.Client;

/// <summary>Which role the server behind the name should have.</summary>
public enum ExpectedRole
{
    /// <summary>Whoever answers will do.</summary>
    Any,

    /// <summary>The master: for whoever writes.</summary>
    Master,

    /// <summary>A replica: for whoever only reads.</summary>
    Replica,
}

/// <summary>How a <see cref="RedoubtClient"/> connects, waits and gives up.</summary>
public sealed record ClientOptions
{
    /// <summary>ACL user; null for the default user.</summary>
    public string? User { get; init; }

    /// <summary>Password; null when none is needed.</summary>
    public string? Password { get; init; }

    /// <summary>What CLIENT LIST shows for this connection; null for nothing.</summary>
    public string? ClientName { get; init; }

    /// <summary>2, which every server speaks, or 3. A server that refuses 3 is spoken to in 2.</summary>
    public int Protocol { get; init; } = 2;

    /// <summary>Limit for one attempt to connect, per address the name resolves to, the login included.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Limit for one command, from its sending to its reply.</summary>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a command is sent again when it is known that it was not applied: after READONLY, LOADING, MASTERDOWN, BUSY, NOREPLICAS,
    /// MOVED or REDIRECT, a failed connect, or a connection that was lost before the command left. Each time the name is resolved
    /// and connected to anew. Should be longer than a failover takes, the record's time to live included. Zero repeats nothing.</summary>
    public TimeSpan RetryFor { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Whom the name should lead to. Of several addresses the first with that role is taken, and an idle connection
    /// to a server that has lost the role is left.</summary>
    public ExpectedRole ExpectedRole { get; init; } = ExpectedRole.Master;

    /// <summary>How often an idle connection asks its server for the role; zero for never. A busy one hears READONLY.</summary>
    public TimeSpan RoleCheckEvery { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Set to speak TLS; called for every connection, so certificates may be renewed. The name is the expected host unless it says otherwise.</summary>
    public Func<SslClientAuthenticationOptions>? Tls { get; init; }

    /// <summary>Pause after the first failed attempt to connect; it doubles with each further one.</summary>
    public TimeSpan BackoffMin { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>The pause does not grow beyond this.</summary>
    public TimeSpan BackoffMax { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Finds the addresses of a name. Asked before every connection, never remembered: that is what lets a change
    /// of the name's record take effect. The default asks the operating system.</summary>
    public Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = Dns.GetHostAddressesAsync;
}

/// <summary>How one command is treated.</summary>
public sealed record CommandOptions
{
    /// <summary>The client's own limits, not idempotent.</summary>
    public static CommandOptions Default { get; } = new();

    /// <summary>Another limit than <see cref="ClientOptions.CommandTimeout"/>; needed for commands that block on purpose.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Another limit than <see cref="ClientOptions.RetryFor"/>.</summary>
    public TimeSpan? RetryFor { get; init; }

    /// <summary>Doing it twice does no harm, so it may also be sent again when it may have been applied: after a timeout, or on a
    /// connection that was lost with the command under way. Commands that only read need no such word.</summary>
    public bool Idempotent { get; init; }

    /// <summary>Ends the waiting, not the command.</summary>
    public CancellationToken Cancellation { get; init; }
}
