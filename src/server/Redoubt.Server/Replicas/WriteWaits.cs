// WAIT and WAITAOF: clients that want to know where what they wrote has come.
//
//   WAIT      replicas that have applied it                  REPLCONF ACK offset
//   WAITAOF   this server's disk, and the disks of replicas  the append-only file, and REPLCONF ACK offset FACK offset
//
// WAITAOF does not sit the second out that `appendfsync everysec` may take: this server's disk is asked at once, on its own thread, so that one
// write in a thousand can be made safe without paying for the others.
//
// Threads: the keyspace thread.

using System.Globalization;
using System.Text;
using Redoubt.Commands;
using Redoubt.Replication;
using Redoubt.Resp;
using Redoubt.Server.AppendOnly;
using Redoubt.Server.Blocking;
using Redoubt.Server.Connections;
using Redoubt.Server.Dispatch;
using Redoubt.Structures;
using Redoubt.Topology;

namespace Redoubt.Server.Replicas;

internal sealed class WriteWaits(ServerState state, ReplicaHost replicas)
{
    private readonly List<ReplicaWait> _waiting = [];

    /// <summary>Set by the composition root.</summary>
    public BlockedClients Blocked { get; set; } = null!;

    /// <summary>The append-only file; set by the composition root.</summary>
    public AofKeeper Log { get; set; } = null!;

    public void Wait(CommandContext c)
    {
        ClientConnection client = (ClientConnection)c.Session;
        if (state.IsReplica)
        {
            c.Error("ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a replica is configured to be writable (which is not the default) writes to replicas are just local and are not propagated."u8);
            return;
        }
        if (!IntegerText.TryParse(c[1], out long wanted))
        {
            c.Error("ERR value is not an integer or out of range"u8);
            return;
        }
        if (!TryTimeout(c, 2, out long timeoutMs))
            return;
        Begin(c, new ReplicaWait(this)
        {
            Client = client,
            DeadlineMs = Blocking.Wait.DeadlineAfter(timeoutMs),
            Offset = client.WrittenUpTo,
            Replicas = wanted,
        });
    }

    public void WaitAof(CommandContext c)
    {
        ClientConnection client = (ClientConnection)c.Session;
        if (!IntegerText.TryParse(c[1], out long local) || local is < 0 or > 1)
        {
            c.Error("ERR value is out of range, value must between 0 and 1"u8);
            return;
        }
        if (!IntegerText.TryParse(c[2], out long wanted) || wanted < 0)
        {
            c.Error("ERR value is out of range, must be positive"u8);
            return;
        }
        if (!TryTimeout(c, 3, out long timeoutMs))
            return;
        if (state.IsReplica)
        {
            c.Error("ERR WAITAOF cannot be used with replica instances. Please also note that writes to replicas are just local and are not propagated."u8);
            return;
        }
        if (local > 0 && Log.State == AofState.Off)
        {
            c.Error(DiskWait.NoLog);
            return;
        }
        Begin(c, new DiskWait(this)
        {
            Client = client,
            DeadlineMs = Blocking.Wait.DeadlineAfter(timeoutMs),
            Offset = client.WrittenUpTo,
            Replicas = wanted,
            Local = local,
            Position = Log.Writer.Appended,
        });
    }

    /// <summary>A replica acknowledged something, or our disk has more than before, or the append-only file was turned on or off.</summary>
    public void Look()
    {
        for (int i = _waiting.Count - 1; i >= 0; i--)
        {
            ReplicaWait wait = _waiting[i];
            if (wait.IsImpossible is { } error)
                Blocked.End(wait, error);
            else if (wait.IsOver)
                Blocked.End(wait, wait.Answer());
        }
    }

    private static bool TryTimeout(CommandContext c, int at, out long timeoutMs)
    {
        if (!IntegerText.TryParse(c[at], out timeoutMs))
            c.Error("ERR timeout is not an integer or out of range"u8);
        else if (timeoutMs < 0)
            c.Error("ERR timeout is negative"u8);
        else
            return true;
        return false;
    }

    private void Begin(CommandContext c, ReplicaWait wait)
    {
        if (wait.IsOver || wait.Client.Transaction is not null || c.IsInTransaction)
        {
            wait.AnswerTimeout(c.Reply);
            return;
        }
        _waiting.Add(wait);
        Blocked.Begin(wait);
        wait.Ask();
    }

    /// <summary>A client in WAIT.</summary>
    private class ReplicaWait(WriteWaits waits) : Blocking.Wait
    {
        public required ReplicationOffset Offset { get; init; }

        public required long Replicas { get; init; }

        protected WriteWaits Waits => waits;

        public virtual bool IsOver => waits.Registry.CountAcknowledged(Offset) >= Replicas;

        /// <summary>The error with which it ends, if it can come to nothing any more.</summary>
        public virtual byte[]? IsImpossible => null;

        /// <summary>Asks for what it waits for.</summary>
        public virtual void Ask() => waits.RequestAcks();

        public byte[] Answer()
        {
            RespWriter reply = new(64);
            AnswerTimeout(reply);
            return reply.Written.ToArray();
        }

        public override void AnswerTimeout(RespWriter reply) => reply.Integer(waits.Registry.CountAcknowledged(Offset));

        public override void Leave() => waits._waiting.Remove(this);
    }

    /// <summary>A client in WAITAOF.</summary>
    private sealed class DiskWait(WriteWaits waits) : ReplicaWait(waits)
    {
        public required long Local { get; init; }

        /// <summary>Where in the append-only file its writes end.</summary>
        public required long Position { get; init; }

        public static ReadOnlySpan<byte> NoLog => "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled."u8;

        public override bool IsOver => LocalDisks >= Local && ReplicaDisks >= Replicas;

        public override byte[]? IsImpossible =>
            Local > 0 && Waits.Log.State == AofState.Off ? [.. "-"u8, .. NoLog, .. "\r\n"u8] : null;

        public override void Ask()
        {
            if (Local > 0)
                Waits.Log.Writer.SyncSoon();
            if (Replicas > 0)
                base.Ask();
        }

        private int LocalDisks => Waits.Log.State == AofState.On && Waits.Log.Writer.Synchronised >= Position ? 1 : 0;

        private int ReplicaDisks => Waits.Registry.CountOnDisk(Offset);

        public override void AnswerTimeout(RespWriter reply)
        {
            reply.Array(2);
            reply.Integer(LocalDisks);
            reply.Integer(ReplicaDisks);
        }
    }

    private void RequestAcks() => replicas.RequestAcks();

    private ReplicaRegistry Registry => replicas.Registry;
}
