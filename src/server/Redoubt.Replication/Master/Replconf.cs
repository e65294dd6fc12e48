using System.Text;
using Redoubt.Topology;

namespace Redoubt.Replication;

/// <summary>The arguments of a command, wherever they lie. The server's own type implements it; a ref struct may.</summary>
public interface IArguments
{
    /// <summary>How many, the command's name included.</summary>
    int Count { get; }

    /// <summary>One of them; 0 is the name.</summary>
    ReadOnlySpan<byte> this[int index] { get; }
}

/// <summary>What the server does after a REPLCONF.</summary>
public enum ReplconfOutcome
{
    /// <summary>Reply +OK.</summary>
    Ok,

    /// <summary>Reply with the error.</summary>
    Error,

    /// <summary>An ACK: no reply. The session is up to date; wake those who wait.</summary>
    Acknowledged,

    /// <summary>As <see cref="Acknowledged"/>, and the replica's stream starts now.</summary>
    StartStream,

    /// <summary>GETACK from our master: no reply but an ACK to it.</summary>
    SendAck,

    /// <summary>No reply and nothing to do: an ACK that is no number, or from a client that is no replica.</summary>
    Silent,
}

// REPLCONF carries pairs, each an option and its value, and applies them one by one until the first bad one. ACK and GETACK
// end the command and are never answered. Two deliberate differences from Redis 7.0: `version`, which newer replicas
// send, is accepted (Redis 7.0 answers an error, which they tolerate), and `rdb-filter-only` is refused with every value.

/// <summary>REPLCONF, as far as the master is concerned.</summary>
public static class Replconf
{
    /// <summary>The longest ip-address, in bytes.</summary>
    public const int HostLengthMax = 255;

    /// <summary>Applies a REPLCONF to what is known of the connection.</summary>
    /// <param name="arguments">All of them, the name included.</param>
    /// <param name="session">The connection's session.</param>
    /// <param name="nowMs">The present.</param>
    /// <param name="error">The error text without its dash, if that is the outcome.</param>
    public static ReplconfOutcome Apply<TArguments>(scoped TArguments arguments, ReplicaSession session, long nowMs, out string error)
        where TArguments : IArguments, allows ref struct
    {
        error = "";
        if (arguments.Count % 2 == 0)
        {
            error = "ERR syntax error";
            return ReplconfOutcome.Error;
        }

        for (int i = 1; i < arguments.Count; i += 2)
        {
            ReadOnlySpan<byte> option = arguments[i];
            ReadOnlySpan<byte> value = arguments[i + 1];
            if (StrictInteger.EqualsWord(option, "ack"u8))
            {
                if (i + 3 < arguments.Count && StrictInteger.EqualsWord(arguments[i + 2], "fack"u8) && session.State != SessionState.Announced
                    && StrictInteger.TryParse(arguments[i + 3], out long onDisk))
                    session.OnDiskAck(new ReplicationOffset(onDisk));
                return OnAck(value, session, nowMs);
            }
            if (StrictInteger.EqualsWord(option, "getack"u8))
                return ReplconfOutcome.SendAck;
            if (Set(option, value, session) is { } fault)
            {
                error = fault;
                return ReplconfOutcome.Error;
            }
        }

        return ReplconfOutcome.Ok;
    }

    private static ReplconfOutcome OnAck(ReadOnlySpan<byte> value, ReplicaSession session, long nowMs)
    {
        if (session.State == SessionState.Announced || !StrictInteger.TryParse(value, out long offset))
            return ReplconfOutcome.Silent;
        return session.OnAck(new ReplicationOffset(offset), nowMs) ? ReplconfOutcome.StartStream : ReplconfOutcome.Acknowledged;
    }

    // Null when all is well, else the error text.
    private static string? Set(ReadOnlySpan<byte> option, ReadOnlySpan<byte> value, ReplicaSession session)
    {
        if (StrictInteger.EqualsWord(option, "listening-port"u8))
        {
            if (!StrictInteger.TryParse(value, out long port))
                return "ERR value is not an integer or out of range";
            session.ListeningPort = (int)port;
        }
        else if (StrictInteger.EqualsWord(option, "ip-address"u8))
        {
            if (value.Length > HostLengthMax)
                return $"ERR REPLCONF ip-address provided by replica instance is too long: {value.Length} bytes";
            session.AnnouncedIp = Encoding.UTF8.GetString(value);
        }
        else if (StrictInteger.EqualsWord(option, "capa"u8))
        {
            // Capabilities this version does not know are for others to use.
            if (StrictInteger.EqualsWord(value, "eof"u8))
                session.Capabilities |= ReplicaCapabilities.Eof;
            else if (StrictInteger.EqualsWord(value, "psync2"u8))
                session.Capabilities |= ReplicaCapabilities.Psync2;
        }
        else if (StrictInteger.EqualsWord(option, "rdb-only"u8))
        {
            if (!StrictInteger.TryParse(value, out long flag))
                return "ERR value is not an integer or out of range";
            if (flag is not (0 or 1))
                return "ERR value is out of range, value must between 0 and 1";
            session.SnapshotOnly = flag == 1;
        }
        else if (StrictInteger.EqualsWord(option, "rdb-filter-only"u8))
        {
            return $"ERR Unsupported rdb-filter-only option: {Encoding.UTF8.GetString(value)}";
        }
        else if (!StrictInteger.EqualsWord(option, "version"u8))
        {
            return $"ERR Unrecognized REPLCONF option: {Encoding.UTF8.GetString(option)}";
        }

        return null;
    }
}
