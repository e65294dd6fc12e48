using System.Buffers.Text;
using Redoubt.Topology;

namespace Redoubt.Replication;

/// <summary>What a replica asks for: <c>PSYNC id position [FAILOVER]</c>.</summary>
/// <param name="IdText">As it came; need not be an ID at all.</param>
/// <param name="Next">The byte it wants next; -1 with <c>?</c>.</param>
/// <param name="Failover">Its master hands over to us.</param>
public readonly record struct PsyncRequest(string IdText, StreamPosition Next, bool Failover)
{
    /// <summary>The ID, or none when the text is not one (such as <c>?</c>).</summary>
    public ReplicationId Id => ReplicationId.TryParse(IdText, out ReplicationId id) ? id : ReplicationId.None;

    /// <summary>True for <c>?</c>: the replica has no history to continue.</summary>
    public bool AsksForFullResync => IdText.StartsWith('?');

    /// <summary>Reads the arguments after the name; false when the position is not a number
    /// (<c>ERR value is not an integer or out of range</c>).</summary>
    public static bool TryRead(ReadOnlySpan<byte> id, ReadOnlySpan<byte> position, ReadOnlySpan<byte> option, out PsyncRequest request)
    {
        request = default;
        if (!StrictInteger.TryParse(position, out long next))
            return false;
        bool failover = StrictInteger.EqualsWord(option, "failover"u8);
        request = new PsyncRequest(System.Text.Encoding.Latin1.GetString(id), new StreamPosition(next), failover);
        return true;
    }
}

/// <summary>Why a partial resync was not possible.</summary>
public enum FullResyncReason
{
    /// <summary>It was.</summary>
    None,

    /// <summary><c>PSYNC ?</c>: the replica has nothing to continue from.</summary>
    Requested,

    /// <summary>The ID is neither of ours.</summary>
    UnknownId,

    /// <summary>The ID is our second, but the replica is past the point where the histories part.</summary>
    PastTheFork,

    /// <summary>There is no backlog, or the byte is older than its first one or newer than the one after its last.</summary>
    NotInBacklog,
}

// The rules, in this order:
//   1. id = `?`                                       -> full resync (requested)
//   2. id is neither ours nor our second              -> full resync (unknown ID)
//   3. id is our second and the request > its bound   -> full resync (past the fork)
//   4. no backlog, or the byte is not within
//      [first byte, byte after the last]              -> full resync (not in the backlog)
//   5. otherwise continue from that byte; a replica that knows PSYNC2 is told our current ID, because it may differ
//      from the one it asked with.

/// <summary>The answer to a PSYNC, decided from values alone.</summary>
public readonly record struct PsyncDecision
{
    private readonly PsyncRequest _request;
    private readonly ReplicationId _id;
    private readonly ReplicationId _secondId;
    private readonly StreamPosition _bound;
    private readonly BacklogWindow? _backlog;
    private readonly bool _psync2;

    private PsyncDecision(PsyncRequest request, ReplicationState state, BacklogWindow? backlog, bool psync2)
    {
        _request = request;
        _id = state.Id;
        _secondId = state.SecondId;
        _bound = state.SecondOffset;
        _backlog = backlog;
        _psync2 = psync2;
        Reason = Judge();
    }

    /// <summary>Why not, or <see cref="FullResyncReason.None"/>.</summary>
    public FullResyncReason Reason { get; }

    /// <summary>True for a partial resync.</summary>
    public bool Continues => Reason == FullResyncReason.None;

    /// <summary>The byte to send first, for a cursor; meaningful when <see cref="Continues"/>.</summary>
    public StreamPosition From => _request.Next;

    /// <summary>How many bytes of backlog the replica will get at once.</summary>
    public long BacklogBytes => Continues ? _backlog!.Value.End.NextByte - From : 0;

    /// <summary>Whether <c>sync_partial_err</c> counts it: a plain wish for a full resync is no failure.</summary>
    public bool CountsAsPartialError => !Continues && Reason != FullResyncReason.Requested;

    /// <summary>Decides. The second ID is none at first, and a request that names no ID never matches it.</summary>
    public static PsyncDecision Decide(PsyncRequest request, ReplicationState state, BacklogWindow? backlog, bool psync2) =>
        new(request, state, backlog, psync2);

    /// <summary>Writes <c>+CONTINUE [id]</c> with its line end into at least 64 bytes; returns the length.</summary>
    public int WriteContinue(Span<byte> destination)
    {
        if (!Continues)
            throw new InvalidOperationException("The decision was a full resync.");
        "+CONTINUE"u8.CopyTo(destination);
        int length = 9;
        if (_psync2)
        {
            destination[length++] = (byte)' ';
            _id.TryFormat(destination[length..]);
            length += ReplicationId.TextLength;
        }

        "\r\n"u8.CopyTo(destination[length..]);
        return length + 2;
    }

    /// <summary>Writes <c>+FULLRESYNC id offset</c> with its line end into at least 80 bytes. The offset is that of the snapshot,
    /// known only when it begins.</summary>
    public static int WriteFullResync(Span<byte> destination, ReplicationId id, ReplicationOffset snapshot)
    {
        "+FULLRESYNC "u8.CopyTo(destination);
        id.TryFormat(destination[12..]);
        destination[52] = (byte)' ';
        Utf8Formatter.TryFormat(snapshot.Value, destination[53..], out int digits);
        "\r\n"u8.CopyTo(destination[(53 + digits)..]);
        return 55 + digits;
    }

    /// <summary>Writes the log lines Redis writes for this outcome.</summary>
    public void Log(IReplicationLog log, string replica, ReplicationOffset offset)
    {
        switch (Reason)
        {
            case FullResyncReason.None:
                log.Notice($"Partial resynchronization request from {replica} accepted. Sending {BacklogBytes} bytes of backlog starting from offset {From}.");
                break;
            case FullResyncReason.Requested:
                log.Notice($"Full resync requested by replica {replica}");
                break;
            case FullResyncReason.UnknownId:
                log.Notice($"Partial resynchronization not accepted: Replication ID mismatch (Replica asked for '{_request.IdText}', my replication IDs are '{_id}' and '{_secondId}')");
                break;
            case FullResyncReason.PastTheFork:
                log.Notice($"Partial resynchronization not accepted: Requested offset for second ID was {_request.Next}, but I can reply up to {_bound}");
                break;
            default:
                log.Notice($"Unable to partial resync with replica {replica} for lack of backlog (Replica request was: {_request.Next}).");
                if (_request.Next.Value > offset.Value)
                    log.Warning($"Warning: replica {replica} tried to PSYNC with an offset that is greater than the master replication offset.");
                break;
        }
    }

    private FullResyncReason Judge()
    {
        if (_request.AsksForFullResync)
            return FullResyncReason.Requested;
        ReplicationId id = _request.Id;
        if (id.IsNone || (id != _id && id != _secondId))
            return FullResyncReason.UnknownId;
        if (id != _id && _request.Next > _bound)
            return FullResyncReason.PastTheFork;
        return _backlog is { } window && window.CanContinueFrom(_request.Next) ? FullResyncReason.None : FullResyncReason.NotInBacklog;
    }
}
