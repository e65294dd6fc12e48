namespace Redoubt.Server.Connections;

/// <summary>
/// How much of a client's queue may leave. Replies are held back until a mark is reached; meanwhile later ones come behind them, which wait for a later
/// mark. A client that never stops asking must not wait for the last of its marks, so two are kept apart: the first, and that of the rest.
/// <code>
/// queue  [ cleared | first mark | last mark | written since: no mark yet ]
///                                           ^ marked
/// </code>
/// </summary>
internal struct ReplyHold
{
    private long _firstBytes;
    private long _firstMark;
    private long _lastMark;
    private long _marked;

    public bool IsHolding { get; private set; }

    /// <summary>Bytes at the front of the queue that may leave, while it holds.</summary>
    public long Cleared { get; private set; }

    /// <summary>What is in the queue without a mark waits for this one.</summary>
    public void Hold(long mark, long queuedBytes)
    {
        if (!IsHolding)
            this = new ReplyHold { IsHolding = true };
        if (_firstBytes == 0 || _firstMark == mark)
        {
            _firstMark = mark;
            _firstBytes = queuedBytes - Cleared;
        }
        _lastMark = mark;
        _marked = queuedBytes;
    }

    /// <summary>A mark has been reached.</summary>
    public void Reach(long mark)
    {
        if (_firstBytes == 0 || _firstMark > mark)
            return;
        Cleared = _lastMark <= mark ? _marked : Cleared + _firstBytes;
        _firstBytes = _marked - Cleared;
        _firstMark = _lastMark;
    }

    public void Sent(int bytes)
    {
        Cleared -= bytes;
        _marked -= bytes;
    }

    public void Clear() => this = default;
}
