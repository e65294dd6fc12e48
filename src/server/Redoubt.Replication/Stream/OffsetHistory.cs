using Redoubt.Topology;

namespace Redoubt.Replication;

// "1,403,112 bytes behind" says little: at a thousand writes a second that is a second, at ten a minute it is an hour. So the
// master notes, some ten times a second, how far its stream had come. A replica that has acknowledged an offset is behind since the
// first note beyond it. The notes are thinned out as they age, so that the gap between two is a fortieth of their age: a thousand of
// them reach back for months, and the answer is right within a few percent.

/// <summary>When the stream had reached which offset.</summary>
public sealed class OffsetHistory
{
    private const int NotesMax = 1024;
    private const int GapsPerAge = 40;

    private readonly (ReplicationOffset Offset, long AtMs)[] _notes = new (ReplicationOffset, long)[NotesMax];
    private int _count;

    /// <summary>Notes the offset of this moment.</summary>
    public void Note(ReplicationOffset offset, long nowMs)
    {
        if (_count > 0 && offset == _notes[_count - 1].Offset)
            return;
        // Another history, after a full resync.
        if (_count > 0 && offset < _notes[_count - 1].Offset)
            _count = 0;
        if (_count == NotesMax)
            ThinOut(nowMs);
        _notes[_count++] = (offset, nowMs);
    }

    /// <summary>For how long the stream has been beyond this offset, in milliseconds; 0 when it is not. At least so long, when that is longer ago than the notes go.</summary>
    public long BehindMs(ReplicationOffset acknowledged, ReplicationOffset current, long nowMs)
    {
        if (acknowledged >= current)
            return 0;
        int low = 0;
        int high = _count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_notes[middle].Offset > acknowledged)
                high = middle;
            else
                low = middle + 1;
        }
        // Beyond all notes: what it lacks was written since the last one.
        return low == _count ? 0 : Math.Max(0, nowMs - _notes[low].AtMs);
    }

    private void ThinOut(long nowMs)
    {
        int kept = 1;
        for (int i = 1; i < _count - 1; i++)
        {
            long gapWithoutIt = _notes[i + 1].AtMs - _notes[kept - 1].AtMs;
            if (gapWithoutIt > (nowMs - _notes[i + 1].AtMs) / GapsPerAge)
                _notes[kept++] = _notes[i];
        }
        _notes[kept++] = _notes[_count - 1];
        _count = kept;
        // Notes from months ago: their oldest half is let go.
        if (_count > NotesMax - (NotesMax / 8))
        {
            _count -= NotesMax / 2;
            Array.Copy(_notes, NotesMax / 2, _notes, 0, _count);
        }
    }
}
