// The parser of requests: RESP arrays of bulk strings, and inline commands.
//
// Why not start over when a request is incomplete: a request of a million small arguments that arrives in pieces would be
// read once per piece, and a client could make the server do quadratic work.
//
// How: `Parse` reads complete requests from the front of a buffer into a RequestBatch and stops at the first incomplete
// one, whose progress (arguments found so far, bytes looked at, length of the bulk being waited for) is kept here. All
// kept positions are relative to the first byte of that request, so that the owner of the buffer may move it. What has been
// found stays aside until the request is complete, so that no argument is handled once per piece.
//
// Inline words in quotes are unquoted over the line itself. Whoever executes only a part of a batch and comes back for the
// rest must find the bytes as they came: the line is kept until the next `Parse`, and `Restart` puts it back. There is at
// most one such line in a batch, the last one.
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
    private byte[]? _quotedLine;
    private int _quotedStart;
    private int _quotedLength;

    /// <summary>"Protocol error: …" without the leading "ERR ".</summary>
    public string? Error { get; private set; }

    /// <summary>`proto-max-bulk-len`, in bytes.</summary>
    public long BulkBytesMax { get; set; } = 512L * 1024 * 1024;

    /// <summary>False until the client has authenticated: Redis then allows 10 arguments of 16 KB.</summary>
    public bool IsTrusted { get; set; } = true;

    /// <summary>How much of the incomplete request at the start of the buffer is read already.</summary>
    public int BytesRead => _expected > 0 ? _scanned : 0;

    /// <summary>The length of the arguments that were read of it.</summary>
    public long ArgumentBytes
    {
        get
        {
            long bytes = 0;
            for (int i = 0; i < _foundCount; i++)
                bytes += _found![i].Length;
            return bytes;
        }
    }

    /// <summary>How many bytes the buffer must hold, from the start of the incomplete request, before another look is worth while.</summary>
    public long BytesWanted => _bulkLength > 0 ? _scanned + _bulkLength + 2 : 0;

    /// <summary>
    /// Reads requests from <paramref name="buffer"/>[<paramref name="position"/>..]. On return <paramref name="position"/>
    /// is the start of the first request that is not in the batch. Inline requests are unquoted in place.
    /// </summary>
    public ParseStatus Parse(Span<byte> buffer, ref int position, RequestBatch batch)
    {
        _quotedLength = 0;
        while (position < buffer.Length)
        {
            // Whoever is not trusted yet may be after the next request: what follows it is read by other rules.
            if (batch.IsFull || (!IsTrusted && batch.Count > 0))
                return ParseStatus.BatchFull;
            ParseStatus status = _expected == 0 && buffer[position] != (byte)'*'
                ? ParseInline(buffer, ref position, batch, out bool complete)
                : ParseArray(buffer, ref position, batch, out complete);
            if (status != ParseStatus.NeedMore || !complete)
                return status;
        }
        return ParseStatus.NeedMore;
    }

    /// <summary>
    /// Forgets what the last <see cref="Parse"/> of this buffer found: some of its bytes will be shown again, from the start of a request.
    /// </summary>
    public void Restart(Span<byte> buffer)
    {
        _expected = 0;
        _bulkLength = -1;
        Error = null;
        ForgetFound();
        RestoreQuotedLine(buffer);
    }

    private ParseStatus ParseArray(Span<byte> buffer, ref int position, RequestBatch batch, out bool complete)
    {
        complete = false;
        if (_expected > 0)
            return Resume(buffer, ref position, batch, out complete);
        int start = position;
        int lineEnd = FindLine(buffer, start, out int next);
        if (lineEnd < 0)
            return buffer.Length - start > LineBytesMax ? Fail("Protocol error: too big mbulk count string") : ParseStatus.NeedMore;
        if (!TryParseLength(buffer[(start + 1)..lineEnd], out long count) || count > int.MaxValue)
            return Fail("Protocol error: invalid multibulk length");
        if (count > 10 && !IsTrusted)
            return Fail("Protocol error: unauthenticated multibulk length");
        if (count <= 0)
        {
            position = next;
            complete = true;
            return ParseStatus.NeedMore;
        }
        _canonical = buffer[next - 1] == (byte)'\n';
        _expected = (int)count;
        _bulkLength = -1;
        return ReadBulks(buffer, ref position, batch, next, out complete);
    }

    /// <summary>Reads the arguments of a request whose header has just been read.</summary>
    private ParseStatus ReadBulks(Span<byte> buffer, ref int position, RequestBatch batch, int cursor, out bool complete)
    {
        complete = false;
        int start = position;
        int first = batch.ArgumentCount;
        while (batch.ArgumentCount - first < _expected)
        {
            // The common header, "$d\r\n" or "$dd\r\n", without a search.
            if (!TryReadShortHeader(buffer, ref cursor) && !TryReadHeader(buffer, ref cursor))
                return Error is null ? Suspend(batch, first, start, cursor) : ParseStatus.ProtocolError;
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
        complete = true;
        return ParseStatus.NeedMore;
    }

    /// <summary>Goes on with a request that was incomplete.</summary>
    private ParseStatus Resume(Span<byte> buffer, ref int position, RequestBatch batch, out bool complete)
    {
        complete = false;
        int start = position;
        int cursor = start + _scanned;
        while (_foundCount < _expected)
        {
            if (_bulkLength < 0 && !TryReadShortHeader(buffer, ref cursor) && !TryReadHeader(buffer, ref cursor))
            {
                _scanned = cursor - start;
                return Error is null ? ParseStatus.NeedMore : ParseStatus.ProtocolError;
            }
            if (buffer.Length - cursor < _bulkLength + 2)
            {
                _scanned = cursor - start;
                return ParseStatus.NeedMore;
            }
            KeepFound(new ArgumentRange(cursor - start, (int)_bulkLength));
            cursor += (int)_bulkLength;
            _canonical &= buffer[cursor] == (byte)'\r' && buffer[cursor + 1] == (byte)'\n';
            cursor += 2;
            _bulkLength = -1;
        }
        int first = batch.ArgumentCount;
        for (int i = 0; i < _foundCount; i++)
            batch.AddArgument(start + _found![i].Start, _found[i].Length);
        batch.AddRequest(first, start, cursor - start, _canonical);
        position = cursor;
        _expected = 0;
        ForgetFound();
        complete = true;
        return ParseStatus.NeedMore;
    }

    /// <summary>Reads any header of a bulk string. False when it is incomplete, or wrong: then <see cref="Error"/> is set.</summary>
    private bool TryReadHeader(ReadOnlySpan<byte> buffer, ref int cursor)
    {
        int lineEnd = FindLine(buffer, cursor, out int next);
        if (lineEnd < 0)
        {
            if (buffer.Length - cursor > LineBytesMax)
                Fail("Protocol error: too big bulk count string");
            return false;
        }
        if (buffer[cursor] != (byte)'$')
        {
            char got = buffer[cursor] is (byte)'\r' or (byte)'\n' ? ' ' : (char)buffer[cursor];
            Fail($"Protocol error: expected '$', got '{got}'");
        }
        else if (!TryParseLength(buffer[(cursor + 1)..lineEnd], out long length) || length < 0 || length > BulkBytesMax)
        {
            Fail("Protocol error: invalid bulk length");
        }
        else if (length > 16384 && !IsTrusted)
        {
            Fail("Protocol error: unauthenticated bulk length");
        }
        else
        {
            _canonical &= buffer[next - 1] == (byte)'\n';
            _bulkLength = length;
            cursor = next;
        }
        return Error is null;
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
        foreach (ArgumentRange range in batch.Arguments[first..])
            KeepFound(new ArgumentRange(range.Start - start, range.Length));
        _scanned = cursor - start;
        batch.DropArguments(first);
        return ParseStatus.NeedMore;
    }

    private void KeepFound(ArgumentRange range)
    {
        if (_found is null || _found.Length == _foundCount)
            System.Array.Resize(ref _found, Math.Max(16, 2 * _foundCount));
        _found[_foundCount++] = range;
    }

    private void ForgetFound()
    {
        _foundCount = 0;
        if (_found is { Length: > 1024 })
            _found = null;
    }

    private ParseStatus ParseInline(Span<byte> buffer, ref int position, RequestBatch batch, out bool complete)
    {
        complete = false;
        int newline = IndexOrEnd(buffer[position..], (byte)'\n');
        if (newline < 0)
            return buffer.Length - position > LineBytesMax ? Fail("Protocol error: too big inline request") : ParseStatus.NeedMore;
        int start = position;
        int end = start + newline;
        int lineEnd = end > start && buffer[end - 1] == (byte)'\r' ? end - 1 : end;
        int first = batch.ArgumentCount;
        Span<byte> line = buffer[start..lineEnd];
        bool isQuoted = line.ContainsAny((byte)'"', (byte)'\'');
        if (isQuoted)
            KeepQuotedLine(line, start);
        if (!InlineArguments.TrySplit(line, start, batch))
        {
            batch.DropArguments(first);
            RestoreQuotedLine(buffer);
            return Fail("Protocol error: unbalanced quotes in request");
        }
        position = end + 1;
        complete = true;
        if (batch.ArgumentCount > first)
            batch.AddRequest(first, start, position - start, isCanonical: false);
        return isQuoted ? ParseStatus.BatchFull : ParseStatus.NeedMore;
    }

    private void KeepQuotedLine(ReadOnlySpan<byte> line, int start)
    {
        if (_quotedLine is null || _quotedLine.Length < line.Length)
            _quotedLine = new byte[line.Length];
        line.CopyTo(_quotedLine);
        _quotedStart = start;
        _quotedLength = line.Length;
    }

    private void RestoreQuotedLine(Span<byte> buffer)
    {
        if (_quotedLength > 0)
            _quotedLine.AsSpan(0, _quotedLength).CopyTo(buffer[_quotedStart..]);
        _quotedLength = 0;
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
        int cr = IndexOrEnd(buffer[from..], (byte)'\r');
        next = from + cr + 2;
        return cr < 0 || next > buffer.Length ? -1 : from + cr;
    }

    /// <summary>Where the byte first stands, or -1. Like Redis, which searches as C does, this never looks past a zero byte.</summary>
    private static int IndexOrEnd(ReadOnlySpan<byte> bytes, byte wanted)
    {
        int at = bytes.IndexOfAny(wanted, (byte)0);
        return at >= 0 && bytes[at] == wanted ? at : -1;
    }

    /// <summary>A number as Redis's string2ll takes it: no leading zero, no plus, no blanks, 64 bits.</summary>
    private static bool TryParseLength(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        if (text.IsEmpty || text.Length > 20)
            return false;
        bool negative = text[0] == (byte)'-';
        ReadOnlySpan<byte> digits = negative ? text[1..] : text;
        if (digits.IsEmpty || digits.Length > 19 || (digits[0] == (byte)'0' && (digits.Length > 1 || negative)))
            return false;
        ulong magnitude = 0;
        foreach (byte digit in digits)
        {
            if ((uint)(digit - '0') > 9)
                return false;
            magnitude = magnitude * 10 + (uint)(digit - '0');
        }
        if (magnitude > (negative ? 1UL << 63 : long.MaxValue))
            return false;
        value = negative ? (long)(0 - magnitude) : (long)magnitude;
        return true;
    }
}
