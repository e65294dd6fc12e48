namespace Redoubt.Server.Blocking;

/// <summary>Waits by deadline: a binary heap whose members know their place, so that any of them leaves in O(log n).</summary>
internal sealed class DeadlineHeap
{
    private readonly List<Wait> _waits = [];

    public int Count => _waits.Count;

    /// <summary>The one whose deadline comes first.</summary>
    public Wait First => _waits[0];

    public void Add(Wait wait)
    {
        _waits.Add(wait);
        Rise(wait, _waits.Count - 1);
    }

    /// <summary>Takes it out if it is there.</summary>
    public void Remove(Wait wait)
    {
        int index = wait.HeapIndex;
        if (index < 0)
            return;
        wait.HeapIndex = -1;
        Wait last = _waits[^1];
        _waits.RemoveAt(_waits.Count - 1);
        if (last == wait)
            return;
        Rise(last, index);
        Sink(last, last.HeapIndex);
    }

    private void Rise(Wait wait, int index)
    {
        while (index > 0 && _waits[(index - 1) / 2] is { } parent && parent.DeadlineMs > wait.DeadlineMs)
        {
            Put(parent, index);
            index = (index - 1) / 2;
        }
        Put(wait, index);
    }

    private void Sink(Wait wait, int index)
    {
        while (2 * index + 1 < _waits.Count)
        {
            int child = 2 * index + 1;
            if (child + 1 < _waits.Count && _waits[child + 1].DeadlineMs < _waits[child].DeadlineMs)
                child++;
            if (_waits[child].DeadlineMs >= wait.DeadlineMs)
                break;
            Put(_waits[child], index);
            index = child;
        }
        Put(wait, index);
    }

    private void Put(Wait wait, int index)
    {
        _waits[index] = wait;
        wait.HeapIndex = index;
    }
}
