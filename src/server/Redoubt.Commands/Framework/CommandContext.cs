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
    private ArgumentRange[] _ranges = [];
    private int _first;
    private readonly List<int> _redacted = [];
    private RespWriter? _scratch;

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

    public Propagation Propagate { get; set; }

    /// <summary>The client whose request this is.</summary>
    public ClientSession Session { get; set; } = null!;

    /// <summary>The session's selected database.</summary>
    public Database Database { get; set; }

    public CommandDescriptor Command { get; set; } = null!;

    /// <summary>The command is one of those that an EXEC runs.</summary>
    public bool IsInTransaction { get; set; }

    /// <summary>The key that woke the client, when this is the command it was blocked with, run again; else null.</summary>
    public byte[]? ReadyKey { get; set; }

    /// <summary>Number of arguments, the command's name included.</summary>
    public int Count { get; private set; }

    /// <summary>Unix time of this command in milliseconds; the same for every step of it.</summary>
    public long NowMs => Keyspace.NowMs;

    public ReadOnlySpan<byte> this[int index]
    {
        get
        {
            if ((uint)index >= (uint)Count)
                throw new ArgumentOutOfRangeException(nameof(index));
            ArgumentRange range = _ranges[_first + index];
            return _buffer.AsSpan(range.Start, range.Length);
        }
    }

    /// <summary>Marks an argument, such as a password, that SLOWLOG and MONITOR must not show.</summary>
    public void Redact(int index) => _redacted.Add(index);

    /// <summary>The argument as others may see it.</summary>
    public ReadOnlySpan<byte> Shown(int index) => _redacted.Contains(index) ? "(redacted)"u8 : this[index];

    /// <summary>Hash of the argument that the server looked up ahead of time, if any.</summary>
    public int HashedArgument { get; set; }

    public ulong ArgumentHash { get; set; }

    /// <summary>The argument as a key, with its hash.</summary>
    public Key Key(int index) =>
        index == HashedArgument ? new Key(this[index], ArgumentHash) : Keyspace.KeyOf(this[index]);

    /// <summary>Points this context at a request. Called by the dispatcher; nothing is copied.</summary>
    public void Aim(byte[] buffer, ArgumentRange[] ranges, int first, int count)
    {
        _buffer = buffer;
        _ranges = ranges;
        _first = first;
        Count = count;
        HashedArgument = 0;
        if (_redacted.Count > 0)
            _redacted.Clear();
    }

    /// <summary>The same for a request whose arguments fill <paramref name="arguments"/>.</summary>
    public void Aim(byte[] buffer, ReadOnlySpan<ArgumentRange> arguments) => Aim(buffer, arguments.ToArray(), 0, arguments.Length);

    /// <summary>Whether the argument is this word, in upper or lower case.</summary>
    public bool Is(int index, ReadOnlySpan<byte> word) => System.Text.Ascii.EqualsIgnoreCase(this[index], word);

    /// <summary>Room to write parts of a reply whose header comes later; empty at each request for it.</summary>
    public RespWriter Scratch
    {
        get
        {
            _scratch ??= new RespWriter(4096);
            _scratch.Clear();
            _scratch.Trim(64 * 1024);
            return _scratch;
        }
    }

    /// <summary>Whether a key whose time is up may be deleted here. A replica waits for its master's DEL, a loading server for the file's.</summary>
    public bool DeletesExpiredKeys => Keyspace.ExpiryMode == ExpiryMode.Delete;

    /// <summary>Whether a blocking command is to look at this key: a command that is run again looks only at the key that woke its client.</summary>
    public bool Concerns(int keyIndex) => ReadyKey is null || this[keyIndex].SequenceEqual(ReadyKey);

    /// <summary>False where waiting makes no sense: an EXEC has to end, and a master does not read replies.</summary>
    public bool MayBlock => !IsInTransaction && !Session.IsMasterLink;

    /// <summary>
    /// Makes the client wait, without a reply, until a key of this type comes to be among its keys; then the same command is run again.
    /// It may block again, and the client keeps its turn. Where it may not wait, the reply is that of a time-out.
    /// </summary>
    /// <param name="keyCount">Number of arguments from <paramref name="firstKey"/> on that are keys.</param>
    /// <param name="timeoutMs">0 = for ever.</param>
    /// <param name="needsKeys">The wait ends with an error when a key goes or changes its type, as XREADGROUP's does.</param>
    /// <param name="replaced">Words that the command says otherwise when it is run again.</param>
    public void Block(int firstKey, int keyCount, ValueType type, long timeoutMs, bool needsKeys = false,
        IReadOnlyList<ReplacedArgument>? replaced = null)
    {
        if (MayBlock)
            Ports.Blocking.Block(this, firstKey, keyCount, type, timeoutMs, needsKeys, replaced);
        else
            Reply.NullArray();
    }

    /// <summary>Something came to a key that was there already, such as an entry to a stream; who waits for it is looked after when this command is over.</summary>
    public void SignalReady(ReadOnlySpan<byte> key, ValueType type) => Ports.Blocking.SignalReady(Database, key, type);

    /// <summary>SELECT: this session's commands, the present one included, go to that database from now on.</summary>
    public void SelectDatabase(int index)
    {
        Session.DatabaseIndex = index;
        Database = Keyspace[index];
    }

    /// <summary>Publishes what this command did to a key of its database, where anybody wants to know.</summary>
    /// <param name="kind">The one class the event belongs to.</param>
    public void Notify(KeyspaceEvents kind, ReadOnlySpan<byte> name, ReadOnlySpan<byte> key)
    {
        if ((Ports.Settings.KeyspaceEvents & kind) != 0)
            Ports.Events?.Publish(name, key, Database.Index);
    }

    /// <summary>The same for a key of another database.</summary>
    public void Notify(KeyspaceEvents kind, ReadOnlySpan<byte> name, ReadOnlySpan<byte> key, Database database)
    {
        if ((Ports.Settings.KeyspaceEvents & kind) != 0)
            Ports.Events?.Publish(name, key, database.Index);
    }

    /// <summary>The one way out for errors, which also counts them.</summary>
    public void Error(ReadOnlySpan<byte> text)
    {
        Ports.Errors.Count(text);
        Reply.Error(text);
    }

    /// <summary>An error that names something the client sent: line ends in it become spaces, and a zero byte ends it.</summary>
    public void Error(ReadOnlySpan<byte> before, ReadOnlySpan<byte> named, ReadOnlySpan<byte> after)
    {
        int zero = named.IndexOf((byte)0);
        if (zero >= 0)
            named = named[..zero];
        byte[] text = new byte[before.Length + named.Length + after.Length];
        before.CopyTo(text);
        Span<byte> middle = text.AsSpan(before.Length, named.Length);
        named.CopyTo(middle);
        middle.Replace((byte)'\r', (byte)' ');
        middle.Replace((byte)'\n', (byte)' ');
        after.CopyTo(text.AsSpan(before.Length + named.Length));
        Error(text);
    }

    /// <summary>An error line worded elsewhere in the server.</summary>
    public void Error(string text) => Error([], System.Text.Encoding.UTF8.GetBytes(text), []);

    public void ArityError() => Error(Errors.WrongArity, CommandName, Errors.OfCommand);

    public void ExpireTimeError() => Error(Errors.InvalidExpireTime, CommandName, Errors.OfCommand);

    /// <summary>"unknown subcommand or wrong number of arguments", for commands that look at their subcommand themselves.</summary>
    public void SubcommandError()
    {
        ReadOnlySpan<byte> subcommand = this[1];
        string name = TopName();
        Error(Errors.UnknownSubcommand, subcommand[..Math.Min(subcommand.Length, 128)],
            System.Text.Encoding.UTF8.GetBytes($"'. Try {name} HELP."));
    }

    /// <summary>Text for people, such as INFO's.</summary>
    public void ReplyText(string text) => Reply.Verbatim("txt"u8, System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>The reply of a HELP subcommand: one line each.</summary>
    public void ReplyHelp(params ReadOnlySpan<string> lines)
    {
        string name = TopName();
        Reply.Array(lines.Length + 3);
        ReplyLine($"{name} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
        foreach (string line in lines)
            ReplyLine(line);
        ReplyLine("HELP");
        ReplyLine("    Prints this help.");
    }

    /// <summary>"CLIENT" for CLIENT LIST.</summary>
    private string TopName()
    {
        int bar = Command.Name.IndexOf('|');
        return (bar < 0 ? Command.Name : Command.Name[..bar]).ToUpperInvariant();
    }

    private void ReplyLine(string line) => Reply.SimpleString(System.Text.Encoding.UTF8.GetBytes(line));

    private byte[] CommandName => System.Text.Encoding.UTF8.GetBytes(Command.Name);
}
