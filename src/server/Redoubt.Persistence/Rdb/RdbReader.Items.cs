using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;

namespace Redoubt.Persistence.Rdb;

// The items of the format, each parsed whole or not at all: a method that answers Incomplete has changed no state, since it will be called
// again for the same item with more bytes. Attributes (expiry, idle time, frequency, database) are items of their own; they
// wait in fields for the key that follows, and all but the database are forgotten after it.
public sealed partial class RdbReader
{
    private Outcome ParseItem(ReadOnlySpan<byte> input, ref int position)
    {
        var cursor = new RdbCursor(input, position, _stringBytesMax);
        Outcome outcome = _section switch
        {
            Section.Magic => ParseMagic(ref cursor),
            Section.Body => ParseBody(ref cursor, _offset + position),
            Section.Value => ParseToken(ref cursor, _offset + position),
            Section.ModuleAux => ParseModuleValue(ref cursor, _offset + position),
            _ => ParseChecksum(ref cursor),
        };
        switch (outcome)
        {
            case Outcome.Item:
            case Outcome.Streaming:
                position = cursor.Position;
                break;
            case Outcome.Incomplete when cursor.Problem is not null:
                return Fail(_offset + position, $"Damaged RDB file at offset {_offset + position}: {cursor.Problem}");
            case Outcome.Incomplete:
                _needed = cursor.Needed;
                break;
            default:
                break;
        }
        return outcome;
    }

    private Outcome ParseMagic(ref RdbCursor cursor)
    {
        if (!cursor.TryBytes(RdbFormat.MagicLength, out ReadOnlySpan<byte> magic))
        {
            ReadOnlySpan<byte> start = cursor.Rest[..Math.Min(cursor.Rest.Length, 5)];
            return "REDIS"u8.StartsWith(start) ? Outcome.Incomplete : WrongSignature();
        }
        if (!magic.StartsWith("REDIS"u8))
            return WrongSignature();
        ReadOnlySpan<byte> digits = magic[5..];
        if (digits.ContainsAnyExceptInRange((byte)'0', (byte)'9') || !Utf8Parser.TryParse(digits, out int version, out _))
            return WrongSignature();
        if (version is < 1 or > RdbFormat.VersionReadMax)
            return Fail(5, $"Can't handle RDB format version {version}");
        Version = version;
        _section = Section.Body;
        return Outcome.Item;
    }

    private Outcome WrongSignature() =>
        Fail(0, "Wrong signature trying to load DB from file: an RDB file starts with REDIS and a version of four digits");

    private Outcome ParseBody(ref RdbCursor cursor, long offset)
    {
        if (!cursor.TryByte(out byte opcode))
            return Outcome.Incomplete;
        switch (opcode)
        {
            case RdbFormat.TypeString:
                return ParseEntry(ref cursor, offset);
            case RdbFormat.OpcodeExpireMs:
                return ParseExpireMs(ref cursor);
            case RdbFormat.OpcodeExpireSeconds:
                return ParseExpireSeconds(ref cursor);
            case RdbFormat.OpcodeIdle:
                return ParseIdle(ref cursor);
            case RdbFormat.OpcodeFrequency:
                return ParseFrequency(ref cursor);
            case RdbFormat.OpcodeSelectDatabase:
                return ParseSelectDatabase(ref cursor, offset);
            case RdbFormat.OpcodeResizeDatabase:
                return ParseResizeDatabase(ref cursor);
            case RdbFormat.OpcodeAux:
                return ParseAux(ref cursor, offset);
            case RdbFormat.OpcodeFunction:
                return ParseFunction(ref cursor, offset);
            case RdbFormat.OpcodeFunctionPreRelease:
                return Fail(offset, $"Functions in the format of Redis 7.0's release candidates, at offset {offset}, cannot be loaded");
            case RdbFormat.OpcodeModuleAux:
                return ParseModuleAux(ref cursor);
            case RdbFormat.OpcodeSlotInfo:
                return cursor.TryLength(out _) && cursor.TryLength(out _) && cursor.TryLength(out _) ? Outcome.Item : Outcome.Incomplete;
            case RdbFormat.OpcodeEnd:
                return ParseEnd();
            default:
                return ParseCollection(ref cursor, opcode, offset);
        }
    }

    private Outcome ParseEntry(ref RdbCursor cursor, long offset)
    {
        if (!cursor.TryString(out RdbString key) || !cursor.TryStringHead(out RdbString value, out int stored))
            return Outcome.Incomplete;
        bool whole = cursor.TryBytes(stored, out value.Bytes);
        bool streamed = !whole && value.Kind == StringKind.Raw && stored >= StreamedFrom;
        if (!whole && !streamed)
            return Outcome.Incomplete;
        if (key.Kind != StringKind.Raw)
            return ParseEntryWithEncodedKey(key, value, whole, offset);
        return TryAdd(key.Bytes, value, whole) ? (whole ? Outcome.Item : Outcome.Streaming) : DamagedCompression(offset);
    }

    private Outcome DamagedCompression(long offset) => Fail(offset, $"Damaged RDB file at offset {offset}: a compressed string does not expand to its length");

    private Outcome ParseEntryWithEncodedKey(scoped in RdbString key, scoped in RdbString value, bool whole, long offset)
    {
        byte[]? expanded = Expand(key);
        return expanded is not null && TryAdd(expanded, value, whole) ? (whole ? Outcome.Item : Outcome.Streaming) : DamagedCompression(offset);
    }

    private bool TryAdd(scoped ReadOnlySpan<byte> key, scoped in RdbString value, bool whole)
    {
        if (!whole)
        {
            _batch.OpenRecord(_database, RdbFormat.TypeString, _expireAtMs, _hint, key, value.Length);
            _streamedLeft = value.Length;
            return true;
        }
        switch (value.Kind)
        {
            case StringKind.Integer:
                _batch.AppendInteger(_database, _expireAtMs, key, value.Integer, _hint);
                break;
            case StringKind.Raw:
                _batch.Append(_database, RdbFormat.TypeString, _expireAtMs, key, value.Bytes, _hint);
                break;
            default:
                int bytes = _batch.Bytes;
                int count = _batch.Count;
                Span<byte> room = _batch.AppendUnfilled(_database, RdbFormat.TypeString, _expireAtMs, key, value.Length, _hint);
                if (!Lzf.TryDecompress(value.Bytes, room))
                {
                    _batch.RollBack(bytes, count);
                    return false;
                }
                break;
        }
        EntryIsComplete();
        return true;
    }

    /// <summary>The text of a string that is not an entry's value; null when its compression is damaged.</summary>
    private static byte[]? Expand(scoped in RdbString text)
    {
        switch (text.Kind)
        {
            case StringKind.Raw:
                return text.Bytes.ToArray();
            case StringKind.Integer:
                return Encoding.ASCII.GetBytes(text.Integer.ToString());
            default:
                byte[] expanded = new byte[text.Length];
                return Lzf.TryDecompress(text.Bytes, expanded) ? expanded : null;
        }
    }

    // As in Redis, -1 means no expiry. Any other time before 1970 is long past, and 0 says so as well.
    private Outcome ParseExpireMs(ref RdbCursor cursor)
    {
        if (!cursor.TryInt64(out long expireAtMs))
            return Outcome.Incomplete;
        _expireAtMs = expireAtMs == -1 ? -1 : Math.Max(expireAtMs, 0);
        return Outcome.Item;
    }

    private Outcome ParseExpireSeconds(ref RdbCursor cursor)
    {
        if (!cursor.TryBytes(sizeof(int), out ReadOnlySpan<byte> bytes))
            return Outcome.Incomplete;
        _expireAtMs = Math.Max(BinaryPrimitives.ReadInt32LittleEndian(bytes), 0) * 1000L;
        return Outcome.Item;
    }

    private Outcome ParseIdle(ref RdbCursor cursor)
    {
        if (!cursor.TryLength(out ulong seconds))
            return Outcome.Incomplete;
        _hint = AccessHint.FromIdleSeconds((uint)Math.Min(seconds, uint.MaxValue));
        return Outcome.Item;
    }

    private Outcome ParseFrequency(ref RdbCursor cursor)
    {
        if (!cursor.TryByte(out byte counter))
            return Outcome.Incomplete;
        _hint = AccessHint.FromFrequency(counter);
        return Outcome.Item;
    }

    private Outcome ParseSelectDatabase(ref RdbCursor cursor, long offset)
    {
        if (!cursor.TryLength(out ulong database))
            return Outcome.Incomplete;
        if (database >= (ulong)_options.DatabasesMax)
            return Fail(offset, $"The RDB file selects database {database} at offset {offset}, but only {_options.DatabasesMax} are configured (directive 'databases')");
        _database = (int)database;
        return Outcome.Item;
    }

    private Outcome ParseResizeDatabase(ref RdbCursor cursor)
    {
        if (!cursor.TryLength(out ulong keys) || !cursor.TryLength(out ulong expires))
            return Outcome.Incomplete;
        if (_announcedSizes.Count < AnnouncedSizesMax)
            _announcedSizes.Add(new DatabaseSize(_database, keys, expires));
        return Outcome.Item;
    }

    private Outcome ParseFunction(ref RdbCursor cursor, long offset)
    {
        if (!cursor.TryString(out RdbString source))
            return Outcome.Incomplete;
        byte[]? library = Expand(source);
        if (library is null)
            return DamagedCompression(offset);
        _functions.Add(library);
        return Outcome.Item;
    }

    private Outcome ParseAux(ref RdbCursor cursor, long offset)
    {
        if (!cursor.TryString(out RdbString name) || !cursor.TryString(out RdbString value))
            return Outcome.Incomplete;
        byte[]? nameBytes = Expand(name);
        byte[]? valueBytes = Expand(value);
        if (nameBytes is null || valueBytes is null)
            return DamagedCompression(offset);
        string field = Encoding.UTF8.GetString(nameBytes);
        string text = Encoding.UTF8.GetString(valueBytes);
        bool isNumber = long.TryParse(text, out long number);
        switch (field)
        {
            case "redis-ver" or "valkey-ver":
                Aux = Aux with { RedisVersion = text };
                return Outcome.Item;
            case "repl-id":
                Aux = Aux with { ReplicationId = text };
                return Outcome.Item;
            case "ctime" or "used-mem" or "aof-base" or "aof-preamble" or "repl-stream-db" or "repl-offset" when !isNumber:
                return Fail(offset, $"Damaged RDB file at offset {offset}: the AUX field '{field}' is not a number");
            case "repl-stream-db" when number is < int.MinValue or > int.MaxValue:
                return Fail(offset, $"Damaged RDB file at offset {offset}: the AUX field '{field}' is out of range");
            default:
                Aux = WithNumber(Aux, field, number);
                return Outcome.Item;
        }
    }

    private static RdbAux WithNumber(RdbAux aux, string field, long number) => field switch
    {
        "ctime" => aux with { CreatedAtSeconds = number },
        "used-mem" => aux with { UsedMemoryBytes = number },
        "aof-base" or "aof-preamble" => aux with { AofBase = number != 0 },
        "repl-stream-db" => aux with { ReplicationStreamDatabase = (int)number },
        "repl-offset" => aux with { ReplicationOffset = number },
        _ => aux,
    };

    private Outcome ParseModuleAux(ref RdbCursor cursor)
    {
        if (!cursor.TryLength(out _))
            return Outcome.Incomplete;
        ModuleAuxSkipped++;
        _section = Section.ModuleAux;
        return Outcome.Item;
    }

    // A module's data is a sequence of tagged values up to an end tag, so that it can be skipped without the module.
    private Outcome ParseModuleValue(ref RdbCursor cursor, long offset)
    {
        if (!cursor.TryLength(out ulong tag))
            return Outcome.Incomplete;
        switch (tag)
        {
            case RdbFormat.ModuleEnd:
                _section = Section.Body;
                return Outcome.Item;
            case RdbFormat.ModuleSigned or RdbFormat.ModuleUnsigned:
                return cursor.TryLength(out _) ? Outcome.Item : Outcome.Incomplete;
            case RdbFormat.ModuleFloat:
                return cursor.TryBytes(sizeof(float), out _) ? Outcome.Item : Outcome.Incomplete;
            case RdbFormat.ModuleDouble:
                return cursor.TryBytes(sizeof(double), out _) ? Outcome.Item : Outcome.Incomplete;
            case RdbFormat.ModuleString:
                return cursor.TryString(out _) ? Outcome.Item : Outcome.Incomplete;
            default:
                return Fail(offset, $"Damaged RDB file at offset {offset}: unknown tag {tag} in the data of a module");
        }
    }

    private Outcome ParseEnd()
    {
        if (Version >= RdbFormat.VersionWithChecksum)
        {
            _section = Section.Checksum;
            return Outcome.Item;
        }
        _section = Section.End;
        _state = RdbReaderState.Finished;
        return Outcome.Item;
    }

    private Outcome ParseChecksum(ref RdbCursor cursor)
    {
        if (!cursor.TryBytes(RdbFormat.ChecksumLength, out ReadOnlySpan<byte> bytes))
            return Outcome.Incomplete;
        ulong stored = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        if (_options.VerifyChecksum && stored != 0 && stored != _crc)
        {
            return Fail(_offset, $"RDB CRC error: the file says {stored:x16}, its bytes give {_crc:x16}; it is damaged");
        }
        HasChecksum = stored != 0;
        _section = Section.End;
        _state = RdbReaderState.Finished;
        return Outcome.Item;
    }
}
