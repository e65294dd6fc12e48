// A base of commands (aof-use-rdb-preamble no): the dataset as somebody would type it, for tools that read nothing else.
//
// Each value is written by the commands of its type, of at most 64 elements, so that loading it is cut into small steps, and then its expiry.
// A stream has numbers that no row of XADDs brings back (consumers, deliveries, the highest deleted ID), so it is a RESTORE of its payload,
// which Redis reads too.
//
// A value may come in pieces, in several batches: what is open at the end of a piece is closed there, and the next goes on with the same key.
// Threads: one at a time. Failure: none but misuse and lack of memory.
using System.Buffers.Binary;
using System.Text;
using Redoubt.Keyspace;
using Redoubt.Persistence.Rdb;
using Redoubt.Resp;

namespace Redoubt.Persistence.AppendOnly;

/// <param name="hasTimestamps">aof-timestamp-enabled: the file begins with the time at which it was made.</param>
public sealed class AofBaseWriter(bool hasTimestamps) : ISnapshotEncoder
{
    private const int ElementsMax = 64;
    private const ulong PlainNode = 1;
    private const int RetainedBytesMax = 4 << 20;

    private readonly RespWriter _out = new();
    private readonly DumpPayload _payload = new();
    private readonly EntryBatch _stream = new();
    private byte[] _expanded = [];
    private RdbAux _aux = new();
    private int _database = -1;
    private int _mark;
    private int _words;

    public ReadOnlySpan<byte> Pending => _out.Written;

    public void Clear()
    {
        _out.Clear();
        _out.Trim(RetainedBytesMax);
    }

    public void Begin(RdbAux aux)
    {
        _out.Clear();
        _aux = aux;
        _database = -1;
        if (hasTimestamps && aux.CreatedAtSeconds is { } seconds)
            _out.Raw(Encoding.ASCII.GetBytes($"#TS:{seconds}\r\n"));
    }

    public void WriteFunction(ReadOnlySpan<byte> library)
    {
        _out.Array(3);
        _out.Bulk("FUNCTION"u8);
        _out.Bulk("LOAD"u8);
        _out.Bulk(library);
    }

    public void Write(EntryBatch batch)
    {
        foreach (EntryView entry in batch)
            Write(entry);
    }

    /// <summary>The place in the history stands behind the dataset that it is the place of.</summary>
    public void End()
    {
        if (_aux is { ReplicationId: { } id, ReplicationOffset: { } offset })
            _out.Advance(new AofStamp(id, offset, _aux.ReplicationStreamDatabase ?? 0).Write(_out.Reserve(AofStamp.LengthMax)));
    }

    private void Write(EntryView entry)
    {
        if (entry.Database != _database)
        {
            _database = entry.Database;
            _out.Array(2);
            _out.Bulk("SELECT"u8);
            _out.BulkInteger(_database);
        }
        ImageReader image = entry.ValueType == RdbFormat.TypeString ? default : entry.Image;
        switch ((ImageType)entry.ValueType)
        {
            case ImageType.String:
                WriteString(entry);
                break;
            case ImageType.QuickList:
                WriteNodes(entry, ref image);
                break;
            case ImageType.List:
                WriteTexts(entry, "RPUSH"u8, ref image);
                break;
            case ImageType.Set:
                WriteTexts(entry, "SADD"u8, ref image);
                break;
            case ImageType.Hash:
                WriteTexts(entry, "HMSET"u8, ref image);
                break;
            case ImageType.SortedSet:
                WriteScores(entry, ref image);
                break;
            case ImageType.IntSet:
                WriteIntegers(entry, image.Text());
                break;
            case ImageType.HashListpack:
                WritePairs(entry, "HMSET"u8, image.Text(), isScoreFirst: false);
                break;
            case ImageType.SortedSetListpack:
                WritePairs(entry, "ZADD"u8, image.Text(), isScoreFirst: true);
                break;
            default:
                CollectStream(entry);
                return;
        }
        Close();
        if (entry.IsLastPiece && entry.ExpireAtMs >= 0)
        {
            _out.Array(3);
            _out.Bulk("PEXPIREAT"u8);
            _out.Bulk(entry.Key);
            _out.BulkInteger(entry.ExpireAtMs);
        }
    }

    private void WriteString(EntryView entry)
    {
        _out.Array(3);
        _out.Bulk("SET"u8);
        _out.Bulk(entry.Key);
        if (entry.IsInteger)
            _out.BulkInteger(entry.Integer);
        else
            _out.Bulk(entry.Value);
    }

    private void WriteNodes(EntryView entry, ref ImageReader image)
    {
        SkipLength(entry, ref image);
        Span<byte> digits = stackalloc byte[EntryView.IntegerTextMax];
        while (!image.IsAtEnd)
        {
            bool isPlain = image.Length() == PlainNode;
            ReadOnlySpan<byte> node = image.Next == ImageToken.CompressedText ? Expand(ref image) : image.Text();
            if (isPlain)
            {
                Element(entry, "RPUSH"u8, node);
                continue;
            }
            ListpackCursor elements = new(node);
            while (elements.MoveNext())
                Element(entry, "RPUSH"u8, elements.Text(digits));
        }
    }

    private ReadOnlySpan<byte> Expand(ref ImageReader image)
    {
        ReadOnlySpan<byte> compressed = image.CompressedText(out int length);
        if (_expanded.Length < length)
            _expanded = new byte[length];
        Native.Invariant.That(Lzf.TryDecompress(compressed, _expanded.AsSpan(0, length)), "a node that this server compressed can be expanded");
        return _expanded.AsSpan(0, length);
    }

    private void WriteTexts(EntryView entry, ReadOnlySpan<byte> command, ref ImageReader image)
    {
        SkipLength(entry, ref image);
        while (!image.IsAtEnd)
            Element(entry, command, image.Text());
    }

    private void WriteScores(EntryView entry, ref ImageReader image)
    {
        SkipLength(entry, ref image);
        while (!image.IsAtEnd)
        {
            ReadOnlySpan<byte> member = image.Text();
            Open(entry, "ZADD"u8);
            _out.Double(image.Double());
            _words++;
            Element(entry, "ZADD"u8, member);
        }
    }

    private void WriteIntegers(EntryView entry, ReadOnlySpan<byte> set)
    {
        int width = BinaryPrimitives.ReadInt32LittleEndian(set);
        for (ReadOnlySpan<byte> rest = set[8..]; !rest.IsEmpty; rest = rest[width..])
        {
            Open(entry, "SADD"u8);
            _out.BulkInteger(width switch
            {
                2 => BinaryPrimitives.ReadInt16LittleEndian(rest),
                4 => BinaryPrimitives.ReadInt32LittleEndian(rest),
                _ => BinaryPrimitives.ReadInt64LittleEndian(rest),
            });
            Added();
        }
    }

    private void WritePairs(EntryView entry, ReadOnlySpan<byte> command, ReadOnlySpan<byte> listpack, bool isScoreFirst)
    {
        Span<byte> firstDigits = stackalloc byte[EntryView.IntegerTextMax];
        Span<byte> secondDigits = stackalloc byte[EntryView.IntegerTextMax];
        ListpackCursor elements = new(listpack);
        while (elements.MoveNext())
        {
            ReadOnlySpan<byte> first = elements.Text(firstDigits);
            _ = elements.MoveNext();
            ReadOnlySpan<byte> second = elements.Text(secondDigits);
            Open(entry, command);
            _out.Bulk(isScoreFirst ? second : first);
            _words++;
            Element(entry, command, isScoreFirst ? first : second);
        }
    }

    /// <summary>A payload's length stands before it, so the pieces of a stream are put together first.</summary>
    private void CollectStream(EntryView entry)
    {
        entry.Value.CopyTo(AppendPiece(entry));
        if (!entry.IsLastPiece)
            return;
        ReadOnlySpan<byte> payload = _payload.Encode(_stream, compress: true);
        _out.Array(5);
        _out.Bulk("RESTORE"u8);
        _out.Bulk(entry.Key);
        _out.BulkInteger(Math.Max(0, entry.ExpireAtMs));
        _out.Bulk(payload);
        _out.Bulk("ABSTTL"u8);
        _stream.Clear();
    }

    private Span<byte> AppendPiece(EntryView entry)
    {
        ImageWriter image = _stream.OpenImage(entry.Database, entry.ExpireAtMs, entry.Key, entry.IsFirstPiece);
        int start = image.Count;
        image.Reserve(entry.Value.Length);
        _stream.CloseImage((ImageType)entry.ValueType, entry.IsLastPiece);
        return image.From(start);
    }

    private static void SkipLength(EntryView entry, ref ImageReader image)
    {
        if (entry.IsFirstPiece)
            image.Length();
    }

    private void Open(EntryView entry, ReadOnlySpan<byte> command)
    {
        if (_words > 0)
            return;
        _mark = _out.BeginArray();
        _out.Bulk(command);
        _out.Bulk(entry.Key);
        _words = 2;
    }

    private void Element(EntryView entry, ReadOnlySpan<byte> command, ReadOnlySpan<byte> text)
    {
        Open(entry, command);
        _out.Bulk(text);
        Added();
    }

    private void Added()
    {
        _words++;
        if (_words >= 2 + ElementsMax && _words % 2 == 0)
            Close();
    }

    private void Close()
    {
        if (_words > 0)
            _out.EndArray(_mark, _words);
        _words = 0;
    }
}
