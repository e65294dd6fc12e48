// What the hash tables do inside one bucket (Bucket in Entries/BucketArray.cs): a line of seven tagged slots, and the further lines that are
// chained to it when it is full. The slots' upper bits are the tables' own business.

using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Redoubt.Native.Memory;
using Redoubt.Structures.Entries;

namespace Redoubt.Structures.Buckets;

internal static unsafe class BucketChain
{
    public const int LineBytes = 64;

    private const ulong TagMask = 0x00FFFFFFFFFFFFFF;

    /// <summary>The byte of the hash that stands beside a slot; never 0, which is an empty slot.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte TagOf(ulong hash) => Math.Max((byte)(hash >> 56), (byte)1);

    /// <summary>One bit for each slot of this line that has the tag.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Match(Bucket* line, byte tag) =>
        Vector128.Equals(Vector128.CreateScalarUnsafe(line->Tags).AsByte(), Vector128.Create(tag)).ExtractMostSignificantBits()
            & (line->IsChained ? 0x3Fu : 0x7Fu);

    /// <summary>One bit for each slot of this line that is taken.</summary>
    public static uint Used(Bucket* line) => ~Match(line, 0) & (line->IsChained ? 0x3Fu : 0x7Fu);

    /// <summary>Puts a slot into the first free place of the chain; <paramref name="chained"/> counts the lines that were opened for it.</summary>
    public static ulong* Add(NativeHeap heap, Bucket* line, byte tag, ulong slot, ref int chained)
    {
        while (true)
        {
            uint empty = Match(line, 0);
            if (empty != 0)
            {
                int at = BitOperations.TrailingZeroCount(empty);
                ((byte*)&line->Tags)[at] = tag;
                line->Slots[at] = slot;
                return &line->Slots[at];
            }
            if (!line->IsChained)
            {
                Chain(heap, line);
                chained++;
            }
            line = line->Next;
        }
    }

    /// <summary>Empties a slot of the chain that begins with <paramref name="home"/>; the last slot of the chain fills the hole, so that chains stay short.</summary>
    public static void Remove(NativeHeap heap, Bucket* home, ulong* slot, ref int chained)
    {
        Bucket* holder = home;
        Bucket* parent = null;
        while (slot < holder->Slots || slot >= holder->Slots + EntryTable.SlotsPerBucket)
        {
            parent = holder;
            holder = holder->Next;
        }
        int hole = (int)(slot - holder->Slots);
        Bucket* last = holder;
        while (last->IsChained)
        {
            parent = last;
            last = last->Next;
        }
        int donor = last == holder ? hole : BitOperations.Log2(Used(last));
        byte* donorTags = (byte*)&last->Tags;
        ((byte*)&holder->Tags)[hole] = donorTags[donor];
        holder->Slots[hole] = last->Slots[donor];
        donorTags[donor] = 0;
        if (parent != null && (last->Tags & TagMask) == 0)
        {
            parent->Slots[6] = 0;
            ((byte*)&parent->Tags)[7] = 0;
            ((byte*)&parent->Tags)[6] = 0;
            heap.Free((byte*)last, LineBytes);
            chained--;
        }
    }

    /// <summary>Opens a further line; the last slot moves there to make room for its address.</summary>
    private static void Chain(NativeHeap heap, Bucket* line)
    {
        Bucket* added = (Bucket*)heap.Allocate(LineBytes);
        *added = default;
        byte* tags = (byte*)&line->Tags;
        ((byte*)&added->Tags)[0] = tags[6];
        added->Slots[0] = line->Slots[6];
        tags[6] = 0;
        tags[7] = 1;
        line->Slots[6] = (ulong)added;
    }
}
