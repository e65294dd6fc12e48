// What a command sees: its arguments, the keyspace, the place for its reply, and a few ports to the rest of the server.
//
// One context lives as long as the server and is aimed at one request after the other, so that a simple command allocates
// nothing. Arguments are slices of the client's query buffer: valid until the command returns, never to be kept.
//
// Propagation: a write command that changed something (Keyspace.Dirty moved) is propagated word for word, unless it said
// otherwise with `Propagate.Instead` or `Propagate.Nothing`. Effects that must not be replayed verbatim (relative expiries,
// floats, random picks) are always said otherwise.
//
// Threads: the keyspace thread only.

using Redoubt.Keyspace;
using Redoubt.Resp;

namespace Redoubt.Commands;

public sealed class CommandContext
{
    private byte[] _buffer = [];
    private ArgumentRange[] _ranges = new ArgumentRange[16];

    public CommandContext(Redoubt.Keyspace.Keyspace keyspace, RespWriter reply, ServerPorts ports)
    {
        Keyspace = keyspace;
        Reply = reply;
        Ports = ports;
        Database = keyspace[0];
        Propagate = new Propagation();
    }

    public Redoubt.Keyspace.Keyspace Keyspace { get; }

    public RespWriter Reply { get; set; }

    public ServerPorts Ports { get; }

    public Propagation Propagate { get; }

    /// <summary>The client whose request this is.</summary>
    public ClientSession Session { get; set; } = null!;

    /// <summary>The session's selected database.</summary>
    public Database Database { get; set; }

    public CommandDescriptor Command { get; set; } = null!;

    /// <summary>Number of arguments, the command's name included.</summary>
    public int Count { get; private set; }

    /// <summary>Unix time of this command in milliseconds; the same for every step of it.</summary>
    public long NowMs => Keyspace.NowMs;

    public ReadOnlySpan<byte> this[int index]
    {
        get
        {
            ArgumentRange range = _ranges[index];
            return _buffer.AsSpan(range.Start, range.Length);
        }
    }

    /// <summary>Hash of the argument that the server looked up ahead of time, if any.</summary>
    public int HashedArgument { get; set; }

    public ulong ArgumentHash { get; set; }

    /// <summary>The argument as a key, with its hash.</summary>
    public Key Key(int index) =>
        index == HashedArgument ? new Key(this[index], ArgumentHash) : Keyspace.KeyOf(this[index]);

    /// <summary>Points this context at a request. Called by the dispatcher.</summary>
    public void Aim(byte[] buffer, ReadOnlySpan<ArgumentRange> arguments)
    {
        _buffer = buffer;
        if (_ranges.Length < arguments.Length)
            _ranges = new ArgumentRange[arguments.Length];
        arguments.CopyTo(_ranges);
        Count = arguments.Length;
        HashedArgument = 0;
    }

    /// <summary>Whether the argument is this word, in upper or lower case.</summary>
    public bool Is(int index, ReadOnlySpan<byte> word) => System.Text.Ascii.EqualsIgnoreCase(this[index], word);

    /// <summary>The one way out for errors, which also counts them.</summary>
    public void Error(ReadOnlySpan<byte> text)
    {
        Ports.Errors.Count(text);
        Reply.Error(text);
    }
}
