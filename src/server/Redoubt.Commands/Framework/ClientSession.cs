// What commands know of a client: its name, protocol, database and modes. The connection itself (socket, buffers) belongs
// to the server, which extends this class.

namespace Redoubt.Commands;

public enum ReplyMode
{
    On,
    Off,

    /// <summary>The reply to the next command is left out.</summary>
    SkipNext,

    /// <summary>The reply to the present command is left out.</summary>
    Skip,
}

public abstract class ClientSession
{
    public required long Id { get; init; }

    public string Name { get; set; } = "";

    public string LibraryName { get; set; } = "";

    public string LibraryVersion { get; set; } = "";

    /// <summary>2 or 3.</summary>
    public int Protocol { get; set; } = 2;

    public int DatabaseIndex { get; set; }

    public virtual bool IsAuthenticated { get; set; }

    public bool IsNoEvict { get; set; }

    public ReplyMode ReplyMode { get; set; }

    /// <summary>The link to this server's master: its commands are obeyed whatever the role, and never answered.</summary>
    public bool IsMasterLink { get; set; }

    /// <summary>A replica of this server.</summary>
    public bool IsReplica { get; set; }

    /// <summary>Listens to at least one channel or pattern.</summary>
    public virtual bool IsSubscriber => false;

    /// <summary>Is shown what others do (MONITOR), and does nothing with keys itself.</summary>
    public bool IsMonitor { get; set; }

    /// <summary>The connection is closed once its replies are sent.</summary>
    public bool CloseAfterReply { get; set; }

    /// <summary>Waits for something (WAIT, a pause); further requests of this client wait too.</summary>
    public bool IsBlocked { get; set; }
}
