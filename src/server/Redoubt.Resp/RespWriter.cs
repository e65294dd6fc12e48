// Replies are written once, into memory that is already warm.
//
// Why: a reply object per command (or a buffer per client) costs allocations and cache misses; with a thousand clients
// their buffers alone push the dataset out of the cache.
//
// How: the keyspace thread owns one RespWriter. Clients are served one after the other, so the replies of one client in
// one turn of the loop form one contiguous segment of this buffer, which is sent from here. Only what a socket does not
// take is copied elsewhere. The same class serves as scratch for pushes and for the replication stream.
//
// Protocol: one method per RESP type. Types that RESP2 lacks (map, set, null, double, boolean, verbatim, push) are
// written in the form that Redis 7 falls back to when `Protocol` is 2.
//
// Bound: what one client may be owed can be limited (`Begin`). When its replies pass the bound they are dropped, and what follows
// is written into the void: the command goes on, since it may have begun to change something, but takes no memory. Who
// asks for the reply afterwards sees `IsOverflown`; a command that only writes a long reply may look, and stop.
//
// Threads: one owner at a time. Failure: none; the buffer grows as needed and `Trim` gives memory back.
// Source: the RESP specification of redis.io, and redis-server 7.0.15 as the judge.

using System.Buffers.Text;

namespace Redoubt.Resp;

public sealed class RespWriter
{
    private byte[] _buffer;
    private int _length;

    // Where the space for what is written now ends: with the buffer, or before, at the bound.
    private int _end;
    private int _begin;
    private int _bytesMax;

    public RespWriter(int capacity = 64 * 1024)
    {
        _buffer = GC.AllocateUninitializedArray<byte>(capacity, pinned: true);
        _end = capacity;
    }

    /// <summary>2 or 3: which protocol the client that is being served speaks.</summary>
    public int Protocol { get; set; } = 2;

    /// <summary>Bytes written so far.</summary>
    public int Length => _length;

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    public ReadOnlySpan<byte> Segment(int start, int length) => _buffer.AsSpan(start, length);

    /// <summary>More than the bound was written since <see cref="Begin"/>; none of it is left.</summary>
    public bool IsOverflown { get; private set; }

    public void Clear() => _length = 0;

    /// <summary>The replies of one client begin here, and may become this many bytes long; 0 = as long as they are.</summary>
    public void Begin(int bytesMax)
    {
        _begin = _length;
        _bytesMax = bytesMax;
        IsOverflown = false;
        SetEnd();
    }

    /// <summary>Forgets everything from <paramref name="length"/> on.</summary>
    public void Truncate(int length) => _length = Math.Min(length, _length);

    /// <summary>Gives memory back after an unusually large reply. Only when empty.</summary>
    public void Trim(int capacity)
    {
        if (_length > 0 || _buffer.Length <= capacity)
            return;
        _buffer = GC.AllocateUninitializedArray<byte>(capacity, pinned: true);
        _bytesMax = 0;
        SetEnd();
    }

    /// <summary>Room for <paramref name="size"/> more bytes, to be followed by <see cref="Advance"/>.</summary>
    public Span<byte> Reserve(int size)
    {
        if (_end - _length < size)
            MakeRoom(size);
        return _buffer.AsSpan(_length, size);
    }

    public void Advance(int count) => _length += count;

    public void Raw(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        _length += bytes.Length;
    }

    public void Ok() => Raw("+OK\r\n"u8);

    public void SimpleString(ReadOnlySpan<byte> text) => Line((byte)'+', text);

    /// <summary>An error line; <paramref name="text"/> begins with its code ("ERR …", "WRONGTYPE …").</summary>
    public void Error(ReadOnlySpan<byte> text) => Line((byte)'-', text);

    public void Integer(long value)
    {
        if ((ulong)value < 10)
        {
            Span<byte> small = Reserve(4);
            small[0] = (byte)':';
            small[1] = (byte)('0' + value);
            small[2] = (byte)'\r';
            small[3] = (byte)'\n';
            _length += 4;
            return;
        }
        Header((byte)':', value);
    }

    public void Bulk(ReadOnlySpan<byte> value)
    {
        Span<byte> target = Reserve(value.Length + 16);
        int head = WriteHeader(target, (byte)'$', value.Length);
        value.CopyTo(target[head..]);
        int end = head + value.Length;
        target[end] = (byte)'\r';
        target[end + 1] = (byte)'\n';
        _length += end + 2;
    }

    /// <summary>An integer in the form of a bulk string.</summary>
    public void BulkInteger(long value)
    {
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(value, digits, out int count);
        Bulk(digits[..count]);
    }

    public void Bulk(string text)
    {
        int bytes = System.Text.Encoding.UTF8.GetByteCount(text);
        Header((byte)'$', bytes);
        System.Text.Encoding.UTF8.GetBytes(text, Reserve(bytes + 2));
        _length += bytes;
        Raw("\r\n"u8);
    }

    public void Null() => Raw(Protocol == 3 ? "_\r\n"u8 : "$-1\r\n"u8);

    public void NullArray() => Raw(Protocol == 3 ? "_\r\n"u8 : "*-1\r\n"u8);

    public void Array(int count) => Header((byte)'*', count);

    public void Map(int pairs) => Header(Protocol == 3 ? (byte)'%' : (byte)'*', Protocol == 3 ? pairs : 2L * pairs);

    public void Set(int count) => Header(Protocol == 3 ? (byte)'~' : (byte)'*', count);

    public void Push(int count) => Header(Protocol == 3 ? (byte)'>' : (byte)'*', count);

    public void Boolean(bool value)
    {
        if (Protocol == 3)
            Raw(value ? "#t\r\n"u8 : "#f\r\n"u8);
        else
            Integer(value ? 1 : 0);
    }

    /// <summary>An integer of any length, given in digits.</summary>
    public void BigNumber(ReadOnlySpan<byte> digits)
    {
        if (Protocol == 3)
            Line((byte)'(', digits);
        else
            Bulk(digits);
    }

    public void Double(double value)
    {
        Span<byte> text = stackalloc byte[DoubleText.BytesMax];
        Number(text[..DoubleText.Write(text, value)]);
    }

    /// <summary>A number that is spelt out already: a double in RESP3, a bulk string in RESP2.</summary>
    public void Number(ReadOnlySpan<byte> text)
    {
        if (Protocol == 3)
            Line((byte)',', text);
        else
            Bulk(text);
    }

    /// <summary>Text for people: a verbatim string (format of three letters, such as "txt") in RESP3, a bulk string in RESP2.</summary>
    public void Verbatim(ReadOnlySpan<byte> format, ReadOnlySpan<byte> text)
    {
        if (Protocol != 3)
        {
            Bulk(text);
            return;
        }
        Header((byte)'=', text.Length + 4);
        Raw(format[..3]);
        Raw(":"u8);
        Raw(text);
        Raw("\r\n"u8);
    }

    /// <summary>Opens an array whose length is not known yet; hand the mark to <see cref="EndArray"/>.</summary>
    public int BeginArray() => _length;

    /// <summary>Puts the header of the array opened at <paramref name="mark"/> before what was written since.</summary>
    public void EndArray(int mark, int count) => PutHeader(mark, (byte)'*', count);

    /// <summary>The same for a map, whose length is also opened with <see cref="BeginArray"/>.</summary>
    public void EndMap(int mark, int pairs) => PutHeader(mark, Protocol == 3 ? (byte)'%' : (byte)'*', Protocol == 3 ? pairs : 2L * pairs);

    /// <summary>The same for a set.</summary>
    public void EndSet(int mark, int count) => PutHeader(mark, Protocol == 3 ? (byte)'~' : (byte)'*', count);

    private void PutHeader(int mark, byte kind, long count)
    {
        Span<byte> head = stackalloc byte[24];
        int size = WriteHeader(head, kind, count);
        Reserve(size);
        // What the header is for may have been dropped at the bound.
        if (mark > _length)
            return;
        _buffer.AsSpan(mark, _length - mark).CopyTo(_buffer.AsSpan(mark + size));
        head[..size].CopyTo(_buffer.AsSpan(mark));
        _length += size;
    }

    private void Line(byte kind, ReadOnlySpan<byte> text)
    {
        Span<byte> target = Reserve(text.Length + 3);
        target[0] = kind;
        text.CopyTo(target[1..]);
        target[text.Length + 1] = (byte)'\r';
        target[text.Length + 2] = (byte)'\n';
        _length += text.Length + 3;
    }

    private void Header(byte kind, long value) => _length += WriteHeader(Reserve(24), kind, value);

    /// <summary>Writes kind, digits and CRLF; returns the number of bytes. At most 23 bytes.</summary>
    public static int WriteHeader(Span<byte> target, byte kind, long value)
    {
        target[0] = kind;
        int digits;
        if ((ulong)value < 10)
        {
            target[1] = (byte)('0' + value);
            digits = 1;
        }
        else if ((ulong)value < 100)
        {
            int tens = (int)value / 10;
            target[1] = (byte)('0' + tens);
            target[2] = (byte)('0' + ((int)value - tens * 10));
            digits = 2;
        }
        else
        {
            Utf8Formatter.TryFormat(value, target[1..], out digits);
        }
        target[digits + 1] = (byte)'\r';
        target[digits + 2] = (byte)'\n';
        return digits + 3;
    }

    private void MakeRoom(int size)
    {
        if (_bytesMax > 0 && (long)_length - _begin + size > _bytesMax)
        {
            IsOverflown = true;
            _length = _begin;
        }
        if (_buffer.Length - _length < size)
            Grow(size);
    }

    private void SetEnd() => _end = _bytesMax == 0 ? _buffer.Length : (int)Math.Min(_buffer.Length, (long)_begin + _bytesMax);

    private void Grow(int size)
    {
        long wanted = Math.Max((long)_length + size, Math.Min(2L * _buffer.Length, BytesMax));
        if (wanted > BytesMax)
            throw new ReplyTooLongException();
        byte[] larger = GC.AllocateUninitializedArray<byte>((int)wanted, pinned: true);
        _buffer.AsSpan(0, _length).CopyTo(larger);
        _buffer = larger;
        SetEnd();
    }

    private const int BytesMax = 0x7FFFFFC7;
}
