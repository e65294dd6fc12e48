// What a demoted master does with the end of its history that the new one does not have.
//
// It knows the fork from the new master's INFO (see ReplicaHandshake), and has the bytes after it in its backlog. A tail without
// writes is taken back, so that a partial resync is possible. One with writes is saved, before the full resync that is to come throws
// those writes away: as `missed-writes-<replication id>-<first byte>.aof` in `dir`, the very bytes of the stream, after a line that says what they are. Redis's own tools read it as an
// append-only file. Until the file is safe on the disk nothing is given up: a full disk keeps the old master out of the group, and says so.
//
// Threads: the keyspace thread; the file is written by one of the pool's.

using System.Globalization;
using System.Text;
using Redoubt.Persistence;
using Redoubt.Replication;
using Redoubt.Server.Configuration;
using Redoubt.Server.Logging;
using Redoubt.Server.Loop;
using Redoubt.Topology;

namespace Redoubt.Server.Replicas;

/// <summary>Writes of this node, as a master, that its successor never received.</summary>
/// <param name="Path">The file that holds them.</param>
internal sealed record MissedWrites(string Path, long Bytes, int Commands);

internal sealed class OldMaster(ReplicationService service, ServerConfig config, ServerLog log, Mailbox mailbox)
{
    private byte[] _tail = [];
    private UnreplicatedTail _contents;
    private StreamPosition _fork;

    /// <summary>What was saved last; null when nothing has been missed.</summary>
    public MissedWrites? Missed { get; private set; }

    /// <summary>Looks at what lies beyond the fork, and takes it back if there is no write in it. True when it must be saved first.</summary>
    /// <param name="fork">The first byte that the new master does not have, if it said so.</param>
    public bool MustSave(StreamPosition? fork)
    {
        ReplicationStream stream = service.Stream;
        if (fork is not { } first || first >= stream.Offset.NextByte)
            return false;
        long length = stream.Offset - first.OffsetBefore;
        if (stream.Window is not { } window || !window.CanContinueFrom(first) || length > Array.MaxLength || CopyFrom(first, (int)length) is not { } tail)
        {
            Write($"The last {length} bytes of our history never reached the new master, and the backlog (repl-backlog-size {stream.BacklogSizeBytes}) does not hold all of them any more: "
                + "they cannot be saved.");
            return false;
        }
        _fork = first;
        _tail = tail;
        _contents = UnreplicatedTail.Read(_tail);
        if (_contents.Writes > 0)
            return true;
        service.Replicas.DisconnectAll();
        stream.TakeBackTo(first.OffsetBefore);
        _tail = [];
        log.Write(LogLevel.Notice, LogMessages.Id.Text, $"Stepping back {length} bytes, {_contents.Commands} commands without a write among them, to where the new master parted from us.");
        return false;
    }

    /// <summary>Writes the tail to its file. Then <paramref name="done"/> is told, on this thread, whether it is safe there.</summary>
    public void Save(Action<bool> done)
    {
        byte[] tail = _tail;
        _tail = [];
        string name = $"missed-writes-{service.History.Id}-{_fork}.aof";
        byte[] heading = Heading(tail.Length);
        MissedWrites missed = new(config.PathInDir(name), tail.Length, _contents.Writes);
        ThreadPool.UnsafeQueueUserWorkItem(
            _ =>
            {
                StorageError? error = Write(missed.Path, name, heading, tail);
                mailbox.Post(() => Saved(missed, error, done));
            },
            null);
    }

    private void Saved(MissedWrites missed, StorageError? error, Action<bool> done)
    {
        if (error is null)
        {
            Missed = missed;
            Write($"{missed.Commands} writes of ours ({missed.Bytes} bytes of the stream) never reached the new master. They are saved in {missed.Path}, before its dataset replaces ours.");
        }
        else
        {
            Write($"{missed.Commands} writes of ours never reached the new master, and cannot be saved: {error}. Our dataset is kept until they are.");
        }
        done(error is null);
    }

    private static StorageError? Write(string path, string name, byte[] heading, byte[] tail)
    {
        string folder = Path.GetDirectoryName(path) ?? ".";
        (AtomicFile? file, StorageError? error) = AtomicFile.Create(folder, name, "temp-" + name);
        using (file)
            return error ?? file!.Write(heading) ?? file.Write(tail) ?? file.Commit();
    }

    /// <summary>A line that readers of append-only files pass over, and the database of the first command.</summary>
    private byte[] Heading(int length)
    {
        int? database = service.Stream.DatabaseAt(_fork);
        string line = string.Create(
            CultureInfo.InvariantCulture,
            $"#missed-writes replid:{service.History.Id} first-byte:{_fork} bytes:{length} commands:{_contents.Commands} writes:{_contents.Writes} database:{(database is { } known ? known : "unknown")} saved-at-ms:{Clock.UnixMs}\r\n");
        string select = database is { } db ? string.Create(CultureInfo.InvariantCulture, $"*2\r\n$6\r\nSELECT\r\n${Digits(db)}\r\n{db}\r\n") : "";
        return Encoding.ASCII.GetBytes(line + select);
    }

    private static int Digits(int number) => number.ToString(CultureInfo.InvariantCulture).Length;

    /// <summary>Null when part of it cannot be read any more.</summary>
    private byte[]? CopyFrom(StreamPosition first, int length)
    {
        byte[] copy = GC.AllocateUninitializedArray<byte>(length);
        using ReplicaCursor cursor = service.Stream.CursorAt(first);
        for (int done = 0; done < length;)
        {
            ReadOnlySpan<byte> piece = cursor.Next(length - done);
            if (cursor.IsLost)
                return null;
            piece.CopyTo(copy.AsSpan(done));
            done += piece.Length;
            cursor.Advance(piece.Length);
        }
        return copy;
    }

    private void Write(string line) => log.Write(LogLevel.Warning, LogMessages.Id.Text, line);
}
