namespace Redoubt.Structures.Values;

/// <summary>Redis's object types, by their numbers.</summary>
public enum ValueType : byte
{
    String = 0,
    List = 1,
    Set = 2,
    SortedSet = 3,
    Hash = 4,
    Stream = 6,
}

/// <summary>How a value is laid out, by Redis's numbers; OBJECT ENCODING names it.</summary>
public enum ValueEncoding : byte
{
    Raw = 0,
    Integer = 1,
    HashTable = 2,
    IntSet = 6,
    SkipList = 7,
    Embedded = 8,
    QuickList = 9,
    Stream = 10,
    Listpack = 11,
}
