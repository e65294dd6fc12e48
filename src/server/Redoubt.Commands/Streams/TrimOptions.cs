// The options that XADD and XTRIM share: MAXLEN or MINID with '=' or '~', and LIMIT.
//
// An approximate trim depends on how entries lie in nodes. So it is propagated as the exact trim that has the same outcome: '~'
// becomes '=', and the threshold what it has led to. A LIMIT stays where it was written, and whoever obeys a master ignores it.

using Redoubt.Structures.Streams;

namespace Redoubt.Commands;

internal struct TrimOptions
{
    private const long LimitMax = 1_000_000;
    private const long LimitWithoutNodeSize = 10_000;
    private const int NodesAtOnce = 100;

    public StreamTrim Trim;

    /// <summary>Index of the threshold.</summary>
    public int ThresholdAt;

    /// <summary>Index of the first argument that is not an option; for XADD the ID.</summary>
    public int End;

    /// <summary>XADD alone: a missing key stays missing.</summary>
    public bool NeedsKey;

    private bool _hasLimit;

    /// <param name="c">The options begin at argument 2.</param>
    /// <param name="isAdd">XADD, whose options end with an ID; XTRIM's are all there is.</param>
    public static bool TryParse(CommandContext c, bool isAdd, out TrimOptions options)
    {
        options = default;
        int i = 2;
        for (; i < c.Count; i++)
        {
            bool hasMore = i + 1 < c.Count;
            if (isAdd && c[i] is [(byte)'*'])
                break;
            if (hasMore && (c.Is(i, "MAXLEN"u8) || c.Is(i, "MINID"u8)))
            {
                if (!options.TryStrategy(c, ref i))
                    return false;
            }
            else if (hasMore && c.Is(i, "LIMIT"u8))
            {
                if (!options.TryLimit(c, ++i))
                    return false;
            }
            else if (isAdd && c.Is(i, "NOMKSTREAM"u8))
            {
                options.NeedsKey = true;
            }
            else if (isAdd)
            {
                break;
            }
            else
            {
                c.Error(Errors.Syntax);
                return false;
            }
        }
        options.End = i;
        return true;
    }

    /// <summary>What can only be said once all options are known, and how far an approximate trim may go.</summary>
    public bool TryComplete(CommandContext c, bool isAdd)
    {
        if (Trim.Strategy == TrimStrategy.None && (Trim.Limit != 0 || !isAdd))
        {
            c.Error(Trim.Limit != 0 ? StreamErrors.LimitWithoutStrategy : StreamErrors.TrimWithoutStrategy);
            return false;
        }
        if (c.Session.IsMasterLink)
        {
            Trim.Limit = 0;
        }
        else if (_hasLimit && !Trim.IsApproximate)
        {
            c.Error(StreamErrors.LimitOfExactTrim);
            return false;
        }
        else if (!_hasLimit && Trim.IsApproximate)
        {
            long limit = unchecked(NodesAtOnce * c.Keyspace.Limits.StreamNodeMaxEntries);
            Trim.Limit = limit <= 0 ? LimitWithoutNodeSize : Math.Min(limit, LimitMax);
        }
        return true;
    }

    /// <summary>Propagates the command with what it came to.</summary>
    /// <param name="idAt">Index of XADD's ID, 0 = none.</param>
    public readonly void Propagate(CommandContext c, StreamValue stream, int idAt, StreamId id)
    {
        Propagation words = c.Propagate.Instead(c.Count);
        for (int i = 0; i < c.Count; i++)
        {
            if (i == idAt && idAt != 0)
                words.Word(id);
            else if (Trim.IsApproximate && i == ThresholdAt - 1)
                words.Word("="u8);
            else if (!Trim.IsApproximate || i != ThresholdAt)
                words.Word(c[i]);
            else if (Trim.Strategy == TrimStrategy.MaxLength)
                words.Word(stream.Length);
            else
                words.Word(stream.FirstKeptId);
        }
    }

    private bool TryStrategy(CommandContext c, ref int i)
    {
        if (Trim.Strategy != TrimStrategy.None)
        {
            c.Error(StreamErrors.TwoStrategies);
            return false;
        }
        bool isLength = c.Is(i, "MAXLEN"u8);
        i++;
        if (i + 1 < c.Count && c[i] is [(byte)'~' or (byte)'='])
        {
            Trim.IsApproximate = c[i][0] == (byte)'~';
            i++;
        }
        if (isLength && !c.TryInteger(i, out Trim.MaxLength))
            return false;
        if (isLength && Trim.MaxLength < 0)
        {
            c.Error(StreamErrors.MaxLengthNegative);
            return false;
        }
        if (!isLength && !c.TryId(i, out Trim.MinId))
            return false;
        Trim.Strategy = isLength ? TrimStrategy.MaxLength : TrimStrategy.MinId;
        ThresholdAt = i;
        return true;
    }

    private bool TryLimit(CommandContext c, int index)
    {
        if (!c.TryInteger(index, out Trim.Limit))
            return false;
        if (Trim.Limit < 0)
        {
            c.Error(StreamErrors.LimitNegative);
            return false;
        }
        _hasLimit = true;
        return true;
    }
}
