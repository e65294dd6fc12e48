// One key with its value: a single native block, so that a lookup touches two cache lines of memory, the bucket and this.
//
// Layout:
//   offset  size  what
//        0     1  flags: 1 expiry · 2 long key · 4 value outside; upper five bits: snapshot epoch
//        1     1  type (low four bits, Redis's object types) and encoding (high four bits)
//        2     3  access time or frequency (24 bits, as in Redis)
//        5     1  length of the key, 255 = see below
//        6     2  length of the value inside this block
//        8     8  expiry, Unix milliseconds           only with flag 1
//        +     8  length of the key                   only with flag 2
//        +     8  the integer, or the address of the value's own block (encoding int, or flag 4)
//        +        key
//        +        value, when it is neither an integer nor outside
//
// A value of up to 4096 bytes stays inside. A larger one has its own block, grown by doubling: 8 bytes length, 8 bytes
// capacity, then the bytes. A collection is always outside: the word is the address of its root (Values/ValueSlot.cs).
//
// Invariants: `BlockBytes` follows from the header alone, which is what the heap needs to take the block back.
// The snapshot epoch is explained in Redoubt.Keyspace/SnapshotWalk.cs.

using System.Runtime.CompilerServices;
using Redoubt.Structures.Values;

namespace Redoubt.Structures.Entries;

/// <summary>A view of an entry, valid until the table changes. The default value stands for "no such key".</summary>
public readonly unsafe ref struct Entry
{
    internal const byte FlagExpiry = 1;
    internal const byte FlagLongKey = 2;
    internal const byte FlagOutside = 4;
    internal const int EpochShift = 3;
    internal const int HeaderBytes = 8;

    /// <summary>Values up to this length are kept in the entry's own block, in bytes.</summary>
    public const int InsideValueBytesMax = 4096;

    internal readonly byte* Block;
    internal readonly ulong* Slot;

    internal Entry(byte* block, ulong* slot)
    {
        Block = block;
        Slot = slot;
    }

    public bool Exists => Block != null;

    public ValueType Type => (ValueType)(Block[1] & 15);

    public bool IsString => Type == ValueType.String;

    public ValueEncoding Encoding => (ValueEncoding)(Block[1] >> 4);

    public bool HasExpiry => (Block[0] & FlagExpiry) != 0;

    /// <summary>The same as the table's slot knows it, without a look at the entry.</summary>
    internal bool HasExpiryInSlot => (*Slot & EntryTable.ExpiryBit) != 0;

    /// <summary>The value has a block of its own: a long string, or any collection.</summary>
    public bool IsOutside => (Block[0] & FlagOutside) != 0;

    public bool IsInteger => Block[1] == (int)ValueEncoding.Integer << 4;

    /// <summary>Unix milliseconds, -1 = never.</summary>
    public long ExpireAtMs => HasExpiry ? *(long*)(Block + HeaderBytes) : -1;

    /// <summary>24 bits: access clock in seconds, or LFU decay time and counter.</summary>
    public uint Access
    {
        get => *(uint*)(Block + 2) & 0xFFFFFF;
        set
        {
            uint* word = (uint*)(Block + 2);
            *word = (*word & 0xFF000000) | (value & 0xFFFFFF);
        }
    }

    /// <summary>The number, 0 to 31, of the last snapshot that has this entry or that this entry is younger than.</summary>
    public int SnapshotEpoch => Block[0] >> EpochShift;

    /// <summary>The place where this entry's collection hangs.</summary>
    public ValueSlot SlotIn(ValueStore store) => new(store, Block);

    public ReadOnlySpan<byte> Key
    {
        get
        {
            int at = VariableOffset(Block);
            return new ReadOnlySpan<byte>(Block + at, KeyLength(Block));
        }
    }

    public long Integer => *(long*)(Block + WordOffset(Block));

    /// <summary>The bytes of a string that is not an integer.</summary>
    public ReadOnlySpan<byte> Value
    {
        get
        {
            if (IsOutside)
            {
                byte* outside = *(byte**)(Block + WordOffset(Block));
                return new ReadOnlySpan<byte>(outside + OutsideValue.HeaderBytes, (int)OutsideValue.Length(outside));
            }
            return new ReadOnlySpan<byte>(Block + VariableOffset(Block) + KeyLength(Block), *(ushort*)(Block + 6));
        }
    }

    internal static int WordOffset(byte* block) =>
        HeaderBytes + ((block[0] & FlagExpiry) << 3) + ((block[0] & FlagLongKey) << 2);

    internal static bool HasWord(byte* block) =>
        (block[0] & FlagOutside) != 0 || (block[1] >> 4) == (int)ValueEncoding.Integer;

    internal static int VariableOffset(byte* block) => WordOffset(block) + (HasWord(block) ? 8 : 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int KeyLength(byte* block) => (block[0] & FlagLongKey) == 0 ? block[5] : LongKeyLength(block);

    private static int LongKeyLength(byte* block) => *(int*)(block + HeaderBytes + ((block[0] & FlagExpiry) << 3));

    internal static long BlockBytes(byte* block) =>
        VariableOffset(block) + (long)KeyLength(block) + (HasWord(block) ? 0 : *(ushort*)(block + 6));
}

/// <summary>The block of a value that is too large for its entry: length, capacity, bytes.</summary>
internal static unsafe class OutsideValue
{
    public const int HeaderBytes = 16;

    public static long Length(byte* outside) => *(long*)outside;

    public static void SetLength(byte* outside, long length) => *(long*)outside = length;

    public static long Capacity(byte* outside) => *(long*)(outside + 8);

    public static void SetCapacity(byte* outside, long capacity) => *(long*)(outside + 8) = capacity;
}
