// Deleting keys that expired and that nobody asks for.
//
// A key that is asked for after its time is deleted then. The others are sought: `hz` times a second each database is looked
// through a little further, in order. While more than a tenth of what is seen has expired there is more to do, and it goes
// on in slices between commands, up to a quarter of the time. Looking costs little: the table's buckets say which entries
// expire at all, so keys without an expiry are never touched.
//
// `active-expire-effort` from 1 to 10 looks further each time, accepts less that has expired (down to a hundredth) and takes more time (up to 43 %).

using Redoubt.Commands;
using Redoubt.Keyspace;
using Redoubt.Server.Dispatch;
using Redoubt.Server.Loop;

namespace Redoubt.Server.Hosting;

internal sealed class ActiveExpiry(Redoubt.Keyspace.Keyspace keyspace, ServerState state, Propagator propagator, DeletionNotes notes)
{
    private const int BucketsPerLook = 512;
    private const int EntriesPerLook = 64;
    private const int BucketsPerTick = 8192;
    private const int EffortQuarters = 4;
    private const int BudgetMicrosecondsPerSecond = 250_000;
    private const int BudgetMicrosecondsPerEffort = 20_000;
    private const int ExpiredPercentAccepted = 10;

    private int _database;
    private int _bucketsLeft;
    private long _spentMicroseconds;
    private long _budgetMicroseconds;
    private int _acceptedPercent = ExpiredPercentAccepted;
    private bool _manyExpired;

    public bool IsOn { get; set; } = true;

    /// <summary>Where slices that took long are noted; set by the composition root.</summary>
    public LatencyEvents? Latency { get; set; }

    /// <summary>So many times a second.</summary>
    /// <param name="effort">1 to 10.</param>
    public void Tick(int hz, int effort)
    {
        int more = effort - 1;
        _acceptedPercent = ExpiredPercentAccepted - more;
        _budgetMicroseconds = (BudgetMicrosecondsPerSecond + more * BudgetMicrosecondsPerEffort) / hz;
        _bucketsLeft = BucketsPerTick * (EffortQuarters + more) / EffortQuarters;
        _spentMicroseconds = 0;
    }

    /// <summary>Looks on until the deadline. True while there is reason to go on at once.</summary>
    public bool Slice(long deadlineMicroseconds)
    {
        if (!IsOn || (_bucketsLeft <= 0 && !_manyExpired) || _spentMicroseconds > _budgetMicroseconds
            || keyspace.ExpiryMode != ExpiryMode.Delete || state.IsLoading)
        {
            return false;
        }
        long start = Clock.SteadyMicroseconds;
        keyspace.NowMs = Clock.UnixMs;
        for (int visited = 0; visited < keyspace.DatabaseCount; visited++)
        {
            Database database = keyspace[_database];
            if (database.ExpiringCount > 0 && LookThrough(database, deadlineMicroseconds))
            {
                Spent(start);
                return _manyExpired;
            }
            _database = (_database + 1) % keyspace.DatabaseCount;
        }
        Spent(start);
        _bucketsLeft = 0;
        return false;
    }

    private void Spent(long startMicroseconds)
    {
        long spent = Clock.SteadyMicroseconds - startMicroseconds;
        _spentMicroseconds += spent;
        state.ExpiryMicroseconds += spent;
        Latency?.Add("expire-cycle", spent / 1000, Clock.UnixMs / 1000);
        if (_manyExpired && _spentMicroseconds > _budgetMicroseconds)
            state.ExpiryTimeCaps++;
    }

    /// <summary>True when time or this tick's share ran out in this database.</summary>
    private bool LookThrough(Database database, long deadlineMicroseconds)
    {
        long buckets = Math.Max(1, database.Count / 4);
        while (buckets > 0)
        {
            (int seen, int removed) = database.Sweep(BucketsPerLook, EntriesPerLook);
            propagator.PropagateAside(notes.Deletions, database.Index);
            _manyExpired = removed * 100 > seen * _acceptedPercent;
            if (seen > 0)
                state.ExpiredShare = 0.95 * state.ExpiredShare + 0.05 * removed / seen;
            buckets -= BucketsPerLook;
            _bucketsLeft -= BucketsPerLook;
            if (Clock.SteadyMicroseconds >= deadlineMicroseconds || (_bucketsLeft <= 0 && !_manyExpired))
                return true;
        }
        return false;
    }
}
