// The parser of requests: RESP arrays of bulk strings, and inline commands.
//
// Why not start over when a request is incomplete: a request of a million small arguments that arrives in pieces would be
// read once per piece, and a client could make the server do quadratic work.
//
// How: `Parse` reads complete requests from the front of a buffer into a RequestBatch and stops at the first incomplete
// one, whose progress (arguments found so far, bytes looked at, length of the bulk being waited for) is kept here. All
// kept positions are relative to the first byte of that request, so that the owner of the buffer may move it.
//
// Invariants: ranges lie inside the buffer; a request is reported once; after an error the parser is not used again.
// Limits and texts are those of redis-server 7.0.15: inline and header lines of 64 KB, `proto-max-bulk-len`, 2^31-1
// arguments; 10 arguments of 16 KB for a client that has not authenticated.
//
// Threads: the owner of the connection. Failure: `Error` holds the text for the client, who is then disconnected.

namespace Redoubt.Resp;

public enum ParseStatus
{
    /// <summary>Everything complete has been read; more bytes are needed for the next request.</summary>
    NeedMore,

    /// <summary>The batch is full; there may be more complete requests in the buffer.</summary>
    BatchFull,

    /// <summary>What was sent is not RESP; see <see cref="RequestParser.Error"/>.</summary>
    ProtocolError,
}

public sealed class RequestParser
{
    private const int LineBytesMax = 64 * 1024;

    private ArgumentRange[]? _found;
    private int _foundCount;
    private int _expected;
    private int _scanned;
    private long _bulkLength = -1;
    private bool _canonical;

    /// <summary>"Protocol error: …" without the leading "ERR ".</summary>
    public string? Error { get; private set; }

    /// <summary>`proto-max-bulk-len`, in bytes.</summary>
    public long BulkBytesMax { get; set; } = 512L * 1024 * 1024;

    /// <summary>False until the client has authenticated: Redis then allows 10 arguments of 16 KB.</summary>
    public bool IsTrusted { get; set; } = true;

    /// <summary>How many bytes the buffer must hold, from the start of the incomplete request, before another look is worth while.</summary>
    public long BytesWanted => _bulkLength > 0 ? _scanned + _bulkLength + 2 : 0;

    public bool IsMidRequest => _expected > 0;

    /// <summary>
    /// Reads requests from <paramref name="buffer"/>[<paramref name="position"/>..]. On return <paramref name="position"/>
    /// is the start of the first request that is not in the batch. Inline requests are unquoted in place.
    /// </summary>
    public ParseStatus Parse(Span<byte> buffer, ref int position, RequestBatch batch)
    {
        while (position < buffer.Length)
        {
            if (batch.IsFull)
                return ParseStatus.BatchFull;
            ParseStatus status = _expected == 0 && buffer[position] != (byte)'*'
                ? ParseInline(buffer, ref position, batch, out bool complete)
                : ParseArray(buffer, ref position, batch, out complete);
            if (status == ParseStatus.ProtocolError || !complete)
                return status;
        }
        return ParseStatus.NeedMore;
    }

    /// <summary>Forgets an incomplete request: its bytes will be shown again from their start.</summary>
    public void Restart()
    {
        _expected = 0;
        _foundCount = 0;
        _bulkLength = -1;
    }

    private ParseStatus ParseArray(Span<byte> buffer, ref int position, RequestBatch batch, out bool complete)
    {
        complete = false;
        int start = position;
        int first = batch.ArgumentCount;
        int cursor = start;
        if (_expected > 0)
        {
            cursor = start + _scanned;
            for (int i = 0; i < _foundCount; i++)
                batch.AddArgument(start + _found![i].Start, _found[i].Length);
        }
        else
        {
            int lineEnd = FindLine(buffer, start, out int next);
            if (lineEnd < 0)
                return buffer.Length - start > LineBytesMax ? Fail("Protocol error: too big mbulk count string") : ParseStatus.NeedMore;
            if (!TryParseLength(buffer[(start + 1)..lineEnd], out long count, out _canonical) || count > int.MaxValue)
                return Fail("Protocol error: invalid multibulk length");
            if (count > 10 && !IsTrusted)
                return Fail("Protocol error: unauthenticated multibulk length");
            cursor = next;
            if (count <= 0)
            {
                position = cursor;
                complete = true;
                return ParseStatus.NeedMore;
            }
            _expected = (int)count;
            _bulkLength = -1;
        }
        return ReadBulks(buffer, ref position, batch, first, cursor, out complete);
    }

    private ParseStatus ReadBulks(Span<byte> buffer, ref int position, RequestBatch batch, int first, int cursor, out bool complete)
    {
        complete = false;
        int start = position;
        while (batch.ArgumentCount - first < _expected)
        {
            if (_bulkLength < 0)
            {
                if (cursor >= buffer.Length)
                    return Suspend(batch, first, start, cursor);
                // The common header, "$d\r\n" or "$dd\r\n", without a search.
                if (!TryReadShortHeader(buffer, ref cursor))
                {
                    int lineEnd = FindLine(buffer, cursor, out int next);
                    if (lineEnd < 0)
                    {
                        if (buffer.Length - cursor > LineBytesMax)
                            return Fail("Protocol error: too big bulk count string");
                        return Suspend(batch, first, start, cursor);
                    }
                    if (buffer[cursor] != (byte)'$')
                        return Fail($"Protocol error: expected '$', got '{(char)buffer[cursor]}'");
                    if (!TryParseLength(buffer[(cursor + 1)..lineEnd], out long length, out bool canonical) || length < 0 || length > BulkBytesMax)
                        return Fail("Protocol error: invalid bulk length");
                    if (length > 16384 && !IsTrusted)
                        return Fail("Protocol error: unauthenticated bulk length");
                    _canonical &= canonical;
                    _bulkLength = length;
                    cursor = next;
                }
            }
            if (buffer.Length - cursor < _bulkLength + 2)
                return Suspend(batch, first, start, cursor);
            batch.AddArgument(cursor, (int)_bulkLength);
            cursor += (int)_bulkLength;
            _canonical &= buffer[cursor] == (byte)'\r' && buffer[cursor + 1] == (byte)'\n';
            cursor += 2;
            _bulkLength = -1;
        }
        batch.AddRequest(first, start, cursor - start, _canonical);
        position = cursor;
        _expected = 0;
        _foundCount = 0;
        complete = true;
        return ParseStatus.NeedMore;
    }

    private bool TryReadShortHeader(ReadOnlySpan<byte> buffer, ref int cursor)
    {
        if (buffer.Length - cursor < 5 || buffer[cursor] != (byte)'$')
            return false;
        int d1 = buffer[cursor + 1] - '0';
        if ((uint)d1 > 9)
            return false;
        if (buffer[cursor + 2] == (byte)'\r' && buffer[cursor + 3] == (byte)'\n')
        {
            _bulkLength = d1;
            cursor += 4;
            return true;
        }
        int d2 = buffer[cursor + 2] - '0';
        if (d1 == 0 || (uint)d2 > 9 || buffer[cursor + 3] != (byte)'\r' || buffer[cursor + 4] != (byte)'\n')
            return false;
        _bulkLength = d1 * 10 + d2;
        cursor += 5;
        return true;
    }

    /// <summary>Keeps what is known of an incomplete request, relative to its start.</summary>
    private ParseStatus Suspend(RequestBatch batch, int first, int start, int cursor)
    {
        int count = batch.ArgumentCount - first;
        if (count > 0)
        {
            if (_found is null || _found.Length < count)
                System.Array.Resize(ref _found, Math.Max(count, Math.Min(2 * count, 1 << 20)));
            for (int i = _foundCount; i < count; i++)
            {
                ArgumentRange range = batch.Arguments[first + i];
                _found[i] = new ArgumentRange(range.Start - start, range.Length);
            }
        }
        _foundCount = count;
        _scanned = cursor - start;
        batch.DropArguments(first);
        return ParseStatus.NeedMore;
    }

    private ParseStatus ParseInline(Span<byte> buffer, ref int position, RequestBatch batch, out bool complete)
    {
        complete = false;
        int newline = buffer[position..].IndexOf((byte)'\n');
        if (newline < 0)
            return buffer.Length - position > LineBytesMax ? Fail("Protocol error: too big inline request") : ParseStatus.NeedMore;
        int start = position;
        int end = start + newline;
        int lineEnd = end > start && buffer[end - 1] == (byte)'\r' ? end - 1 : end;
        int first = batch.ArgumentCount;
        if (!InlineArguments.TrySplit(buffer[start..lineEnd], start, batch))
        {
            batch.DropArguments(first);
            return Fail("Protocol error: unbalanced quotes in request");
        }
        position = end + 1;
        complete = true;
        if (batch.ArgumentCount > first)
            batch.AddRequest(first, start, position - start, isCanonical: false);
        return ParseStatus.NeedMore;
    }

    private ParseStatus Fail(string error)
    {
        Error = error;
        return ParseStatus.ProtocolError;
    }

    /// <summary>End of the line at <paramref name="from"/> (the place of its CR) or -1; <paramref name="next"/> is the byte after the LF.</summary>
    private static int FindLine(ReadOnlySpan<byte> buffer, int from, out int next)
    {
        // Like Redis: the line ends at the first CR, and the byte after it is skipped whatever it is, but must have arrived.
        int cr = buffer[from..].IndexOf((byte)'\r');
        next = from + cr + 2;
        return cr < 0 || next > buffer.Length ? -1 : from + cr;
    }

    /// <summary>A number as Redis's string2ll takes it: no leading zero, no plus, no blanks.</summary>
    private static bool TryParseLength(ReadOnlySpan<byte> text, out long value, out bool canonical)
    {
        canonical = true;
        value = 0;
        if (text.IsEmpty || text.Length > 20)
            return false;
        bool negative = text[0] == (byte)'-';
        ReadOnlySpan<byte> digits = negative ? text[1..] : text;
        if (digits.IsEmpty || digits.Length > 18 || (digits[0] == (byte)'0' && (digits.Length > 1 || negative)))
            return false;
        foreach (byte digit in digits)
        {
            if ((uint)(digit - '0') > 9)
                return false;
            value = value * 10 + (digit - '0');
        }
        if (negative)
            value = -value;
        return true;
    }
}
