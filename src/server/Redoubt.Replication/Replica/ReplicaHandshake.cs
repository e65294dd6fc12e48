using System.Buffers;
using System.Text;
using Redoubt.Topology;

namespace Redoubt.Replication;

// The replica's side of the handshake, as a state machine that is fed with what happens and leaves bytes to be sent.
//
//   state     sends on entry                                        leaves on
//   Ping      PING                                                  any '+', or an error that only says "not without AUTH"
//   Auth      [AUTH [user] password], REPLCONF listening-port,      '+'; an error ends the attempt
//             [REPLCONF ip-address], REPLCONF capa: in one piece
//   Port, Ip, Capa  nothing (the replies to the above)              any reply; an error is noted and forgiven
//   Fork      INFO replication, from an old master that asks        the reply; an error is forgiven
//             where the new one parted from it
//   Psync     PSYNC id next | PSYNC ? -1, with FAILOVER if so       +CONTINUE, +FULLRESYNC, or an error (see OnPsyncReply)
//   Payload   nothing                                               $length or $EOF:mark
//   Sync      nothing: the caller reads the snapshot                OnSnapshotLoaded
//   Stream    nothing: the link is connected
//
// Redis sends PING first and alone, since a master that is no Redis, or is loading, should be noticed before a password is
// sent; everything up to the capabilities then goes out without waiting for replies, and PSYNC when all of them are in. The bytes
// here are the same, compared with a recording of redis-server 7.0.15 in the tests.
//
// While it prepares a snapshot a master sends empty lines, which only say that it lives. A master that does not know PSYNC gets
// the older SYNC, and then the offset of its stream is unknown: no partial resync will be possible (`MasterOffset` is null).
//
// Times come in as arguments. `repl-timeout` counts from the last sign of life, in every state.

/// <summary>The replica's half of the replication handshake.</summary>
public sealed class ReplicaHandshake(HandshakeOptions options, IReplicationLog log)
{
    private const int LongestLine = 1024;

    private readonly ArrayBufferWriter<byte> _output = new(256);
    private Step _step;
    private ResumePoint? _resume;
    private bool _failover;
    private long _lastIoMs;
    private readonly ArrayBufferWriter<byte> _info = new(1);
    private long _infoLeft;

    private enum Step
    {
        Idle,
        Connecting,
        Ping,
        Auth,
        Port,
        Ip,
        Capa,
        Fork,
        Psync,
        Payload,
        Sync,
        Stream,
    }

    /// <summary>The state for INFO and ROLE. Between two attempts it is <see cref="LinkState.Connect"/>.</summary>
    public LinkState State => _step switch
    {
        Step.Idle => LinkState.Connect,
        Step.Connecting => LinkState.Connecting,
        Step.Payload or Step.Sync => LinkState.Sync,
        Step.Stream => LinkState.Connected,
        _ => LinkState.Handshake,
    };

    /// <summary>Bytes to be sent; take them and call <see cref="OutputSent"/>.</summary>
    public ReadOnlySpan<byte> Output => _output.WrittenSpan;

    /// <summary>The master's replication ID, from +FULLRESYNC or +CONTINUE; none after SYNC.</summary>
    public ReplicationId MasterId { get; private set; }

    /// <summary>The offset of the snapshot to come; null after SYNC.</summary>
    public ReplicationOffset? MasterOffset { get; private set; }

    /// <summary>How the snapshot ends.</summary>
    public PayloadAnnouncement Payload { get; private set; }

    /// <summary>The first byte of our history that the master does not have; null when it says nothing of our history.</summary>
    public StreamPosition? Fork { get; private set; }

    /// <summary>Whether a PSYNC with FAILOVER went out on this attempt: the target may have acted on it even if its reply got lost.</summary>
    public bool FailoverSent { get; private set; }

    /// <summary>Whether the bytes that come in are lines for <see cref="Feed"/>, not payload or stream.</summary>
    public bool ExpectsLines => _step is >= Step.Ping and <= Step.Payload;

    /// <summary>Forgets the bytes of <see cref="Output"/>.</summary>
    public void OutputSent() => _output.ResetWrittenCount();

    /// <summary>A connection to the master is being made.</summary>
    /// <param name="resume">What this node has, or null to ask for everything.</param>
    /// <param name="failover">This node is the old master of a FAILOVER and hands over.</param>
    /// <param name="nowMs">The present.</param>
    public void OnConnecting(ResumePoint? resume, bool failover, long nowMs)
    {
        _step = Step.Connecting;
        _resume = resume;
        _failover = failover;
        _lastIoMs = nowMs;
        FailoverSent = false;
        MasterId = ReplicationId.None;
        MasterOffset = null;
        Fork = null;
        _output.ResetWrittenCount();
        log.Notice("MASTER <-> REPLICA sync started");
    }

    /// <summary>The connection stands.</summary>
    public void OnConnected(long nowMs)
    {
        log.Notice("Non blocking connect for SYNC fired the event.");
        _lastIoMs = nowMs;
        _step = Step.Ping;
        Send("PING"u8);
    }

    /// <summary>The connection could not be made or broke, with the system's words for it.</summary>
    public void OnConnectionLost(string error)
    {
        switch (_step)
        {
            case Step.Connecting:
                log.Warning($"Error condition on socket for SYNC: {error}");
                break;
            case Step.Sync:
                log.Warning($"I/O error trying to sync with MASTER: {error}");
                break;
            case Step.Payload:
                log.Warning($"I/O error reading bulk count from MASTER: {error}");
                break;
            case Step.Stream:
                log.Warning("Connection with master lost.");
                break;
            case > Step.Connecting:
                log.Warning("Master did not respond to command during SYNC handshake");
                break;
        }

        _step = Step.Idle;
    }

    /// <summary>Back to the start, without words: the role or the master changed.</summary>
    public void Reset() => _step = Step.Idle;

    /// <summary>Payload or stream bytes came: the master lives.</summary>
    public void OnTraffic(long nowMs) => _lastIoMs = nowMs;

    /// <summary>The snapshot is in place; the stream follows.</summary>
    public void OnSnapshotLoaded(long nowMs)
    {
        _lastIoMs = nowMs;
        _step = Step.Stream;
        log.Notice("MASTER <-> REPLICA sync: Finished with success");
    }

    /// <summary>False when the master was silent for longer than <c>repl-timeout</c>: close and try again.</summary>
    public bool OnTimer(long nowMs)
    {
        if (_step == Step.Idle || nowMs / 1000 - _lastIoMs / 1000 <= options.TimeoutSeconds)
            return true;
        log.Warning(_step switch
        {
            Step.Payload or Step.Sync => "Timeout receiving bulk data from MASTER... If the problem persists try to set the 'repl-timeout' parameter in redis.conf to a larger value.",
            Step.Stream => "MASTER timeout: no data nor PING received...",
            _ => "Timeout connecting to the MASTER...",
        });
        _step = Step.Idle;
        return false;
    }

    /// <summary>Takes received bytes and reads the lines in them, up to the first that asks the caller for something. Bytes of an
    /// incomplete line are not consumed: keep them and pass them again with what follows.</summary>
    public HandshakeEvent Feed(ReadOnlySpan<byte> received, long nowMs, out int consumed)
    {
        consumed = 0;
        while (ExpectsLines)
        {
            ReadOnlySpan<byte> rest = received[consumed..];
            int end = rest.IndexOf((byte)'\n');
            if (end < 0)
            {
                if (rest.Length > LongestLine)
                    return Fail("Master did not respond to command during SYNC handshake");
                break;
            }

            consumed += end + 1;
            ReadOnlySpan<byte> line = rest[..end];
            HandshakeEvent outcome = OnLine(line.EndsWith((byte)'\r') ? line[..^1] : line, nowMs);
            if (outcome != HandshakeEvent.Waiting)
                return outcome;
        }

        return HandshakeEvent.Waiting;
    }

    /// <summary>Takes one line without its end.</summary>
    public HandshakeEvent OnLine(ReadOnlySpan<byte> line, long nowMs)
    {
        _lastIoMs = nowMs;
        switch (_step)
        {
            case Step.Ping:
                return OnPong(line);
            case Step.Auth:
                if (IsError(line))
                    return Fail($"Unable to AUTH to MASTER: {Text(line)}");
                _step = Step.Port;
                return HandshakeEvent.Waiting;
            case Step.Port:
                Forgive("listening-port", line);
                _step = options.AnnounceIp is null ? Step.Capa : Step.Ip;
                return HandshakeEvent.Waiting;
            case Step.Ip:
                Forgive("ip-address", line);
                _step = Step.Capa;
                return HandshakeEvent.Waiting;
            case Step.Capa:
                Forgive("capa", line);
                return AskForFork();
            case Step.Fork:
                return OnInfo(line);
            case Step.Psync:
                return line.IsEmpty ? HandshakeEvent.Waiting : OnPsyncReply(line);
            case Step.Payload:
                return line.IsEmpty ? HandshakeEvent.Waiting : OnAnnouncement(line);
            default:
                throw new InvalidOperationException($"No line is expected in step {_step}.");
        }
    }

    private HandshakeEvent OnPong(ReadOnlySpan<byte> line)
    {
        bool lives = line.StartsWith("+"u8) || line.StartsWith("-NOAUTH"u8) || line.StartsWith("-NOPERM"u8)
            || line.StartsWith("-ERR operation not permitted"u8);
        if (!lives)
            return Fail($"Error reply to PING from master: '{Text(line)}'");
        log.Notice("Master replied to PING, replication can continue...");
        if (options.MasterAuth is { IsEmpty: false } password)
        {
            if (options.MasterUser is { IsEmpty: false } user)
                Send("AUTH"u8, user.Span, password.Span);
            else
                Send("AUTH"u8, password.Span);
        }

        Span<byte> port = stackalloc byte[11];
        System.Buffers.Text.Utf8Formatter.TryFormat(options.ListeningPort, port, out int digits);
        Send("REPLCONF"u8, "listening-port"u8, port[..digits]);
        if (options.AnnounceIp is { } ip)
            Send("REPLCONF"u8, "ip-address"u8, Encoding.UTF8.GetBytes(ip));
        Send("REPLCONF"u8, "capa"u8, "eof"u8, "capa"u8, "psync2"u8);
        _step = options.MasterAuth is { IsEmpty: false } ? Step.Auth : Step.Port;
        return HandshakeEvent.Waiting;
    }

    private HandshakeEvent AskForFork()
    {
        if (_failover || _resume is not { AsksForFork: true })
        {
            SendPsync();
            return HandshakeEvent.Waiting;
        }
        _info.Clear();
        _infoLeft = -1;
        Send("INFO"u8, "replication"u8);
        _step = Step.Fork;
        return HandshakeEvent.Waiting;
    }

    // The bulk comes line by line: its header, its lines, and the empty one after it.
    private HandshakeEvent OnInfo(ReadOnlySpan<byte> line)
    {
        if (_infoLeft < 0)
        {
            if (line.StartsWith("$"u8) && StrictInteger.TryParse(line[1..], out long length) && length >= 0)
            {
                _infoLeft = length + 2;
                return HandshakeEvent.Waiting;
            }
            log.Notice($"(Non critical) Master does not answer INFO: {Text(line)}");
            return HandshakeEvent.ForkKnown;
        }
        _info.Write(line);
        _info.Write("\r\n"u8);
        _infoLeft -= line.Length + 2;
        if (_infoLeft > 0)
            return HandshakeEvent.Waiting;
        if (ReplicationInfo.TryParse(_info.WrittenSpan, out ReplicationInfo info) && _resume is { } resume && info.SecondReplicationId == resume.Id)
            Fork = info.SecondOffset;
        return HandshakeEvent.ForkKnown;
    }

    /// <summary>After <see cref="HandshakeEvent.ForkKnown"/>: asks for a resync from here.</summary>
    public void AskForResync(ResumePoint? resume)
    {
        _resume = resume;
        SendPsync();
    }

    private void SendPsync()
    {
        Span<byte> id = stackalloc byte[ReplicationId.TextLength];
        Span<byte> next = stackalloc byte[20];
        int idLength = 1;
        int nextLength = 2;
        if (_resume is { } resume)
        {
            resume.Id.TryFormat(id);
            idLength = ReplicationId.TextLength;
            System.Buffers.Text.Utf8Formatter.TryFormat(resume.Applied.NextByte.Value, next, out nextLength);
            log.Notice($"Trying a partial resynchronization (request {resume.Id}:{resume.Applied.NextByte}).");
        }
        else
        {
            id[0] = (byte)'?';
            "-1"u8.CopyTo(next);
            log.Notice("Partial resynchronization not possible (no cached master)");
        }

        if (_failover)
            Send("PSYNC"u8, id[..idLength], next[..nextLength], "FAILOVER"u8);
        else
            Send("PSYNC"u8, id[..idLength], next[..nextLength]);
        FailoverSent = _failover;
        _step = Step.Psync;
    }

    private HandshakeEvent OnPsyncReply(ReadOnlySpan<byte> line)
    {
        if (line.StartsWith("+FULLRESYNC"u8))
            return OnFullResync(line);
        if (line.StartsWith("+CONTINUE"u8) && _resume is { } resume)
        {
            log.Notice("Successful partial resynchronization with master.");
            MasterId = line.Length > 10 && ReplicationId.TryParse(line[10..], out ReplicationId id) ? id : resume.Id;
            if (MasterId != resume.Id)
                log.Warning($"Master replication ID changed to {MasterId}");
            log.Notice("MASTER <-> REPLICA sync: Master accepted a Partial Resynchronization.");
            _step = Step.Stream;
            return HandshakeEvent.Continued;
        }

        bool later = line.StartsWith("-NOMASTERLINK"u8) || line.StartsWith("-LOADING"u8);
        if (later)
            log.Notice($"Master is currently unable to PSYNC but should be in the future: {Text(line)}");
        else if (line.StartsWith("-ERR"u8))
            log.Notice($"Master does not support PSYNC or is in error state (reply: {Text(line)})");
        else
            log.Warning($"Unexpected reply to PSYNC from master: {Text(line)}");
        if (_failover)
        {
            _step = Step.Idle;
            return line.StartsWith("-ERR PSYNC FAILOVER can't be sent to a master"u8)
                ? HandshakeEvent.FailoverTargetIsMaster
                : HandshakeEvent.FailoverRejected;
        }

        if (later)
        {
            _step = Step.Idle;
            return HandshakeEvent.Failed;
        }

        log.Notice("Retrying with SYNC...");
        "SYNC\r\n"u8.CopyTo(_output.GetSpan(6));
        _output.Advance(6);
        _step = Step.Payload;
        return HandshakeEvent.FullResync;
    }

    private HandshakeEvent OnFullResync(ReadOnlySpan<byte> line)
    {
        ReadOnlySpan<byte> rest = line.Length > 12 ? line[12..] : default;
        int idEnd = rest.IndexOf((byte)' ');
        if (idEnd > 0 && ReplicationId.TryParse(rest[..idEnd], out ReplicationId id) && StrictInteger.TryParse(rest[(idEnd + 1)..], out long offset))
        {
            MasterId = id;
            MasterOffset = new ReplicationOffset(offset);
            log.Notice($"Full resync from master: {id}:{offset}");
        }
        else
        {
            // The snapshot will come all the same; only a later partial resync is not possible.
            log.Warning("Master replied with wrong +FULLRESYNC syntax.");
        }

        _step = Step.Payload;
        return HandshakeEvent.FullResync;
    }

    private HandshakeEvent OnAnnouncement(ReadOnlySpan<byte> line)
    {
        if (IsError(line))
            return Fail($"MASTER aborted replication with an error: {Text(line[1..])}");
        if (line.StartsWith("$EOF:"u8) && line.Length >= 5 + EofMarkScanner.MarkLength)
        {
            Payload = new PayloadAnnouncement(-1, line.Slice(5, EofMarkScanner.MarkLength).ToArray());
            log.Notice($"MASTER <-> REPLICA sync: receiving streamed RDB from master with EOF to {Destination}");
        }
        else if (line[0] == (byte)'$' && StrictInteger.TryParse(line[1..], out long length) && length >= 0)
        {
            Payload = new PayloadAnnouncement(length, default);
            log.Notice($"MASTER <-> REPLICA sync: receiving {length} bytes from master to {Destination}");
        }
        else
        {
            return Fail($"Bad protocol from MASTER, the first byte is not '$' (we received '{Text(line)}'), are you sure the host and port are right?");
        }

        _step = Step.Sync;
        return HandshakeEvent.PayloadBegins;
    }

    private string Destination => options.SpoolsSnapshot ? "disk" : "parser";

    private void Forgive(string option, ReadOnlySpan<byte> reply)
    {
        if (IsError(reply))
            log.Notice($"(Non critical) Master does not understand REPLCONF {option}: {Text(reply)}");
    }

    private HandshakeEvent Fail(string line)
    {
        log.Warning(line);
        _step = Step.Idle;
        return HandshakeEvent.Failed;
    }

    private void Send(
        ReadOnlySpan<byte> name, ReadOnlySpan<byte> first = default, ReadOnlySpan<byte> second = default,
        ReadOnlySpan<byte> third = default, ReadOnlySpan<byte> fourth = default)
    {
        int arguments = fourth.IsEmpty ? third.IsEmpty ? second.IsEmpty ? first.IsEmpty ? 1 : 2 : 3 : 4 : 5;
        RespText.WriteHeader(_output, (byte)'*', arguments);
        RespText.WriteBulk(_output, name);
        if (arguments > 1)
            RespText.WriteBulk(_output, first);
        if (arguments > 2)
            RespText.WriteBulk(_output, second);
        if (arguments > 3)
            RespText.WriteBulk(_output, third);
        if (arguments > 4)
            RespText.WriteBulk(_output, fourth);
    }

    private static bool IsError(ReadOnlySpan<byte> line) => line.StartsWith("-"u8);

    private static string Text(ReadOnlySpan<byte> line) => Encoding.UTF8.GetString(line);
}
