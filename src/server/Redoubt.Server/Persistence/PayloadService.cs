// DUMP and RESTORE between the keyspace and the codec: one value at a time, on the keyspace thread, as in Redis.

using Redoubt.Commands;
using Redoubt.Keyspace;
using Redoubt.Persistence;
using Redoubt.Persistence.Rdb;
using Redoubt.Server.Configuration;
using Redoubt.Server.Dispatch;
using Redoubt.Server.Logging;

namespace Redoubt.Server.Persistence;

internal sealed class PayloadService(Redoubt.Keyspace.Keyspace keyspace, ServerState state, ServerConfig config, ServerLog log) : ISerialization
{
    private readonly EntryBatch _batch = new(0);
    private readonly DumpPayload _payload = new();
    private readonly ValueBuilder _builder = new();

    public bool VerifiesChecksums { get; set; } = true;

    public ReadOnlySpan<byte> Dump(Database database, Key key, Redoubt.Keyspace.EntryView entry)
    {
        _batch.Clear();
        if (!entry.IsString)
        {
            ImageType type = database.WriteImage(key, _batch.OpenImage(database.Index, Database.NoExpiry, [], isFirst: true));
            _batch.CloseImage(type, isLast: true);
        }
        else if (entry.IsInteger)
        {
            _batch.AppendInteger(database.Index, Database.NoExpiry, [], entry.Integer);
        }
        else
        {
            _batch.Append(database.Index, RdbFormat.TypeString, Database.NoExpiry, [], entry.Bytes);
        }
        return _payload.Encode(_batch, config.RdbCompression);
    }

    public RestoreOutcome Restore(Key key, long expireAtMs, ReadOnlySpan<byte> payload)
    {
        _batch.Clear();
        PayloadOutcome outcome = DumpPayload.Decode(payload, key.Bytes, _batch, VerifiesChecksums, out string? problem);
        if (outcome == PayloadOutcome.WrongFooter)
            return RestoreOutcome.WrongFooter;
        problem ??= Build(key, expireAtMs);
        if (problem is null)
            return RestoreOutcome.Ok;
        keyspace.Anteroom.Discard(key);
        log.Write(LogLevel.Verbose, LogMessages.Id.Text, $"Internal error in RDB reading of a payload to restore -> {problem}");
        return RestoreOutcome.BadFormat;
    }

    private string? Build(Key key, long expireAtMs)
    {
        string? problem = null;
        foreach (Redoubt.Persistence.EntryView entry in _batch)
        {
            if (entry.ValueType == RdbFormat.TypeString)
            {
                keyspace.Anteroom.Load(key, entry.IsInteger ? default : entry.Value, entry.IsInteger, entry.IsInteger ? entry.Integer : 0, expireAtMs);
                continue;
            }
            problem ??= _builder.Add(keyspace.Anteroom, key, (ImageType)entry.ValueType, expireAtMs, entry.Image, entry.IsFirstPiece, entry.IsLastPiece);
            if (entry.IsLastPiece && config.Persistence.SanitizeDumpPayload.Value != DumpSanitizing.No)
                state.PayloadSanitizations++;
        }
        return problem;
    }
}
