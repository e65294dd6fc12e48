using System.Buffers.Text;
using Redoubt.Keyspace;

namespace Redoubt.Persistence.Rdb;

// Collections: type and key are one item, and so is each token after it; ValueDecoder says which comes next.
public sealed partial class RdbReader
{
    private const string ModuleNameLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    /// <summary>Reads one value that is there as a whole, as in a DUMP payload: its type, then the value itself.</summary>
    /// <returns>Null when it is in the batch now, else what is wrong with it.</returns>
    internal string? ReadValue(ReadOnlySpan<byte> key, ReadOnlySpan<byte> typeAndValue)
    {
        if (typeAndValue.IsEmpty)
            return "Unknown RDB encoding type";
        byte type = typeAndValue[0];
        int position = 1;
        if (type == RdbFormat.TypeString)
            return ReadString(key, typeAndValue, position);
        if (!_decoder.Begin(type))
            return $"Unknown RDB encoding type {type}";
        KeepKey(key);
        OpenImage(isFirst: true);
        _section = Section.Value;
        Outcome outcome = GoOn(0);
        while (outcome == Outcome.Item && _section == Section.Value)
            outcome = ParseItem(typeAndValue, ref position);
        return outcome switch
        {
            Outcome.Item when EmptyKeysSkipped > 0 => "a value without elements",
            Outcome.Item => null,
            Outcome.Damaged => Error!.Message,
            _ => "the value ends too early",
        };
    }

    private string? ReadString(ReadOnlySpan<byte> key, ReadOnlySpan<byte> input, int position)
    {
        var cursor = new RdbCursor(input, position, _stringBytesMax);
        if (!cursor.TryString(out RdbString text))
            return cursor.Problem ?? "the value ends too early";
        return TryAdd(key, text, whole: true) ? null : "Invalid LZF compressed string";
    }

    private Outcome ParseCollection(ref RdbCursor cursor, byte type, long offset)
    {
        string? name = RdbFormat.TypeName(type);
        if (name is null)
            return Fail(offset, $"Damaged RDB file at offset {offset}: unknown value type or opcode {type}");
        if (!cursor.TryString(out RdbString key))
            return Outcome.Incomplete;
        byte[]? expanded = key.Kind == StringKind.Raw ? null : Expand(key);
        if (key.Kind != StringKind.Raw && expanded is null)
            return DamagedCompression(offset);
        KeepKey(expanded ?? key.Bytes);
        if (!_decoder.Begin(type))
            return RefuseType(ref cursor, name, offset);
        OpenImage(isFirst: true);
        _section = Section.Value;
        return GoOn(offset);
    }

    private Outcome RefuseType(ref RdbCursor cursor, string type, long offset)
    {
        string key = Printable(_key.AsSpan(0, _keyLength));
        if (!type.StartsWith("module", StringComparison.Ordinal))
            return Fail(offset, $"type '{type}' of key '{key}' at offset {offset} is not supported; this dataset cannot be loaded");
        if (!cursor.TryLength(out ulong id))
            return Outcome.Incomplete;
        return Fail(offset, $"The RDB file contains module data I can't load: no matching module type '{ModuleName(id)}' (key '{key}' at offset {offset})");
    }

    /// <summary>Nine letters of six bits each, above ten bits of a version.</summary>
    private static string ModuleName(ulong id) => string.Create(9, id, static (letters, id) =>
    {
        for (int i = 0; i < letters.Length; i++)
            letters[i] = ModuleNameLetters[(int)(id >> (58 - 6 * i) & 63)];
    });

    private Outcome ParseToken(ref RdbCursor cursor, long offset)
    {
        switch (_wanted)
        {
            case Want.Cut:
                break;
            case Want.Length:
                if (!cursor.TryLength(out ulong number))
                    return Outcome.Incomplete;
                _decoder.Number = number;
                break;
            case Want.Raw:
                if (!cursor.TryBytes(_decoder.WantedBytes, out ReadOnlySpan<byte> bytes))
                    return Outcome.Incomplete;
                _decoder.TokenAt = _decoder.Image.Count;
                _decoder.Image.Raw(bytes);
                break;
            default:
                if (ParseText(ref cursor, offset) is { } outcome)
                    return outcome;
                break;
        }
        return GoOn(offset);
    }

    /// <summary>Null when the text is in the image.</summary>
    private Outcome? ParseText(ref RdbCursor cursor, long offset)
    {
        if (!cursor.TryStringHead(out RdbString text, out int stored))
            return Outcome.Incomplete;
        bool whole = cursor.TryBytes(stored, out text.Bytes);
        bool streamed = !whole && text.Kind == StringKind.Raw && stored >= StreamedFrom;
        if (!whole && !streamed)
            return Outcome.Incomplete;
        ImageWriter image = _decoder.Image;
        _decoder.TokenAt = image.Count;
        if (streamed)
        {
            image.BeginText(text.Length);
            _streamedLeft = text.Length;
            return Outcome.Streaming;
        }
        switch (text.Kind)
        {
            case StringKind.Raw:
                image.Text(text.Bytes);
                return null;
            case StringKind.Integer:
                Span<byte> digits = stackalloc byte[EntryView.IntegerTextMax];
                Utf8Formatter.TryFormat(text.Integer, digits, out int length);
                image.Text(digits[..length]);
                return null;
            default:
                return Lzf.TryDecompress(text.Bytes, image.UnfilledText(text.Length)) ? null : DamagedCompression(offset);
        }
    }

    /// <summary>Asks the value what it wants next, and does what asks for no input.</summary>
    private Outcome GoOn(long offset)
    {
        while (true)
        {
            _wanted = _decoder.Next();
            switch (_wanted)
            {
                case Want.Cut when _batch.BytesWithOpen >= _options.BatchBytes && _batch.OpenValueBytes > 0:
                    _batch.CloseImage(_decoder.Type, isLast: false);
                    _state = RdbReaderState.BatchReady;
                    return Outcome.Item;
                case Want.Cut:
                    continue;
                case Want.End:
                    _batch.CloseImage(_decoder.Type, isLast: true);
                    _section = Section.Body;
                    EntryIsComplete();
                    return Outcome.Item;
                case Want.Empty:
                    LeaveOut();
                    return Outcome.Item;
                case Want.Damaged:
                    return Fail(offset, $"Damaged RDB file at offset {offset}: {_decoder.Problem}");
                default:
                    return Outcome.Item;
            }
        }
    }

    private void LeaveOut()
    {
        _batch.DropOpen();
        if (EmptyKeysSkipped++ < EmptyKeysNamedMax)
            _emptyKeys.Add(Printable(_key.AsSpan(0, _keyLength)));
        _section = Section.Body;
        _wanted = Want.End;
        _expireAtMs = -1;
        _hint = default;
    }

    private void KeepKey(ReadOnlySpan<byte> key)
    {
        if (_key.Length < key.Length)
            _key = new byte[key.Length];
        key.CopyTo(_key);
        _keyLength = key.Length;
    }

    private void OpenImage(bool isFirst) =>
        _decoder.Image = _batch.OpenImage(_database, _expireAtMs, _key.AsSpan(0, _keyLength), isFirst, _hint);
}
