namespace Redoubt.Structures.Sampling;

/// <summary>
/// Chooses some of the elements that pass by, so that every choice of that many is as likely: each is taken with the odds of what is still wanted to
/// what is still to come. (Knuth, The Art of Computer Programming, volume 2, algorithm 3.4.2 S.)
/// </summary>
internal struct SelectionSampling(long total, long wanted)
{
    private long _toCome = total;
    private long _wanted = Math.Min(wanted, total);

    /// <summary>Whether the element that comes next is one of the chosen.</summary>
    public bool TakesNext(Random random)
    {
        bool takes = _wanted > 0 && random.NextInt64(_toCome) < _wanted;
        _toCome--;
        if (takes)
            _wanted--;
        return takes;
    }
}
