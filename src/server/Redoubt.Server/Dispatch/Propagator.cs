// Decides what of a command's effects goes to the replicas, and hands it to the stream.
//
// A command travels word for word when it changed something, or in the words it chose instead. Keys found expired on the
// way go first, as deletions. What one command (or one EXEC) causes is one unit, which the stream wraps in MULTI/EXEC when
// it holds more than one command. Without a backlog nothing is written at all. On a replica nothing is propagated from
// here: its stream is its master's, byte for byte.

using Redoubt.Commands;
using Redoubt.Replication;
using Redoubt.Resp;

namespace Redoubt.Server.Dispatch;

internal sealed class Propagator(ReplicationStream stream, StreamEncoder encoder, ServerState state)
{
    private bool _inUnit;

    /// <summary>Bytes were appended since the replicas were last served.</summary>
    public bool HasNews { get; set; }

    /// <summary>Whether propagation leads anywhere at present.</summary>
    public bool IsOn => stream.IsActive && !state.IsReplica;

    /// <summary>The stream's offset now.</summary>
    public Redoubt.Topology.ReplicationOffset Offset => stream.Offset;

    /// <summary>Everything until <see cref="EndUnit"/> reaches replicas as one.</summary>
    public void BeginUnit()
    {
        _inUnit = true;
        if (IsOn)
            encoder.BeginUnit();
    }

    public void EndUnit()
    {
        _inUnit = false;
        // A change of role inside the unit may have closed it, or come after its beginning.
        if (encoder.IsUnitOpen && encoder.EndUnit())
            HasNews = true;
    }

    /// <summary>After a command that changed something, or that said what to propagate.</summary>
    public void Propagate(CommandContext c, int database, in Request raw, byte[] buffer)
    {
        Propagation said = c.Propagate;
        bool verbatim = !said.IsReplaced;
        if (IsOn)
        {
            // Expired keys that a walk over all keys met have nothing to do with one another.
            bool unit = !_inUnit && said.CommandCount + (verbatim ? 1 : 0) > 1 && !c.Command.Has(CommandFlags.TouchesArbitraryKeys);
            if (unit)
                encoder.BeginUnit();
            for (int i = 0; i < said.CommandCount; i++)
                encoder.AppendRaw(database, said[i]);
            if (verbatim)
                AppendVerbatim(c, database, raw, buffer);
            if (unit)
                encoder.EndUnit();
            HasNews = true;
        }
        if (said.CommandCount > 0 || said.IsReplaced || said.IsForced)
            said.Reset();
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
        said.Reset();
    }

    private void AppendVerbatim(CommandContext c, int database, in Request raw, byte[] buffer)
    {
        if (raw.IsCanonical)
        {
            encoder.AppendRaw(database, buffer.AsSpan(raw.RawStart, raw.RawLength));
            return;
        }
        encoder.BeginCommand(database, c.Count);
        for (int i = 0; i < c.Count; i++)
            encoder.Argument(c[i]);
    }
}
