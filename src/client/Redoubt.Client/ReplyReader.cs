using System.Buffers.Text;

namespace Redoubt.Client;

// Replies arrive in pieces that respect no border. Parsing again from the start of a reply whenever more bytes arrive
// takes quadratic time on a large array, so the reader keeps what it has: finished parts wait on a stack of open aggregates, and
// only the one leaf that is cut in two stays in the buffer.
//
//   buffer   [ consumed | unread ............ | free ]
//                        ^_start               ^_end
//
// Foreign bytes: lengths are checked before anything is allocated for them, aggregates grow as their parts arrive rather than by
// the announced count, and nesting is bounded; what breaks these rules is a ProtocolException, after which the
// connection is of no use. One reader belongs to one connection and one thread at a time.

/// <summary>Turns received bytes into replies, RESP2 and RESP3.</summary>
internal sealed class ReplyReader
{
    private const int DepthMax = 64;
    private const long BulkBytesMax = 512L * 1024 * 1024;
    private const int LineBytesMax = 64 * 1024;

    /// <summary>An aggregate whose parts are still arriving. Attributes are read like maps and then thrown away.</summary>
    private sealed class Open(ReplyKind kind, long count, bool isAttribute)
    {
        public readonly ReplyKind Kind = kind;
        public readonly long Count = count;
        public readonly bool IsAttribute = isAttribute;
        public readonly List<Reply> Items = new((int)Math.Min(count, 1024));
    }

    private readonly Stack<Open> _open = new();
    private byte[] _buffer = new byte[4096];
    private int _start;
    private int _end;

    /// <summary>Room for more bytes; call <see cref="Received"/> with how many were put there.</summary>
    public Memory<byte> FreeSpace()
    {
        if (_start == _end)
            _start = _end = 0;
        if (_buffer.Length - _end < 1024)
        {
            byte[] target = _end - _start > _buffer.Length / 2 ? new byte[checked(_buffer.Length * 2)] : _buffer;
            Buffer.BlockCopy(_buffer, _start, target, 0, _end - _start);
            (_buffer, _start, _end) = (target, 0, _end - _start);
        }

        return _buffer.AsMemory(_end);
    }

    public void Received(int count) => _end += count;

    /// <summary>Takes the next complete reply; false when more bytes are needed.</summary>
    public bool TryRead(out Reply reply)
    {
        while (TryReadPart(out Reply? part))
        {
            if (part is null)
                continue;
            while (true)
            {
                if (_open.Count == 0)
                {
                    reply = part;
                    return true;
                }

                Open parent = _open.Peek();
                parent.Items.Add(part);
                if (parent.Items.Count < parent.Count)
                    break;
                _open.Pop();
                if (parent.IsAttribute)
                    break;
                part = Reply.Aggregate(parent.Kind, [.. parent.Items]);
            }
        }

        reply = Reply.Null;
        return false;
    }

    /// <summary>Reads a leaf, or opens an aggregate (then <paramref name="part"/> is null).</summary>
    private bool TryReadPart(out Reply? part)
    {
        part = null;
        ReadOnlySpan<byte> unread = _buffer.AsSpan(_start, _end - _start);
        int lineEnd = unread.IndexOf("\r\n"u8);
        if (lineEnd < 0)
        {
            if (unread.Length > LineBytesMax)
                throw new ProtocolException("The server sent a line without an end.");
            return false;
        }

        if (lineEnd == 0)
            throw new ProtocolException("The server sent an empty line where a reply should begin.");
        ReadOnlySpan<byte> line = unread[1..lineEnd];
        int used = lineEnd + 2;
        switch (unread[0])
        {
            case (byte)'+': part = Reply.Text(ReplyKind.SimpleString, line); break;
            case (byte)'-': part = Reply.Text(ReplyKind.Error, line); break;
            case (byte)':': part = Reply.Integer(Number(line)); break;
            case (byte)'_': part = Reply.Null; break;
            case (byte)',': part = Reply.Text(ReplyKind.Double, line); break;
            case (byte)'#': part = Reply.Boolean(line.SequenceEqual("t"u8)); break;
            case (byte)'(': part = Reply.Text(ReplyKind.BigNumber, line); break;
            case (byte)'$': return TryReadBulk(ReplyKind.BulkString, Number(line), used, out part);
            case (byte)'=': return TryReadBulk(ReplyKind.Verbatim, Number(line), used, out part);
            case (byte)'!': return TryReadBulk(ReplyKind.Error, Number(line), used, out part);
            case (byte)'*': part = OpenAggregate(ReplyKind.Array, Number(line), 1); break;
            case (byte)'~': part = OpenAggregate(ReplyKind.Set, Number(line), 1); break;
            case (byte)'>': part = OpenAggregate(ReplyKind.Push, Number(line), 1); break;
            case (byte)'%': part = OpenAggregate(ReplyKind.Map, Number(line), 2); break;
            case (byte)'|': OpenAggregate(ReplyKind.Map, Number(line), 2, isAttribute: true); break;
            default: throw new ProtocolException($"The server sent a reply of unknown type '{(char)unread[0]}'.");
        }

        _start += used;
        return true;
    }

    private bool TryReadBulk(ReplyKind kind, long length, int headBytes, out Reply? part)
    {
        part = null;
        if (length == -1)
        {
            part = Reply.Null;
            _start += headBytes;
            return true;
        }

        if (length is < 0 or > BulkBytesMax)
            throw new ProtocolException($"The server announced a string of {length} bytes.");
        ReadOnlySpan<byte> rest = _buffer.AsSpan(_start + headBytes, _end - _start - headBytes);
        if (rest.Length < length + 2)
            return false;
        if (!rest.Slice((int)length, 2).SequenceEqual("\r\n"u8))
            throw new ProtocolException("The server sent a string that is longer than announced.");
        ReadOnlySpan<byte> content = rest[..(int)length];
        if (kind == ReplyKind.Verbatim && content.Length >= 4)
            content = content[4..];
        part = Reply.Text(kind, content);
        _start += headBytes + (int)length + 2;
        return true;
    }

    private Reply? OpenAggregate(ReplyKind kind, long count, int itemsPerEntry, bool isAttribute = false)
    {
        if (count == -1)
            return Reply.Null;
        if (count is < 0 or > int.MaxValue)
            throw new ProtocolException($"The server announced an aggregate of {count} parts.");
        if (count == 0)
            return isAttribute ? null : Reply.Aggregate(kind, []);
        if (_open.Count == DepthMax)
            throw new ProtocolException($"The server nested a reply deeper than {DepthMax} levels.");
        _open.Push(new Open(kind, count * itemsPerEntry, isAttribute));
        return null;
    }

    private static long Number(ReadOnlySpan<byte> line) =>
        Utf8Parser.TryParse(line, out long value, out int used) && used == line.Length
            ? value
            : throw new ProtocolException("The server sent a number or length that is none.");
}
