// Decides what of a command's effects goes to the replicas and to the append-only file, and hands it to both.
//
// A command travels word for word when it changed something, or in the words it chose instead. Keys found expired on the
// way go first, as deletions. What one command (or one EXEC) causes is one unit, which the stream wraps in MULTI/EXEC when
// it holds more than one command. Without a backlog nothing is written at all. On a replica nothing is propagated from
// here: its stream is its master's, byte for byte.
//
// The append-only file gets the same commands with SELECTs of its own, on a replica too. Messages (PUBLISH) are none of its business.

using Redoubt.Commands;
using Redoubt.Replication;
using Redoubt.Resp;

namespace Redoubt.Server.Dispatch;

internal sealed class Propagator(ReplicationStream stream, StreamEncoder encoder, ServerState state) : IPropagationTarget
{
    private bool _inUnit;

    /// <summary>Of the append-only file, while it takes commands.</summary>
    public StreamEncoder? Log { get; set; }

    /// <summary>Bytes were appended since the replicas were last served.</summary>
    public bool HasNews { get; set; }

    /// <summary>Whether propagation leads anywhere at present.</summary>
    public bool IsOn => stream.IsActive && !state.IsReplica;

    /// <summary>The same, or there is an append-only file.</summary>
    public bool IsHeard => IsOn || Log is not null;

    /// <summary>The stream's offset now.</summary>
    public Redoubt.Topology.ReplicationOffset Offset => stream.Offset;

    /// <summary>Everything until <see cref="EndUnit"/> reaches replicas as one.</summary>
    public void BeginUnit()
    {
        _inUnit = true;
        if (IsOn)
            encoder.BeginUnit();
        Log?.BeginUnit();
    }

    public void EndUnit()
    {
        _inUnit = false;
        // A change of role inside the unit may have closed it, or come after its beginning.
        if (encoder.IsUnitOpen && encoder.EndUnit())
            HasNews = true;
        if (Log is { IsUnitOpen: true } log)
            log.EndUnit();
    }

    /// <summary>After a command that changed something, or that said what to propagate.</summary>
    public void Propagate(CommandContext c, int database, in Request raw, byte[] buffer)
    {
        Propagation said = c.Propagate;
        bool verbatim = !said.IsReplaced;
        if (IsOn)
        {
            Encode(encoder, c, database, raw, buffer, verbatim);
            HasNews = true;
        }
        if (Log is { } log)
            Encode(log, c, database, raw, buffer, verbatim && (!said.IsForced || c.Command.Has(CommandFlags.Write)));
        if (said.CommandCount > 0 || said.IsReplaced || said.IsForced)
            said.Reset();
    }

    private void Encode(StreamEncoder target, CommandContext c, int database, in Request raw, byte[] buffer, bool verbatim)
    {
        Propagation said = c.Propagate;
        // Expired keys that a walk over all keys met have nothing to do with one another.
        bool unit = !_inUnit && said.CommandCount + (verbatim ? 1 : 0) > 1 && !c.Command.Has(CommandFlags.TouchesArbitraryKeys);
        if (unit)
            target.BeginUnit();
        for (int i = 0; i < said.CommandCount; i++)
            target.AppendRaw(database, said[i]);
        if (verbatim)
            AppendVerbatim(target, c, database, raw, buffer);
        if (unit)
            target.EndUnit();
    }

    /// <summary>Effects outside of any command, such as keys that the expiry cycle deleted: each is a unit of its own.</summary>
    public void PropagateAside(Propagation said, int database)
    {
        if (IsOn)
        {
            for (int i = 0; i < said.CommandCount; i++)
                encoder.AppendRaw(database, said[i]);
            HasNews = true;
        }
        if (Log is { } log)
        {
            for (int i = 0; i < said.CommandCount; i++)
                log.AppendRaw(database, said[i]);
        }
        said.Reset();
    }

    private static void AppendVerbatim(StreamEncoder target, CommandContext c, int database, in Request raw, byte[] buffer)
    {
        if (raw.IsCanonical)
        {
            target.AppendRaw(database, buffer.AsSpan(raw.RawStart, raw.RawLength));
            return;
        }
        target.BeginCommand(database, c.Count);
        for (int i = 0; i < c.Count; i++)
            target.Argument(c[i]);
    }
}
