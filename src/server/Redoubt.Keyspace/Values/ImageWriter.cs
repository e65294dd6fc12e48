// A value image: a value other than a string, as a row of tokens, on its way between the thread that owns the keyspace and a codec.
//
// Why: the keyspace thread may spend microseconds per slice on a snapshot or a load, while encoding, compressing and checking
// cost per byte. So the two sides meet in a form that one of them makes by copying memory, and the other turns into the bytes of
// an RDB file or a DUMP payload without knowing the value's type: a token is all it needs to see. The naive way, to
// let the codec walk the structures, would need locks around them; to encode on the keyspace thread costs ten times as much there.
//
// How: the tokens are those of the RDB format, in its order, under the type number in `ImageType`. What may be compressed or
// stored as a number is a text; what must stay as it is (a double, a stream's IDs) is raw. A listpack or an intset is one text.
//
// Layout of a token:
//   1 byte   kind: 1 length, 2 text, 3 raw, 4 compressed text
//   length:  8 bytes, little endian
//   text and raw: 4 bytes length, little endian, then the bytes
//   compressed text (only on the way out): 4 bytes length, 4 bytes length once expanded, then the bytes (LZF)
//
// A large value is given in pieces, cut between elements, never inside one; the type says what an element is.
//
// Memory grows with the bytes that arrive, never with a length that was merely announced.
// Threads: one at a time; an image belongs to whoever has it.

using System.Buffers.Binary;
using Redoubt.Native;

namespace Redoubt.Keyspace;

public enum ImageToken : byte
{
    None = 0,
    Length = 1,
    Text = 2,
    Raw = 3,
    CompressedText = 4,
}

public sealed class ImageWriter
{
    internal const int BytesHeadSize = 5;
    private const int LengthTokenSize = 9;
    private const int FirstBytes = 4096;

    private byte[] _buffer;

    public ImageWriter(int capacity = 0) => _buffer = capacity == 0 ? [] : GC.AllocateUninitializedArray<byte>(capacity);

    public int Count { get; private set; }

    public int Capacity => _buffer.Length;

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, Count);

    public void Length(ulong value)
    {
        Span<byte> token = Reserve(LengthTokenSize);
        token[0] = (byte)ImageToken.Length;
        BinaryPrimitives.WriteUInt64LittleEndian(token[1..], value);
    }

    public void Text(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Bytes(ImageToken.Text, bytes.Length));

    /// <summary>A text whose bytes the caller writes into what is returned, before anything else is written.</summary>
    public Span<byte> UnfilledText(int length) => Bytes(ImageToken.Text, length);

    /// <summary>The head of a text whose bytes follow by <see cref="Append"/>.</summary>
    public void BeginText(int length)
    {
        Span<byte> token = Reserve(BytesHeadSize);
        token[0] = (byte)ImageToken.Text;
        BinaryPrimitives.WriteInt32LittleEndian(token[1..], length);
    }

    /// <summary>A text that is compressed already, by LZF.</summary>
    public void CompressedText(ReadOnlySpan<byte> bytes, int expandedLength)
    {
        Span<byte> token = Reserve(BytesHeadSize + sizeof(int) + bytes.Length);
        token[0] = (byte)ImageToken.CompressedText;
        BinaryPrimitives.WriteInt32LittleEndian(token[1..], bytes.Length);
        BinaryPrimitives.WriteInt32LittleEndian(token[BytesHeadSize..], expandedLength);
        bytes.CopyTo(token[(BytesHeadSize + sizeof(int))..]);
    }

    public void Raw(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Bytes(ImageToken.Raw, bytes.Length));

    /// <summary>Raw bytes that the caller writes into what is returned, before anything else is written.</summary>
    public Span<byte> UnfilledRaw(int length) => Bytes(ImageToken.Raw, length);

    public void Double(double value) => BinaryPrimitives.WriteDoubleLittleEndian(Bytes(ImageToken.Raw, sizeof(double)), value);

    public void Int64(long value) => BinaryPrimitives.WriteInt64LittleEndian(Bytes(ImageToken.Raw, sizeof(long)), value);

    /// <summary>What <see cref="Count"/> will be about so many bytes later.</summary>
    public int LimitAfter(int bytes) => (int)Math.Min((long)Count + bytes, int.MaxValue);

    /// <summary>Bytes that are no token: a container's own headers, and the pieces of a text that was begun.</summary>
    /// <param name="expected">How many bytes are known to follow in all; the memory does not grow beyond that without need.</param>
    public void Append(ReadOnlySpan<byte> bytes, long expected = 0)
    {
        Grow(bytes.Length, expected);
        bytes.CopyTo(_buffer.AsSpan(Count));
        Count += bytes.Length;
    }

    /// <summary>Room for bytes that are no token; valid until something else is written.</summary>
    public Span<byte> Reserve(int bytes)
    {
        Grow(bytes, 0);
        Span<byte> room = _buffer.AsSpan(Count, bytes);
        Count += bytes;
        return room;
    }

    /// <summary>What was written from this position on; may be overwritten in place.</summary>
    public Span<byte> From(int position) => _buffer.AsSpan(position, Count - position);

    /// <summary>Takes back what was written after this many bytes.</summary>
    public void Truncate(int count)
    {
        Invariant.That((uint)count <= (uint)Count, "an image is only ever shortened");
        Count = count;
    }

    /// <summary>Forgets everything, and memory beyond what is to be retained.</summary>
    public void Clear(int retainedBytesMax)
    {
        Count = 0;
        if (_buffer.Length > retainedBytesMax)
            _buffer = [];
    }

    private Span<byte> Bytes(ImageToken kind, int length)
    {
        Span<byte> token = Reserve(BytesHeadSize + length);
        token[0] = (byte)kind;
        BinaryPrimitives.WriteInt32LittleEndian(token[1..], length);
        return token[BytesHeadSize..];
    }

    private void Grow(int bytes, long expected)
    {
        long needed = (long)Count + bytes;
        if (needed <= _buffer.Length)
            return;
        if (needed > Array.MaxLength)
            throw new InvalidOperationException($"an image cannot hold {needed} bytes");
        long enough = Math.Max(needed, Count + expected);
        long doubled = Math.Max(_buffer.Length * 2L, FirstBytes);
        long capacity = expected > 0 ? Math.Min(doubled, enough) : doubled;
        capacity = Math.Min(Math.Max(capacity, needed), Array.MaxLength);
        byte[] larger = GC.AllocateUninitializedArray<byte>((int)capacity);
        Written.CopyTo(larger);
        _buffer = larger;
    }
}
