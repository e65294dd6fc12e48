// The primitives of the RDB format, written into one growing buffer: lengths, strings, integers, and whole value images.
//
// Strings: a text that reads as a 32-bit integer is stored as one; longer than 20 bytes, it may be compressed (CompressionGate
// decides whether that is tried; without one it always is). Whoever writes makes room for the worst case first (`MakeRoom`), so that nothing
// inside a loop grows or allocates.
// Threads: one at a time. Failure: none but misuse and lack of memory.
using System.Buffers.Binary;
using System.Buffers.Text;
using Redoubt.Keyspace;

namespace Redoubt.Persistence.Rdb;

internal sealed class RdbOutput(bool compress)
{
    private const int SavingMin = 4;
    private const int RetainedBytesMax = 4 << 20;

    private readonly LzfCompressor _lzf = new();

    private byte[] _buffer = [];
    private int _start; // first byte not yet consumed
    private int _end;
    private int _accounted; // where Unaccounted begins

    /// <summary>Output not yet taken; valid until the next call.</summary>
    public ReadOnlySpan<byte> Pending => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Output since the last call of <see cref="Account"/>.</summary>
    public ReadOnlySpan<byte> Unaccounted => _buffer.AsSpan(_accounted, _end - _accounted);

    public void Account() => _accounted = _end;

    /// <summary>Marks the first bytes of Pending as taken.</summary>
    public void Consume(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, _end - _start);
        _start += bytes;
        if (_start == _end)
            Clear();
    }

    /// <summary>Marks all of Pending as taken.</summary>
    public void Clear()
    {
        _start = _end = _accounted = 0;
        if (_buffer.Length > RetainedBytesMax)
            _buffer = [];
    }

    public void MakeRoom(long bytes)
    {
        if (bytes <= _buffer.Length - _end)
            return;
        long needed = _end - _start + bytes;
        if (needed > Array.MaxLength)
            throw new InvalidOperationException($"the output buffer cannot hold {needed} bytes; drain it between batches");
        byte[] target = _buffer;
        if (needed > _buffer.Length)
        {
            long capacity = Math.Min(Math.Max(needed, Math.Min(_buffer.Length * 2L, RetainedBytesMax)), Array.MaxLength);
            target = GC.AllocateUninitializedArray<byte>((int)capacity);
        }
        Pending.CopyTo(target);
        _buffer = target;
        _end -= _start;
        _accounted -= _start;
        _start = 0;
    }

    public void Byte(byte value) => _buffer[_end++] = value;

    public void Int64(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_buffer.AsSpan(_end), value);
        _end += sizeof(long);
    }

    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_buffer.AsSpan(_end));
        _end += bytes.Length;
    }

    public void Length(ulong length)
    {
        Span<byte> room = _buffer.AsSpan(_end, 9);
        int size = PrefixLength(length);
        switch (size)
        {
            case 1:
                room[0] = (byte)length;
                break;
            case 2:
                room[0] = (byte)(RdbFormat.Length14Bits | length >> 8);
                room[1] = (byte)length;
                break;
            case 5:
                room[0] = RdbFormat.Length32Bits;
                BinaryPrimitives.WriteUInt32BigEndian(room[1..], (uint)length);
                break;
            default:
                room[0] = RdbFormat.Length64Bits;
                BinaryPrimitives.WriteUInt64BigEndian(room[1..], length);
                break;
        }
        _end += size;
    }

    public void String(ReadOnlySpan<byte> text, CompressionGate? gate)
    {
        if (RdbInteger.TryParse(text, out int number))
        {
            Int32(number);
            return;
        }
        if (compress && ShouldTry(text, gate, out int kind))
        {
            bool compressed = TryCompressed(text);
            gate?.Report(kind, compressed);
            if (compressed)
                return;
        }
        Length((ulong)text.Length);
        Bytes(text);
    }

    public void Integer(long value)
    {
        if (value is >= int.MinValue and <= int.MaxValue)
        {
            Int32((int)value);
            return;
        }
        Span<byte> text = stackalloc byte[EntryView.IntegerTextMax];
        Utf8Formatter.TryFormat(value, text, out int length);
        Length((ulong)length);
        Bytes(text[..length]);
    }

    /// <summary>The most bytes that an image of this size becomes.</summary>
    public static long RoomForImage(long imageBytes) => imageBytes + imageBytes / 1024 + 32;

    /// <summary>The tokens of an image. A token takes at least as much room as its encoding, but for what <see cref="RoomForImage"/> adds.</summary>
    public void Image(ImageReader image, CompressionGate? gate)
    {
        while (true)
        {
            switch (image.Next)
            {
                case ImageToken.None:
                    return;
                case ImageToken.Length:
                    Length(image.Length());
                    break;
                case ImageToken.Text:
                    String(image.Text(), gate);
                    break;
                case ImageToken.CompressedText:
                    Compressed(image.CompressedText(out int expandedLength), expandedLength);
                    break;
                default:
                    Bytes(image.Raw());
                    break;
            }
        }
    }

    private void Compressed(ReadOnlySpan<byte> bytes, int expandedLength)
    {
        _buffer[_end++] = RdbFormat.EncodingLzf;
        Length((ulong)bytes.Length);
        Length((ulong)expandedLength);
        Bytes(bytes);
    }

    private static bool ShouldTry(ReadOnlySpan<byte> text, CompressionGate? gate, out int kind)
    {
        kind = 0;
        return gate is null ? text.Length >= CompressionGate.LengthMin : gate.ShouldTry(text, out kind);
    }

    // The compressed bytes go where they belong if both length prefixes are as long as they can be for this text;
    // the prefix of the compressed length often comes out shorter, and then the bytes move down.
    private bool TryCompressed(ReadOnlySpan<byte> text)
    {
        int room = PrefixLength((ulong)text.Length);
        int at = _end + 1 + room + room;
        int compressed = _lzf.Compress(text, _buffer.AsSpan(at, text.Length - SavingMin));
        if (compressed == 0)
            return false;
        _buffer[_end++] = RdbFormat.EncodingLzf;
        Length((ulong)compressed);
        Length((ulong)text.Length);
        if (_end != at)
            _buffer.AsSpan(at, compressed).CopyTo(_buffer.AsSpan(_end));
        _end += compressed;
        return true;
    }

    private void Int32(int value)
    {
        Span<byte> room = _buffer.AsSpan(_end, 5);
        if (value is >= sbyte.MinValue and <= sbyte.MaxValue)
        {
            room[0] = RdbFormat.EncodingInt8;
            room[1] = (byte)value;
            _end += 2;
        }
        else if (value is >= short.MinValue and <= short.MaxValue)
        {
            room[0] = RdbFormat.EncodingInt16;
            BinaryPrimitives.WriteInt16LittleEndian(room[1..], (short)value);
            _end += 3;
        }
        else
        {
            room[0] = RdbFormat.EncodingInt32;
            BinaryPrimitives.WriteInt32LittleEndian(room[1..], value);
            _end += 5;
        }
    }

    private static int PrefixLength(ulong length) => length < 1 << 6 ? 1 : length < 1 << 14 ? 2 : length <= uint.MaxValue ? 5 : 9;
}
