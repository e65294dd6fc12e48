namespace Redoubt.Replication;

/// <summary>Where this project's log lines go: the server writes them in its own form. They are rare (connections and role
/// changes, never commands), so they are plain text, in Redis's words, for the tools that read them.</summary>
public interface IReplicationLog
{
    /// <summary>Level <c>notice</c>, marked <c>*</c>.</summary>
    void Notice(string line);

    /// <summary>Level <c>warning</c>, marked <c>#</c>.</summary>
    void Warning(string line);
}
