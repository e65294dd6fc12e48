// PFDEBUG and PFSELFTEST: a HyperLogLog from inside.

using System.Buffers.Binary;
using Redoubt.Keyspace;
using Redoubt.Resp;

namespace Redoubt.Commands;

internal static class HllDebugging
{
    private static ReadOnlySpan<byte> NoSuchKey => "ERR The specified key does not exist"u8;

    private static ReadOnlySpan<byte> NotSparse => "ERR HLL encoding is not sparse"u8;

    private static ReadOnlySpan<byte> UnknownSubcommand => "ERR Unknown PFDEBUG subcommand '"u8;

    [Command("PFDEBUG", 3, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Admin, FirstKey = 2, LastKey = 2, KeyStep = 1,
        KeyFlags = "RW access", Acl = "hyperloglog", Group = "hyperloglog", Since = "2.8.9",
        Summary = "Internal commands for debugging HyperLogLog values", Complexity = "N/A", Syntax = "subcommand key#0",
        SystemCommand = true)]
    public static void PfDebug(CommandContext c)
    {
        Key key = c.Key(2);
        EntryView entry = c.Database.ReadForWrite(key);
        if (!entry.Exists)
        {
            c.Error(NoSuchKey);
            return;
        }
        if (!HyperLogLogs.IsOne(c, entry))
            return;
        c.Database.EditBytes(key, 0, out Span<byte> bytes, out _);
        if (c.Is(1, "GETREG"u8))
            ReplyRegisters(c, key, bytes);
        else if (c.Is(1, "DECODE"u8))
            ReplyRuns(c, bytes);
        else if (c.Is(1, "ENCODING"u8))
            c.Reply.SimpleString(HllLayout.IsDense(bytes) ? "dense"u8 : "sparse"u8);
        else if (c.Is(1, "TODENSE"u8))
            ToDense(c, key, bytes);
        else
            c.Error(UnknownSubcommand, c[1], Errors.ClosingQuote);
    }

    [Command("PFSELFTEST", 1, CommandFlags.Admin, Acl = "hyperloglog", Group = "hyperloglog", Since = "2.8.9",
        Summary = "An internal command for testing HyperLogLog values", Complexity = "N/A", SystemCommand = true)]
    public static void PfSelfTest(CommandContext c)
    {
        string? failure = HllSelfTest.Run(c.Keyspace.Random, c.Keyspace.Limits.HllSparseMaxBytes);
        if (failure is null)
            c.Reply.Ok();
        else
            c.Error("ERR " + failure);
    }

    private static void ReplyRegisters(CommandContext c, Key key, Span<byte> bytes)
    {
        HllDraft draft = new(bytes, c.Scratch, c.Keyspace.Limits.HllSparseMaxBytes);
        if (!TryMakeDense(c, key, ref draft))
            return;
        ReadOnlySpan<byte> registers = draft.Written[HllLayout.HeaderBytes..];
        c.Reply.Array(HllLayout.RegisterCount);
        for (int i = 0; i < HllLayout.RegisterCount; i++)
            c.Reply.Integer(DenseRegisters.Get(registers, i));
    }

    private static void ToDense(CommandContext c, Key key, Span<byte> bytes)
    {
        HllDraft draft = new(bytes, c.Scratch, c.Keyspace.Limits.HllSparseMaxBytes);
        bool isChange = !draft.IsDense;
        if (TryMakeDense(c, key, ref draft))
            c.Reply.Integer(isChange ? 1 : 0);
    }

    private static bool TryMakeDense(CommandContext c, Key key, ref HllDraft draft)
    {
        bool isChange = !draft.IsDense;
        if (!draft.TryBecomeDense())
        {
            c.Error(HyperLogLogs.Corrupt);
            return false;
        }
        if (isChange)
            HyperLogLogs.Store(c, key, draft, changes: 1);
        return true;
    }

    private static void ReplyRuns(CommandContext c, ReadOnlySpan<byte> bytes)
    {
        if (HllLayout.IsDense(bytes))
            c.Error(NotSparse);
        else
            c.Reply.Bulk(SparseRegisters.Describe(bytes));
    }
}

/// <summary>Redis's own test of the idea: what ten million different elements are estimated at, in either form.</summary>
internal static class HllSelfTest
{
    private const int RegisterRounds = 1000;
    private const int Elements = 10_000_000;

    public static string? Run(Random random, long sparseBytesMax) => Registers(random) ?? Estimates(random, sparseBytesMax);

    private static string? Registers(Random random)
    {
        byte[] dense = new byte[HllLayout.DenseBytes - HllLayout.HeaderBytes];
        byte[] expected = new byte[HllLayout.RegisterCount];
        for (int round = 0; round < RegisterRounds; round++)
        {
            random.NextBytes(expected);
            for (int i = 0; i < expected.Length; i++)
                DenseRegisters.Put(dense, i, expected[i] &= 63);
            for (int i = 0; i < expected.Length; i++)
            {
                int value = DenseRegisters.Get(dense, i);
                if (value != expected[i])
                    return $"TESTFAILED Register {i} should be {expected[i]} but is {value}";
            }
        }
        return null;
    }

    private static string? Estimates(Random random, long sparseBytesMax)
    {
        byte[] dense = new byte[HllLayout.DenseBytes];
        HllLayout.WriteHeader(dense, HllLayout.Dense);
        HllDraft draft = new([], new RespWriter(), sparseBytesMax);
        Span<byte> element = stackalloc byte[sizeof(long)];
        long seed = random.NextInt64();
        double standardError = 1.04 / Math.Sqrt(HllLayout.RegisterCount);
        long checkpoint = 1;
        for (long number = 1; number <= Elements; number++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(element, number ^ seed);
            (int index, int run) = HllHash.Place(element);
            DenseRegisters.Raise(dense.AsSpan(HllLayout.HeaderBytes), index, run);
            draft.TryRaise(index, run, out _);
            if (number != checkpoint)
                continue;
            if (draft.IsDense && number < sparseBytesMax / 2)
                return "TESTFAILED sparse encoding not used";
            HllEstimate.TryOf(dense, out ulong ofDense);
            HllEstimate.TryOf(draft.Written, out ulong ofDraft);
            if (ofDense != ofDraft)
                return "TESTFAILED dense/sparse disagree";
            long error = Math.Abs(checkpoint - (long)ofDense);
            long errorMax = number == 10 ? 1 : (long)Math.Ceiling(standardError * 6 * checkpoint);
            if (error > errorMax)
                return $"TESTFAILED Too big error. card:{checkpoint} abserr:{error}";
            checkpoint *= 10;
        }
        return null;
    }
}
