using System.Text;
using Redoubt.Keyspace;
using Redoubt.Native.Memory;
using Redoubt.Resp;
using Redoubt.Structures.Entries;

namespace Redoubt.Commands.Tests;

/// <summary>Runs commands against a real keyspace, as the dispatcher would, and shows reply and propagation.</summary>
internal sealed class CommandRig : IKeyspaceObserver, IDisposable
{
    private readonly GuardHeap _heap = new();
    private readonly List<string> _propagated = [];

    public CommandRig()
    {
        Keyspace = new Redoubt.Keyspace.Keyspace(_heap, 16, new Random(1)) { Observer = this, NowMs = 1_700_000_000_000 };
        Ports.Anteroom = Keyspace.Anteroom;
        Session = new FakeSession { Id = 3 };
        Context = new CommandContext(Keyspace, new RespWriter(), Ports.ToPorts()) { Session = Session };
    }

    public Redoubt.Keyspace.Keyspace Keyspace { get; }

    public FakePorts Ports { get; } = new();

    public FakeSession Session { get; }

    public CommandContext Context { get; }

    /// <summary>Whether the keyspace's time follows the clock; it stands still otherwise.</summary>
    public bool FollowsClock { get; set; }

    /// <summary>What the last command propagated: one line per command.</summary>
    public IReadOnlyList<string> Propagated => _propagated;

    /// <summary>Runs a line of words parted by single spaces; shows the reply with \r\n as '|'.</summary>
    public string Run(string line) => Show(Run(Words(line)));

    public static byte[][] Words(string line) => [.. line.Split(' ').Select(Encoding.Latin1.GetBytes)];

    public static string Show(ReadOnlySpan<byte> reply) => Encoding.Latin1.GetString(reply).Replace("\r\n", "|").TrimEnd('|');

    public byte[] Run(byte[][] words)
    {
        if (FollowsClock)
            Keyspace.NowMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        Aim(words);
        Context.Propagate.Reset();
        Context.Reply.Clear();
        Context.Reply.Protocol = Session.Protocol;
        _propagated.Clear();
        long dirty = Keyspace.Dirty;
        Dispatch(words);
        _propagated.AddRange(RespText.Commands(Context.Propagate.Commands));
        if (!Context.Propagate.IsReplaced && (Keyspace.Dirty != dirty || Context.Propagate.IsForced))
            _propagated.Add(RespText.Line(words));
        return Context.Reply.Written.ToArray();
    }

    /// <summary>Points the context at a request without running it; returns the command's index.</summary>
    public int Aim(byte[][] words)
    {
        byte[] buffer = [.. words.SelectMany(word => word)];
        var ranges = new ArgumentRange[words.Length];
        int at = 0;
        for (int i = 0; i < words.Length; i++)
        {
            ranges[i] = new ArgumentRange(at, words[i].Length);
            at += words[i].Length;
        }
        Context.Aim(buffer, ranges);
        return Find(words)?.Index ?? -1;
    }

    public void Expired(Database database, ReadOnlySpan<byte> key) => Context.Propagate.Also(2).Word("DEL"u8).Word(key);

    public void FreeElsewhere(DetachedValue value) => EntryTable.FreeDetached(_heap, value);

    /// <summary>Whether the heap's fences stand and the keys are where they should be.</summary>
    public void Verify()
    {
        _heap.Verify();
        Keyspace[0].Verify();
    }

    public void Dispose()
    {
        Keyspace.Dispose();
        _heap.AssertEmpty();
        _heap.Dispose();
    }

    private void Dispatch(byte[][] words)
    {
        string name = Encoding.Latin1.GetString(words[0]).ToUpperInvariant();
        if (Find(words) is not { } command)
        {
            Context.Error(words.Length > 1 && CommandTable.Find(words[0]) is not null
                ? $"ERR unknown subcommand '{Encoding.Latin1.GetString(words[1])}'. Try {name} HELP."
                : $"ERR unknown command '{name}'");
            return;
        }
        Context.Command = command;
        if (command.AcceptsCount(words.Length))
            CommandTable.Execute(command.Index, Context);
        else
            Context.ArityError();
    }

    private static CommandDescriptor? Find(byte[][] words)
    {
        CommandDescriptor? command = CommandTable.Find(words[0]);
        return command is { Subcommands.Length: > 0 } && words.Length > 1 ? CommandTable.FindSubcommand(command, words[1]) : command;
    }
}
