using Redoubt.Commands.Tests;
using Redoubt.Keyspace;
using Redoubt.Persistence;
using Redoubt.Persistence.Rdb;
using EntryView = Redoubt.Persistence.EntryView;

namespace Fuzz;

/// <summary>
/// RESTORE and files with what a real redis-server has written, damaged. Each ends in an error, or in values that every command can use and that
/// are written and read again as the same, on a heap that forgives nothing.
/// </summary>
public class RealDumpFuzz
{
    private static readonly string[] Uses =
    [
        "TYPE k", "OBJECT ENCODING k", "COPY k k2", "MEMORY USAGE k", "APPEND k x", "STRLEN k", "SETRANGE k 3 abc", "GETRANGE k 0 -1", "PFCOUNT k", "PFADD k a b c", "PFMERGE k2 k",
        "LRANGE k 0 -1", "LRANGE k -3 -1", "LPUSH k a", "RPUSH k b", "LINSERT k BEFORE a c", "LREM k 0 a", "LSET k 0 z", "LPOP k", "RPOP k", "LTRIM k 1 -2", "LPOS k b RANK -1",
        "SMEMBERS k", "SADD k 7", "SADD k text", "SREM k 7", "SPOP k", "SRANDMEMBER k 3", "SISMEMBER k 1", "SUNIONSTORE k2 k k", "SSCAN k 0 COUNT 100",
        "HGETALL k", "HSET k field:1 v", "HDEL k field:2", "HRANDFIELD k -3 WITHVALUES", "HINCRBY k count 1", "HSCAN k 0 COUNT 100",
        "ZRANGE k 0 -1 WITHSCORES", "ZADD k 3 m", "ZADD k INCR 1 field:1", "ZRANGE k -inf (5 BYSCORE", "ZPOPMIN k", "ZPOPMAX k", "ZREM k m", "ZRANK k field:3", "ZRANDMEMBER k 2",
        "ZREMRANGEBYRANK k 0 0", "ZSCAN k 0 COUNT 100",
        "XRANGE k - +", "XREVRANGE k + - COUNT 5", "XINFO STREAM k FULL", "XINFO GROUPS k", "XADD k * f v", "XTRIM k MAXLEN 5", "XDEL k 1-1", "XPENDING k group",
        "XPENDING k group - + 10", "XREADGROUP GROUP group c COUNT 2 STREAMS k >", "XREADGROUP GROUP group consumer:0 STREAMS k 0", "XAUTOCLAIM k group c 0 0", "XGROUP DELCONSUMER k group c",
        "XGROUP DESTROY k group", "XSETID k 99999999999999-0", "DEL k2",
    ];

    [Fact]
    public void A_damaged_payload_is_refused_or_becomes_a_value_that_can_be_used() => Campaign.Run(random =>
    {
        byte[] whole = RealDumps.All.Payloads[random.Next(RealDumps.All.Payloads.Count)];
        byte[] payload = [.. whole];
        int mutations = random.Next(5);
        // The footer stays: without it nothing would be looked at.
        for (int i = 0; i < mutations; i++)
            payload = [.. Mutations.Damage(random, payload[..^10]), .. payload[^10..]];
        using CommandRig rig = new();
        if (random.Next(2) == 0)
            rig.Keyspace.Limits.ListMaxListpackSize = random.Next(1, 8);
        var batch = new EntryBatch(0);
        PayloadOutcome outcome = DumpPayload.Decode(payload, "k"u8, batch, verifyChecksum: false, out string? problem);
        Assert.True((outcome == PayloadOutcome.Ok) == (problem is null), $"{outcome}: {problem}");
        problem ??= Build(rig, batch);
        Assert.True(problem is null || mutations > 0, problem);
        if (problem is null && batch.Count > 0)
            UseAndWriteAgain(rig, random);
        rig.Keyspace[0].Discard(rig.Keyspace.KeyOf("k"u8));
        rig.Verify();
    });

    [Fact]
    public void A_damaged_file_ends_the_same_way_however_it_is_cut_and_its_values_can_be_used() => Campaign.Run(random =>
    {
        byte[] file = [.. RealDumps.All.Files[random.Next(RealDumps.All.Files.Count)]];
        int mutations = random.Next(4);
        for (int i = 0; i < mutations; i++)
            file = Mutations.Damage(random, file);
        var options = new RdbReaderOptions { BatchBytes = random.Next(1, 20_000), VerifyChecksum = mutations == 0, DatabasesMax = 16 };
        using CommandRig whole = new(), inPieces = new();
        string outcome = Load(whole, file, int.MaxValue, options, random);
        Assert.Equal(outcome, Load(inPieces, file, random.Next(1, 4000), options, random));
        Assert.True(mutations > 0 || outcome.Length == 0, outcome);
        whole.Verify();
        inPieces.Verify();
    });

    private static void UseAndWriteAgain(CommandRig rig, Random random)
    {
        byte[] written = Write(rig);
        var again = new EntryBatch(0);
        Assert.Equal(PayloadOutcome.Ok, DumpPayload.Decode(written, "k"u8, again, verifyChecksum: true, out _));
        using (CommandRig other = new())
        {
            Assert.Null(Build(other, again));
            Assert.Equal(rig.Run("TYPE k"), other.Run("TYPE k"));
        }
        for (int uses = random.Next(12); uses > 0; uses--)
        {
            rig.Run(Uses[random.Next(Uses.Length)]);
            rig.Verify();
        }
    }

    private static byte[] Write(CommandRig rig)
    {
        var batch = new EntryBatch(0);
        Key key = rig.Keyspace.KeyOf("k"u8);
        Redoubt.Keyspace.EntryView entry = rig.Keyspace[0].Peek(key);
        if (!entry.IsString)
            batch.CloseImage(rig.Keyspace[0].WriteImage(key, batch.OpenImage(0, -1, key.Bytes, isFirst: true)), isLast: true);
        else if (entry.IsInteger)
            batch.AppendInteger(0, -1, key.Bytes, entry.Integer);
        else
            batch.Append(0, RdbFormat.TypeString, -1, key.Bytes, entry.Bytes);
        return new DumpPayload().Encode(batch, compress: true).ToArray();
    }

    private static string? Build(CommandRig rig, EntryBatch batch)
    {
        var builder = new ValueBuilder();
        foreach (EntryView entry in batch)
        {
            if (Insert(rig.Keyspace, builder, entry) is { } problem)
                return problem;
        }
        return null;
    }

    /// <summary>As a load does it.</summary>
    private static string? Insert(Keyspace keyspace, ValueBuilder builder, in EntryView entry)
    {
        Key key = keyspace.KeyOf(entry.Key);
        Database database = keyspace[entry.Database];
        if (entry.IsFirstPiece && database.Holds(key))
            return "duplicated key";
        if (entry.ValueType != RdbFormat.TypeString)
            return builder.Add(database, key, (ImageType)entry.ValueType, entry.ExpireAtMs, entry.Image, entry.IsFirstPiece, entry.IsLastPiece);
        database.Load(key, entry.IsInteger ? default : entry.Value, entry.IsInteger, entry.IsInteger ? entry.Integer : 0, entry.ExpireAtMs);
        return null;
    }

    /// <summary>How the load ended: empty when it did well, else what was wrong.</summary>
    private static string Load(CommandRig rig, byte[] file, int pieceLengthMax, RdbReaderOptions options, Random random)
    {
        var reader = new RdbReader(options);
        var builder = new ValueBuilder();
        string? problem = null;
        RdbReaderState state = RdbReaderState.NeedMore;
        for (int at = 0; state is RdbReaderState.NeedMore or RdbReaderState.BatchReady;)
        {
            if (state == RdbReaderState.NeedMore && at == file.Length)
            {
                state = reader.EndOfInput();
                break;
            }
            // A batch may stand ready behind the last byte.
            int left = file.Length - at;
            int count = pieceLengthMax == int.MaxValue || left == 0 ? left : random.Next(1, Math.Min(pieceLengthMax, left) + 1);
            state = reader.Feed(file.AsSpan(at, count), out int consumed);
            at += consumed;
            if (state == RdbReaderState.BatchReady)
                InsertAll(rig.Keyspace, builder, reader.TakeBatch(), ref problem);
        }
        if (state == RdbReaderState.Finished)
            InsertAll(rig.Keyspace, builder, reader.Batch, ref problem);
        return problem ?? reader.Error?.ToString() ?? "";
    }

    private static void InsertAll(Keyspace keyspace, ValueBuilder builder, EntryBatch batch, ref string? problem)
    {
        foreach (EntryView entry in batch)
            problem ??= Insert(keyspace, builder, entry);
    }
}
