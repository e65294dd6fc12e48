// One element of a table: a member of a set, a field of a hash with its value, or a member of a sorted set with its score.
//
//   kind     block
//   Member   length of the key · key
//   Field    length of the key · length of the value · key · value
//   Scored   8 bytes score · length of the key · key
//
// A length is one byte, or 255 and four bytes (little endian). The block of a member never moves; that of a field moves when its value changes
// its size class. The size of a block follows from its content, because the heap has to be given it back with it.

using System.Runtime.CompilerServices;

namespace Redoubt.Structures.Elements;

internal enum ElementKind : byte
{
    Member,
    Field,
    Scored,
}

/// <summary>A view of an element, valid until its table changes. The default value stands for "no such element".</summary>
internal readonly unsafe ref struct Element
{
    internal readonly byte* Block;
    internal readonly ulong* Slot;
    private readonly ElementKind _kind;

    internal Element(byte* block, ulong* slot, ElementKind kind)
    {
        Block = block;
        Slot = slot;
        _kind = kind;
    }

    public bool Exists => Block != null;

    /// <summary>Identifies the element for as long as it is in its table, for structures that point to it; kinds Member and Scored only.</summary>
    public nint Address => (nint)Block;

    /// <summary>The view of an element that another structure points to.</summary>
    public static Element At(nint address, ElementKind kind) => new((byte*)address, null, kind);

    public ReadOnlySpan<byte> Key
    {
        get
        {
            byte* at = Block + ScoreBytes(_kind);
            int length = ReadLength(ref at);
            if (_kind == ElementKind.Field)
                ReadLength(ref at);
            return new ReadOnlySpan<byte>(at, length);
        }
    }

    /// <summary>The value of a hash's field.</summary>
    public ReadOnlySpan<byte> Value
    {
        get
        {
            byte* at = Block;
            int keyLength = ReadLength(ref at);
            int valueLength = ReadLength(ref at);
            return new ReadOnlySpan<byte>(at + keyLength, valueLength);
        }
    }

    /// <summary>The score of a sorted set's member.</summary>
    public ref double Score => ref *(double*)Block;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int ScoreBytes(ElementKind kind) => kind == ElementKind.Scored ? 8 : 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int ReadLength(ref byte* at)
    {
        int length = *at++;
        return length < 255 ? length : ReadLongLength(ref at);
    }

    private static int ReadLongLength(ref byte* at)
    {
        int length = *(int*)at;
        at += 4;
        return length;
    }

    internal static int LengthBytes(int length) => length < 255 ? 1 : 5;

    internal static byte* WriteLength(byte* at, int length)
    {
        if (length < 255)
        {
            *at = (byte)length;
            return at + 1;
        }
        *at = 255;
        *(int*)(at + 1) = length;
        return at + 5;
    }

    /// <summary>The size of the block of an element with these lengths.</summary>
    internal static long BytesFor(ElementKind kind, int keyLength, int valueLength)
    {
        long bytes = ScoreBytes(kind) + LengthBytes(keyLength) + (long)keyLength;
        return kind == ElementKind.Field ? bytes + LengthBytes(valueLength) + valueLength : bytes;
    }

    internal static long BytesOf(byte* block, ElementKind kind)
    {
        byte* at = block + ScoreBytes(kind);
        int keyLength = ReadLength(ref at);
        return BytesFor(kind, keyLength, kind == ElementKind.Field ? ReadLength(ref at) : 0);
    }
}
