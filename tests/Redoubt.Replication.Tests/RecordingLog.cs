namespace Redoubt.Replication.Tests;

internal sealed class RecordingLog : IReplicationLog
{
    public List<string> Lines { get; } = [];

    public void Notice(string line) => Lines.Add("* " + line);

    public void Warning(string line) => Lines.Add("# " + line);
}
