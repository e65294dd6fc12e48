using static Redoubt.Server.Configuration.Traits;

namespace Redoubt.Server.Configuration;

/// <summary>Which event loop serves the connections.</summary>
internal enum IoLoop
{
    /// <summary>epoll where the system has it.</summary>
    Auto,
    Epoll,

    /// <summary>The sockets of the .NET library, on any system.</summary>
    Portable,
}

internal sealed class NetworkDirectives(DirectiveTable table)
{
    public BindDirective Bind { get; } = table.Add(new BindDirective());

    public NumberDirective Port { get; } = table.Number("port", 6379, 0, 65535);

    public NumberDirective TcpBacklog { get; } = table.Number("tcp-backlog", 511, 0, int.MaxValue, Immutable);

    public TextDirective UnixSocket { get; } = table.Text("unixsocket", Immutable);

    public NumberDirective UnixSocketPerm { get; } =
        table.Unsigned("unixsocketperm", 0, 0, 511, Immutable, form: NumberForm.Octal);

    public NumberDirective Timeout { get; } = table.Number("timeout", 0, 0, int.MaxValue);

    public NumberDirective TcpKeepAlive { get; } = table.Number("tcp-keepalive", 300, 0, int.MaxValue);

    public NumberDirective MaxClients { get; } = table.Unsigned("maxclients", 10000, 1, uint.MaxValue);

    public SwitchDirective ProtectedMode { get; } = table.Switch("protected-mode", true);

    public TextDirective BindSourceAddr { get; } = table.Text("bind-source-addr");

    public NumberDirective SocketMarkId { get; } = table.Unsigned("socket-mark-id", 0, 0, uint.MaxValue, Immutable);

    public NumberDirective ProtoMaxBulkLen { get; } = table.Memory("proto-max-bulk-len", 512L << 20, 1 << 20, long.MaxValue);

    public NumberDirective ClientQueryBufferLimit { get; } =
        table.Memory("client-query-buffer-limit", 1L << 30, 1 << 20, long.MaxValue, unsigned: true);

    public OutputBufferDirective ClientOutputBufferLimit { get; } = table.Add(new OutputBufferDirective());

    public NumberDirective IoThreads { get; } = table.Number("io-threads", 1, 1, 128, Immutable);

    public SwitchDirective IoThreadsDoReads { get; } = table.Switch("io-threads-do-reads", false, Immutable);

    /// <summary>Where load balancers and Prometheus ask; 0 = nowhere. Ours: Redis has no such directive.</summary>
    public NumberDirective HttpPort { get; } = table.Number("http-port", 0, 0, 65535, Own);

    /// <summary>Ours: Redis has no such directive.</summary>
    public ChoiceDirective<IoLoop> Io { get; } = table.Choice("io", IoLoop.Auto,
        [("auto", IoLoop.Auto), ("epoll", IoLoop.Epoll), ("portable", IoLoop.Portable)], Immutable | Hidden | Own);
}
