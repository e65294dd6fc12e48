// Keys of a writable replica that its own clients let expire.
//
// A replica leaves it to its master to delete what has expired. But of a key that was written here the master knows nothing; without
// more, it would stay for ever. So such keys are remembered by name, and a few of them looked at ten times a second. The
// deletion goes into this server's own log, as the write did, and no further.
//
// The keyspace thread only.

using Redoubt.Commands;
using Redoubt.Keyspace;
using Redoubt.Server.Hosting;

namespace Redoubt.Server.Dispatch;

internal sealed class OwnExpiries(Redoubt.Keyspace.Keyspace keyspace, ServerState state, Propagator propagator, DeletionNotes notes)
{
    private const int LooksPerTick = 64;

    private readonly Queue<(int Database, byte[] Key)> _keys = new();
    private readonly HashSet<(int Database, string Key)> _known = [];

    public int Count => _keys.Count;

    /// <summary>After a client's command that wrote to a replica: the keys among its arguments that expire now.</summary>
    public void Remember(CommandContext c, int database)
    {
        CommandDescriptor command = c.Command;
        if (command.FirstKey == 0)
            return;
        int last = command.LastKey < 0 ? c.Count + command.LastKey : command.LastKey;
        for (int i = command.FirstKey; i <= last && i < c.Count; i += Math.Max(1, command.KeyStep))
        {
            if (keyspace[database].Peek(keyspace.KeyOf(c[i])) is { Exists: true, ExpireAtMs: >= 0 } && _known.Add((database, NameOf(c[i]))))
                _keys.Enqueue((database, c[i].ToArray()));
        }
    }

    /// <summary>Ten times a second.</summary>
    public void Tick()
    {
        if (!state.IsReplica)
        {
            // A master deletes what has expired, whoever wrote it.
            _keys.Clear();
            _known.Clear();
            return;
        }
        keyspace.ExpiryMode = ExpiryMode.Hide;
        for (int looks = Math.Min(LooksPerTick, _keys.Count); looks > 0; looks--)
        {
            (int database, byte[] key) = _keys.Dequeue();
            if (IsToBeKept(keyspace[database], keyspace.KeyOf(key)))
                _keys.Enqueue((database, key));
            else
                _known.Remove((database, NameOf(key)));
        }
    }

    private bool IsToBeKept(Database database, Key key)
    {
        if (database.PresenceOf(key) == KeyPresence.Live)
            return database.Peek(key).ExpireAtMs >= 0;
        database.DeleteExpired(key);
        propagator.PropagateAside(notes.Deletions, database.Index);
        return false;
    }

    private static string NameOf(ReadOnlySpan<byte> key) => System.Text.Encoding.Latin1.GetString(key);
}
