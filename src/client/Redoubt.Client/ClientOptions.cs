using System.Net;

namespace Redoubt.Client;

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
    /// <summary>The client's own timeout, no retry.</summary>
    public static CommandOptions Default { get; } = new();

    /// <summary>Another limit than <see cref="ClientOptions.CommandTimeout"/>; needed for commands that block on purpose.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>How long the command may be repeated after READONLY, LOADING, MASTERDOWN, BUSY, a failed connect, a lost
    /// connection or a timeout; each repetition resolves the name and connects anew. Zero, the default, repeats nothing. A command whose
    /// connection was lost may have been carried out already: ask for this only where doing it twice does no harm.</summary>
    public TimeSpan RetryFor { get; init; }

    /// <summary>Ends the waiting, not the command.</summary>
    public CancellationToken Cancellation { get; init; }
}
