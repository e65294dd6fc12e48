// PFADD, PFCOUNT, PFMERGE.

using Redoubt.Keyspace;
using Redoubt.Resp;

namespace Redoubt.Commands;

internal static class HyperLogLogs
{
    public static ReadOnlySpan<byte> NotOne => "WRONGTYPE Key is not a valid HyperLogLog string value."u8;

    public static ReadOnlySpan<byte> Corrupt => "INVALIDOBJ Corrupted HLL object detected"u8;

    [Command("PFADD", -2, CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Fast, FirstKey = 1, LastKey = 1, KeyStep = 1,
        KeyFlags = "RW insert", Acl = "hyperloglog", Group = "hyperloglog", Since = "2.8.9",
        Summary = "Adds the specified elements to the specified HyperLogLog.", Complexity = "O(1) to add every element.",
        Syntax = "key#0 [element+]")]
    public static void PfAdd(CommandContext c)
    {
        Key key = c.Key(1);
        EntryView entry = c.Database.ReadForWrite(key);
        bool isNew = !entry.Exists;
        if (!isNew && !IsOne(c, entry))
            return;
        Span<byte> present = [];
        if (!isNew)
            c.Database.EditBytes(key, 0, out present, out _);
        HllDraft draft = new(present, c.Scratch, c.Keyspace.Limits.HllSparseMaxBytes);
        long updated = isNew ? 1 : 0;
        for (int i = 2; i < c.Count; i++)
        {
            (int index, int run) = HllHash.Place(c[i]);
            updated += draft.TryRaise(index, run, out bool isWhole) ? 1 : 0;
            if (!isWhole)
            {
                // What was added before the damage was met stays, though it does not count as a change.
                Store(c, key, draft, changes: 0);
                c.Error(Corrupt);
                return;
            }
        }
        if (updated > 0)
        {
            draft.ForgetEstimate();
            Store(c, key, draft, updated);
            c.Notify(KeyspaceEvents.String, "pfadd"u8, c[1]);
        }
        c.Reply.Integer(updated > 0 ? 1 : 0);
    }

    [Command("PFCOUNT", -2, CommandFlags.ReadOnly, FirstKey = 1, LastKey = -1, KeyStep = 1,
        KeyFlags = "RW access 'RW because it may change the internal representation of the key, and propagate to replicas'",
        Acl = "hyperloglog", Group = "hyperloglog", Since = "2.8.9",
        Summary = "Return the approximated cardinality of the set(s) observed by the HyperLogLog at key(s).",
        Complexity = "O(1) with a very small average constant time when called with a single key. O(N) with N being the number "
            + "of keys, and much bigger constant times, when called with multiple keys.", Syntax = "key#0+")]
    public static void PfCount(CommandContext c)
    {
        if (c.Count > 2)
        {
            CountUnion(c);
            return;
        }
        Key key = c.Key(1);
        EntryView entry = c.Database.Read(key);
        if (!entry.Exists)
        {
            c.Reply.Integer(0);
            return;
        }
        if (!IsOne(c, entry))
            return;
        c.Database.EditBytes(key, 0, out Span<byte> bytes, out _);
        if (!HllLayout.TryGetEstimate(bytes, out ulong estimate))
        {
            if (!HllEstimate.TryOf(bytes, out estimate))
            {
                c.Error(Corrupt);
                return;
            }
            // A command that reads, and yet replicas and whoever watches the key are told: its bytes have changed.
            HllLayout.SetEstimate(bytes, estimate);
            c.Database.Changed(key);
            c.Propagate.Always();
        }
        c.Reply.Integer((long)estimate);
    }

    [Command("PFMERGE", -2, CommandFlags.Write | CommandFlags.DenyOom, FirstKey = 1, LastKey = -1, KeyStep = 1,
        KeyFlags = "RW access insert @1 range(0,1,0); RO access @2 range(-1,1,0)", Acl = "hyperloglog", Group = "hyperloglog",
        Since = "2.8.9", Summary = "Merge N different HyperLogLogs into a single one.",
        Complexity = "O(N) to merge N HyperLogLogs, but with high constant times.", Syntax = "destkey#0 sourcekey#1+")]
    public static void PfMerge(CommandContext c)
    {
        RespWriter scratch = c.Scratch;
        if (!TryUnite(c, scratch, out Span<byte> registers, out bool hasDense))
            return;
        Key key = c.Key(1);
        Span<byte> present = [];
        if (c.Database.ReadForWrite(key).Exists)
            c.Database.EditBytes(key, 0, out present, out _);
        HllDraft draft = new(present, scratch, c.Keyspace.Limits.HllSparseMaxBytes);
        if (hasDense && !draft.TryBecomeDense())
        {
            c.Error(Corrupt);
            return;
        }
        for (int i = 0; i < registers.Length; i++)
        {
            if (registers[i] != 0)
                draft.TryRaise(i, registers[i], out _);
        }
        draft.ForgetEstimate();
        Store(c, key, draft, changes: 1);
        c.Notify(KeyspaceEvents.String, "pfadd"u8, c[1]);
        c.Reply.Ok();
    }

    /// <summary>Whether an entry that exists is a HyperLogLog; the client is told when it is not.</summary>
    public static bool IsOne(CommandContext c, in EntryView entry)
    {
        if (!entry.IsString)
            c.Error(Errors.WrongType);
        else if (entry.IsInteger || !HllLayout.IsValid(entry.Bytes))
            c.Error(NotOne);
        else
            return true;
        return false;
    }

    /// <summary>Puts a changed HyperLogLog in its place, unless it was changed there; the key keeps its time to live.</summary>
    public static void Store(CommandContext c, Key key, scoped in HllDraft draft, long changes)
    {
        if (draft.IsElsewhere)
            c.Database.SetBytes(key, draft.Written, Database.KeepExpiry, changes);
        else
            c.Database.Changed(key, changes);
    }

    private static void CountUnion(CommandContext c)
    {
        if (TryUnite(c, c.Scratch, out Span<byte> registers, out _))
            c.Reply.Integer((long)HllEstimate.OfRegisters(registers));
    }

    /// <summary>The registers, a byte each, of the union of all keys from argument 1 on.</summary>
    private static bool TryUnite(CommandContext c, RespWriter scratch, out Span<byte> registers, out bool hasDense)
    {
        registers = scratch.Reserve(HllLayout.RegisterCount)[..HllLayout.RegisterCount];
        scratch.Advance(HllLayout.RegisterCount);
        registers.Clear();
        hasDense = false;
        for (int i = 1; i < c.Count; i++)
        {
            EntryView entry = c.Database.Read(c.Key(i));
            if (!entry.Exists)
                continue;
            if (!IsOne(c, entry))
                return false;
            ReadOnlySpan<byte> bytes = entry.Bytes;
            hasDense |= HllLayout.IsDense(bytes);
            if (!TryRaiseAll(registers, bytes))
            {
                c.Error(Corrupt);
                return false;
            }
        }
        return true;
    }

    private static bool TryRaiseAll(Span<byte> registers, ReadOnlySpan<byte> bytes)
    {
        if (!HllLayout.IsDense(bytes))
        {
            Raiser raiser = new() { Registers = registers };
            return SparseRegisters.TryVisit(bytes, ref raiser);
        }
        for (int i = 0; i < registers.Length; i++)
            registers[i] = (byte)Math.Max(registers[i], DenseRegisters.Get(bytes[HllLayout.HeaderBytes..], i));
        return true;
    }

    private ref struct Raiser : IRunVisitor
    {
        public Span<byte> Registers;

        public readonly void Visit(int firstRegister, int run, int value)
        {
            foreach (ref byte register in Registers.Slice(firstRegister, run))
                register = (byte)Math.Max(register, value);
        }
    }
}
