using System.Buffers.Binary;

namespace Redoubt.Persistence.Rdb;

/// <summary>
/// Walks a zipmap, the small hashes of Redis up to 2.4: a byte with their number (254: more than can be said), then field and value, each
/// after its length (1 byte, or 0xfe and 4 bytes); between a value and its length one byte says how many unused bytes follow it. 0xff ends it.
/// </summary>
internal ref struct ZipmapCursor
{
    private const byte EndMark = 0xff;
    private const byte LongLength = 0xfe;

    private readonly ReadOnlySpan<byte> _blob;
    private int _at = 1;

    public ZipmapCursor(ReadOnlySpan<byte> blob)
    {
        _blob = blob;
        IsDamaged = blob.Length < 2 || blob[^1] != EndMark;
    }

    public bool IsDamaged { get; private set; }

    public int Count { get; private set; }

    public ReadOnlySpan<byte> Field { get; private set; }

    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>Goes to the next field; false at the end, and when what follows is damaged.</summary>
    public bool MoveNext()
    {
        if (IsDamaged)
            return false;
        if (_at == _blob.Length - 1)
        {
            // An empty hash does not exist, and was never written.
            IsDamaged = Count == 0 || (_blob[0] < LongLength && _blob[0] != Count);
            return false;
        }
        if (!TryTake(0, out ReadOnlySpan<byte> field) || !TryTake(1, out ReadOnlySpan<byte> value))
        {
            IsDamaged = true;
            return false;
        }
        Field = field;
        Value = value;
        Count++;
        return true;
    }

    private bool TryTake(int unusedSize, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        ReadOnlySpan<byte> rest = _blob[_at..^1];
        if (rest.IsEmpty)
            return false;
        int head = rest[0] < LongLength ? 1 : 5;
        if (rest[0] > LongLength || rest.Length < head + unusedSize)
            return false;
        long length = head == 1 ? rest[0] : BinaryPrimitives.ReadUInt32LittleEndian(rest[1..]);
        int unused = unusedSize == 0 ? 0 : rest[head];
        head += unusedSize;
        if (length + unused > rest.Length - head)
            return false;
        bytes = rest.Slice(head, (int)length);
        _at += head + (int)length + unused;
        return true;
    }
}
