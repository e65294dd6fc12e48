using Redoubt.Topology;

namespace Redoubt.Replication;

/// <summary>Where the stream selected which database, for the last thousand times: who reads it from the middle must know.</summary>
internal sealed class Selections
{
    private const int Kept = 1024;

    private readonly (StreamPosition Next, int Db)[] _ring = new (StreamPosition, int)[Kept];
    private int _count;

    /// <param name="next">The first byte after the SELECT.</param>
    public void Add(StreamPosition next, int db)
    {
        _ring[_count % Kept] = (next, db);
        // Beyond the first round the count only has to name a place.
        _count = _count + 1 == 2 * Kept ? Kept : _count + 1;
    }

    /// <summary>The database in which the command at this place runs; null when that is too long ago to be known.</summary>
    public int? At(StreamPosition place)
    {
        for (int i = _count - 1; i >= Math.Max(0, _count - Kept); i--)
        {
            (StreamPosition next, int db) = _ring[i % Kept];
            if (next <= place)
                return db;
        }
        return null;
    }
}
