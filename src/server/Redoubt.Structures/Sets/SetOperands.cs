// Several sets, and what can be made of them: intersection, union, difference.
//
// The order of a result is visible where the sets are of integers, so the ways are Redis's: an intersection walks the smallest set; a difference
// walks the first and looks into the others, or, when that is more work, takes the others out of a copy of the first.

using Redoubt.Structures.Listpacks;
using Redoubt.Structures.Values;

namespace Redoubt.Structures.Sets;

/// <summary>Sets that are all valid at once: nothing may change in the keyspace meanwhile. A set that does not exist is an empty one.</summary>
public unsafe ref struct SetOperands(int count)
{
    private readonly nint[] _blocks = new nint[count];
    private ValueStore _store = null!;

    /// <summary>Says which set an operand is.</summary>
    public void Assign(int index, ValueSlot slot)
    {
        _blocks[index] = slot.Address;
        _store = slot.Store;
    }

    /// <summary>Whether two operands are the same set, not only equal ones.</summary>
    public readonly bool IsSame(int index, int other) => _blocks[index] == _blocks[other];

    private readonly SetValue this[int index] => new(new ValueSlot(_store, (byte*)_blocks[index]));

    private readonly long CountOf(int index) => _blocks[index] == 0 ? 0 : this[index].Count;

    /// <summary>Hands out what is in all of them, up to <paramref name="limit"/> members; 0 = no limit. Returns how many.</summary>
    public readonly long Intersect<TReceiver>(long limit, ref TReceiver receiver)
        where TReceiver : struct, IMemberReceiver
    {
        if (!PrepareIntersection())
            return 0;
        long found = 0;
        foreach (PackedValue member in this[0])
        {
            if (!IsInOthers(member))
                continue;
            receiver.Receive(member);
            found++;
            if (found == limit)
                break;
        }
        return found;
    }

    /// <summary>Adds what is in all of them to a set.</summary>
    public readonly void Intersect(SetValue target)
    {
        if (!PrepareIntersection())
            return;
        foreach (PackedValue member in this[0])
        {
            if (IsInOthers(member))
                target.Add(member);
        }
    }

    /// <summary>Adds the members of all of them to a set.</summary>
    public readonly void Unite(SetValue target)
    {
        for (int i = 0; i < _blocks.Length; i++)
        {
            if (_blocks[i] == 0)
                continue;
            foreach (PackedValue member in this[i])
                target.Add(member);
        }
    }

    /// <summary>Adds what the first has and none of the others to a set.</summary>
    public readonly void Subtract(SetValue target)
    {
        if (_blocks[0] == 0 || Array.IndexOf(_blocks, _blocks[0], 1) >= 0)
            return;
        long lookups = 0, members = 0;
        for (int i = 0; i < _blocks.Length; i++)
        {
            lookups += _blocks[i] == 0 ? 0 : CountOf(0);
            members += CountOf(i);
        }
        // A lookup costs about half of an addition or removal.
        if (lookups / 2 <= members)
            SubtractByLookup(target);
        else
            SubtractByRemoval(target);
    }

    private readonly void SubtractByLookup(SetValue target)
    {
        // The larger a set, the sooner it rules a member out.
        SortByCount(1, ascending: false);
        foreach (PackedValue member in this[0])
        {
            bool isElsewhere = false;
            for (int i = 1; i < _blocks.Length && !isElsewhere; i++)
                isElsewhere = _blocks[i] != 0 && this[i].Contains(member);
            if (!isElsewhere)
                target.Add(member);
        }
    }

    private readonly void SubtractByRemoval(SetValue target)
    {
        foreach (PackedValue member in this[0])
            target.Add(member);
        for (int i = 1; i < _blocks.Length && target.Count > 0; i++)
        {
            if (_blocks[i] == 0)
                continue;
            foreach (PackedValue member in this[i])
                target.Remove(member);
        }
    }

    /// <summary>Puts the smallest set first; false when the result is empty anyway.</summary>
    private readonly bool PrepareIntersection()
    {
        if (Array.IndexOf(_blocks, 0) >= 0)
            return false;
        SortByCount(0, ascending: true);
        return true;
    }

    private readonly bool IsInOthers(PackedValue member)
    {
        for (int i = 1; i < _blocks.Length; i++)
        {
            if (!IsSame(i, 0) && !this[i].Contains(member))
                return false;
        }
        return true;
    }

    private readonly void SortByCount(int from, bool ascending)
    {
        if (_blocks.Length - from < 2)
            return;
        long[] counts = new long[_blocks.Length - from];
        for (int i = from; i < _blocks.Length; i++)
            counts[i - from] = ascending ? CountOf(i) : -CountOf(i);
        counts.AsSpan().Sort(_blocks.AsSpan(from));
    }
}
