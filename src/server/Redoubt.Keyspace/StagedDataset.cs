// A dataset that is loaded beside the one that is served, and takes its place in one step.
//
// Its tables are the keyspace's in all but name: no command, no eviction and no snapshot sees them. Snapshots of the served dataset may begin and end
// meanwhile; entries that are staged already then have an older number, which is right for the next snapshot (see SnapshotWalk), and how old
// it is counts as snapshots that did not finish.

using Redoubt.Structures.Entries;

namespace Redoubt.Keyspace;

public sealed class StagedDataset : IDisposable
{
    private readonly Keyspace _keyspace;
    private readonly Database[] _databases;
    private int _snapshotsBegun;

    internal StagedDataset(Keyspace keyspace)
    {
        _keyspace = keyspace;
        _databases = new Database[keyspace.DatabaseCount];
        for (int i = 0; i < _databases.Length; i++)
            _databases[i] = keyspace.NewDatabase(i);
    }

    /// <summary>It neither took its place nor was given up.</summary>
    public bool IsOpen => _keyspace.Staged == this;

    public Database this[int index] => _databases[index];

    /// <summary>Takes the place of the served dataset, whose memory is freed in slices. False when too many snapshots have begun since the loading did.</summary>
    public bool TakePlace()
    {
        Native.Invariant.That(_keyspace.Staged == this, "a staged dataset takes its place once");
        if (_snapshotsBegun >= Keyspace.SnapshotEpochs - 2)
            return false;
        _keyspace.UnfinishedSnapshots = Math.Max(_keyspace.UnfinishedSnapshots, _snapshotsBegun);
        if (_keyspace.CurrentWalk is { } walk)
            walk.AgeOfOthers = _snapshotsBegun;
        foreach (Database staged in _databases)
        {
            Database served = _keyspace[staged.Index];
            _keyspace.Dirty += served.Count;
            if (served.Count == 0 && staged.Count == 0)
                continue;
            Database.SwapTables(served, staged);
            _keyspace.Observer?.Replaced(served, staged);
        }
        Dispose();
        return true;
    }

    /// <summary>Gives it up; the memory is freed in slices.</summary>
    public void Dispose()
    {
        if (_keyspace.Staged != this)
            return;
        _keyspace.Staged = null;
        foreach (Database staged in _databases)
            _keyspace.Bury(staged.Table);
    }

    internal void SnapshotBegins(int epoch)
    {
        _snapshotsBegun++;
        foreach (Database staged in _databases)
            staged.Table.SnapshotEpoch = epoch;
    }

    internal bool Contains(Database database) => database.Index >= 0 && _databases[database.Index] == database;
}
