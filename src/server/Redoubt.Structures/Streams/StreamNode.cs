// One node of a stream: up to some hundred entries in a listpack, in Redis's form, byte for byte.
//
//   master    entries · deleted · fields · field 1 … field n · 0
//   entry     flags · ms · sequence · [fields ·] [field ·] value … · elements
//
// The node is filed under the ID of its first entry ever, and the IDs of entries are distances from that. The fields of that first
// entry stand in the master: an entry with the same ones, in the same order, has the flag for it and leaves them out. The last
// element of an entry is the number of elements before it, so that a walk from the tail finds where the entry begins; the 0 at
// the end of the master ends that walk.
//
// A deleted entry stays and is flagged. "entries" counts those that are not; a node without any goes.
//
// Bytes from outside are checked (StreamNodeCheck.cs) before they become a node; from then on they are trusted.
// Threads: the keyspace thread.

using Redoubt.Native;
using Redoubt.Structures.Listpacks;

namespace Redoubt.Structures.Streams;

/// <summary>A view of an entry in its node; the default value is none.</summary>
internal struct NodeEntry
{
    /// <summary>Position of the flags, 0 = no entry.</summary>
    public int At;
    public int Flags;
    public StreamId Id;
    public int FieldCount;

    /// <summary>Position of the first field or, without fields of its own, of the first value.</summary>
    public int ContentAt;

    public readonly bool IsDeleted => (Flags & StreamNode.FlagDeleted) != 0;

    public readonly bool HasMasterFields => (Flags & StreamNode.FlagSameFields) != 0;

    /// <summary>Elements of the content: values alone, or fields and values.</summary>
    public readonly int ContentCount => HasMasterFields ? FieldCount : 2 * FieldCount;
}

internal readonly ref struct StreamNode
{
    public const int FlagDeleted = 1;
    public const int FlagSameFields = 2;

    /// <summary>Elements of an entry without its content: flags, milliseconds, sequence.</summary>
    public const int FixedElements = 3;

    private readonly StreamId _masterId;

    public StreamNode(StreamId masterId, nint block)
    {
        _masterId = masterId;
        Pack = new Listpack(block);
        int at = Pack.First;
        LiveCount = Integer(at);
        at = Pack.Next(at);
        DeletedCount = Integer(at);
        at = Pack.Next(at);
        FieldCount = (int)Integer(at);
        FieldsAt = Pack.Next(at);
    }

    public Listpack Pack { get; }

    public long LiveCount { get; }

    public long DeletedCount { get; }

    /// <summary>Number of the master's fields.</summary>
    public int FieldCount { get; }

    /// <summary>Position of the master's first field.</summary>
    public int FieldsAt { get; }

    /// <summary>Position of the counter of live entries, which the one of deleted entries follows.</summary>
    public int CountsAt => Pack.First;

    public NodeEntry First()
    {
        int at = FieldsAt;
        for (int i = 0; i <= FieldCount; i++)
            at = Pack.Next(at);
        return Read(at);
    }

    public NodeEntry Last() => EndingAt(Pack.Last);

    /// <summary>The entry after this one, of whose content <paramref name="left"/> elements from <paramref name="at"/> on are left to skip.</summary>
    public NodeEntry After(int at, int left)
    {
        for (; left >= 0; left--)
            at = Pack.Next(at);
        return Read(at);
    }

    public NodeEntry After(in NodeEntry entry) => After(entry.ContentAt, entry.ContentCount);

    public NodeEntry Before(in NodeEntry entry) => EndingAt(Pack.Previous(entry.At));

    /// <summary>The entry of this ID, deleted or not.</summary>
    public NodeEntry Find(StreamId id)
    {
        NodeEntry entry = First();
        while (entry.At != 0 && entry.Id < id)
            entry = After(entry);
        return entry.At != 0 && entry.Id == id ? entry : default;
    }

    public long Integer(int at)
    {
        bool isInteger = Pack[at].TryGetInteger(out long integer);
        Invariant.That(isInteger, "the numbers of a stream's node are numbers");
        return integer;
    }

    private NodeEntry EndingAt(int at)
    {
        long elements = Integer(at);
        if (elements == 0)
            return default;
        for (; elements > 0; elements--)
            at = Pack.Previous(at);
        return Read(at);
    }

    private NodeEntry Read(int at)
    {
        if (at == 0)
            return default;
        NodeEntry entry = new() { At = at, Flags = (int)Integer(at) };
        at = Pack.Next(at);
        ulong ms = unchecked(_masterId.Ms + (ulong)Integer(at));
        at = Pack.Next(at);
        entry.Id = new StreamId(ms, unchecked(_masterId.Sequence + (ulong)Integer(at)));
        at = Pack.Next(at);
        if (entry.HasMasterFields)
        {
            entry.FieldCount = FieldCount;
        }
        else
        {
            entry.FieldCount = (int)Integer(at);
            at = Pack.Next(at);
        }
        entry.ContentAt = at;
        return entry;
    }
}
