// Writes to large values that a snapshot has only in part, or not at all yet.
//
// Such a write would first have to give the rest of the value to the snapshot: for a sorted set of ten million members a pause of seconds, for everybody.
// So the client waits instead, and the snapshot gives out that value next, piece by piece, while the other clients go on. Any write waits that may change
// the value: EXEC for all that it will run.
//
// What a master or the append only file says is never held back: its order counts, and nothing else would go on behind it.
//
// Threads: the keyspace thread.

using Redoubt.Commands;
using Redoubt.Commands.Introspection;
using Redoubt.Keyspace;
using Redoubt.Server.Connections;

namespace Redoubt.Server.Dispatch;

internal sealed class LargeWrites(Redoubt.Keyspace.Keyspace keyspace, ConnectionTable connections)
{
    private readonly List<ClientConnection> _held = [];
    private long _largeDone;
    private CommandContext? _context;
    private ArgumentAt? _words;

    /// <summary>Whether the client waits before this command. It is looked at again when a large value was given out.</summary>
    public bool Hold(CommandContext c, ClientConnection client, CommandDescriptor command)
    {
        if (keyspace.Snapshot is not { } walk || client.IsMasterLink || !MustWait(walk, c, client, command))
            return false;
        if (_held.Count == 0)
            _largeDone = walk.LargeDone;
        _held.Add(client);
        return true;
    }

    /// <summary>At the end of a round: lets those try again who wait, if anything has become of it.</summary>
    public void Release()
    {
        if (_held.Count == 0 || (keyspace.Snapshot is { } walk && walk.LargeDone == _largeDone))
            return;
        foreach (ClientConnection client in _held)
        {
            if (client is { IsClosed: false, IsBlocked: true, IsResuming: false, Wait: null })
                connections.ResumeLater(client);
        }
        _held.Clear();
    }

    private bool MustWait(SnapshotWalk walk, CommandContext c, ClientConnection client, CommandDescriptor command)
    {
        Database database = keyspace[client.DatabaseIndex];
        if (client.Transaction is not { } transaction)
            return MayChangeLarge(walk, database, command, WordsOf(c), c.Count);
        if (command.Name != "exec" || (transaction.CombinedFlags & CommandFlags.Write) == 0)
            return false;
        bool mustWait = false;
        foreach (QueuedCommand queued in transaction.Commands)
            mustWait |= MayChangeLarge(walk, database, queued.Command, index => queued.Argument(index), queued.Arguments.Length);
        return mustWait;
    }

    /// <summary>Reads the words of whatever request the context is aimed at: made once per context, for this is asked before every command while a snapshot runs.</summary>
    private ArgumentAt WordsOf(CommandContext c)
    {
        if (_context != c)
            (_context, _words) = (c, ReaderOf(c));
        return _words!;
    }

    private static ArgumentAt ReaderOf(CommandContext c) => index => c[index];

    /// <summary>All keys are asked for, so that those that are to be given out are all known at once.</summary>
    private bool MayChangeLarge(SnapshotWalk walk, Database database, CommandDescriptor command, ArgumentAt arguments, int count)
    {
        if (!command.Has(CommandFlags.Write))
            return false;
        bool mustWait = false;
        if (command.Has(CommandFlags.MovableKeys))
        {
            foreach (KeyUse key in KeyExtraction.Find(command, arguments, count) ?? [])
                mustWait |= walk.Postpones(database, keyspace.KeyOf(arguments(key.Argument)));
            return mustWait;
        }
        if (command.FirstKey == 0)
            return false;
        int last = command.LastKey < 0 ? count + command.LastKey : command.LastKey;
        for (int i = command.FirstKey; i <= Math.Min(last, count - 1); i += command.KeyStep)
            mustWait |= walk.Postpones(database, keyspace.KeyOf(arguments(i)));
        return mustWait;
    }
}
