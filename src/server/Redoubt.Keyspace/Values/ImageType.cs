namespace Redoubt.Keyspace;

/// <summary>
/// What the tokens of an image are, numbered as value types are in the RDB format. These are the forms in which values leave the keyspace
/// (those that Redis 7.0 writes), and in which they come: a reader turns every other form of the format into one of them.
/// </summary>
public enum ImageType : byte
{
    /// <summary>The value's bytes; not a row of tokens.</summary>
    String = 0,

    /// <summary>Number of elements, then each as a text. Only ever read.</summary>
    List = 1,

    /// <summary>Number of members, then each as a text.</summary>
    Set = 2,

    /// <summary>Number of fields, then field and value as texts.</summary>
    Hash = 4,

    /// <summary>Number of members, then each as a text with its score as a raw double.</summary>
    SortedSet = 5,

    /// <summary>An intset as one text.</summary>
    IntSet = 11,

    /// <summary>As <see cref="StreamWithOffsets"/>, without what 7.0 added. Only ever read.</summary>
    Stream = 15,

    /// <summary>A listpack of fields and values as one text.</summary>
    HashListpack = 16,

    /// <summary>A listpack of members and scores as one text.</summary>
    SortedSetListpack = 17,

    /// <summary>Number of nodes, then each as its container (length 1: one element, 2: a listpack) and a text.</summary>
    QuickList = 18,

    /// <summary>Nodes, sizes and IDs, then the consumer groups with what is pending.</summary>
    StreamWithOffsets = 19,

    /// <summary>The same with the times at which consumers were last active. Only ever read.</summary>
    StreamWithActivity = 21,
}
