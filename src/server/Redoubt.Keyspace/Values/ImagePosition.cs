using Redoubt.Structures.Lists;
using Redoubt.Structures.Streams;

namespace Redoubt.Keyspace;

/// <summary>How far a value has been given out. No view is kept: commands run between two pieces. What the fields say is the family's business.</summary>
internal sealed class ImagePosition
{
    public bool IsAtStart { get; set; } = true;

    public int Stage { get; set; }

    /// <summary>Of the walk through a table, as SCAN's.</summary>
    public ulong Cursor { get; set; }

    public long Done { get; set; }

    public ListNodeMark Node { get; set; }

    public StreamId Id { get; private set; }

    /// <summary>The walk goes on after <see cref="Id"/>; it begins when false.</summary>
    public bool IsIdGiven { get; set; }

    public int Group { get; set; }

    public int Consumer { get; set; }

    public void Given(StreamId id)
    {
        Id = id;
        IsIdGiven = true;
    }

    public void Reset() => IsAtStart = true;
}
