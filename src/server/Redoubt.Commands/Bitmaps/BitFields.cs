// BITFIELD and BITFIELD_RO: integers of any width at any bit of a string.
//
// All operations are read and checked before the first is carried out. Then the string is made long enough for the farthest of
// them, and they are read once more, one by one.

using Redoubt.Keyspace;
using Redoubt.Structures;

namespace Redoubt.Commands;

internal static class BitFields
{
    private const int ByteBits = 8;

    private enum Verb
    {
        Get,
        Set,
        IncrementBy,
        Overflow,
    }

    private enum Overflow
    {
        Wrap,
        Saturate,
        Fail,
    }

    private struct Operation
    {
        public Verb Verb;
        public Overflow Overflow;
        public bool IsSigned;

        /// <summary>In bits.</summary>
        public int Width;
        public long Offset;

        /// <summary>What is to be set or added.</summary>
        public long Value;
    }

    [Command("BITFIELD", -2, CommandFlags.Write | CommandFlags.DenyOom, FirstKey = 1, LastKey = 1, KeyStep = 1,
        KeyFlags = "RW access update variable_flags 'This command allows both access and modification of the key'", Acl = "bitmap",
        Group = "bitmap", Since = "3.2.0", Summary = "Perform arbitrary bitfield integer operations on strings",
        Complexity = "O(1) for each subcommand specified",
        Syntax = "key#0 [operation(GET=encoding_offset{encoding offset:integer}|write{[OVERFLOW=wrap_sat_fail(WRAP|SAT|FAIL)] "
            + "write_operation(SET=encoding_offset_value{encoding offset:integer value:integer}|"
            + "INCRBY=encoding_offset_increment{encoding offset:integer increment:integer})})+]")]
    public static void BitField(CommandContext c) => Run(c, isReadOnly: false);

    [Command("BITFIELD_RO", -2, CommandFlags.ReadOnly | CommandFlags.Fast, FirstKey = 1, LastKey = 1, KeyStep = 1,
        KeyFlags = "RO access", Acl = "bitmap", Group = "bitmap", Since = "6.0.0",
        Summary = "Perform arbitrary bitfield integer operations on strings. Read-only variant of BITFIELD",
        Complexity = "O(1) for each subcommand specified", Syntax = "key#0 [GET=encoding_offset{encoding offset:integer}++]")]
    public static void BitFieldReadOnly(CommandContext c) => Run(c, isReadOnly: true);

    private static void Run(CommandContext c, bool isReadOnly)
    {
        if (!TryCheck(c, out int count, out long lastWrittenBit))
            return;
        Key key = c.Key(1);
        Span<byte> bytes = default;
        bool isGrown = false;
        if (lastWrittenBit < 0)
        {
            EntryView entry = c.Database.Read(key);
            if (entry.Exists && !entry.IsString)
            {
                c.Error(Errors.WrongType);
                return;
            }
            c.Reply.Array(count);
            Read(c, entry.Exists ? entry.Bytes : default);
            return;
        }
        if (isReadOnly)
        {
            c.Error(BitmapErrors.ReadOnlyField);
            return;
        }
        if (c.Database.EditBytes(key, (int)(lastWrittenBit / ByteBits) + 1, out bytes, out isGrown) == ValueLookup.WrongType)
        {
            c.Error(Errors.WrongType);
            return;
        }
        c.Reply.Array(count);
        long changes = Change(c, bytes, isGrown);
        if (changes > 0)
        {
            c.Database.Changed(key, changes);
            c.Notify(KeyspaceEvents.String, "setbit"u8, c[1]);
        }
    }

    /// <summary>Reads all operations; <paramref name="lastWrittenBit"/> is -1 when none writes.</summary>
    private static bool TryCheck(CommandContext c, out int count, out long lastWrittenBit)
    {
        count = 0;
        lastWrittenBit = -1;
        Operation operation = default;
        for (int i = 2; i < c.Count;)
        {
            if (!TryOperation(c, ref i, ref operation))
                return false;
            count += operation.Verb == Verb.Overflow ? 0 : 1;
            if (operation.Verb is Verb.Set or Verb.IncrementBy)
                lastWrittenBit = Math.Max(lastWrittenBit, operation.Offset + operation.Width - 1);
        }
        return true;
    }

    private static bool TryOperation(CommandContext c, ref int i, ref Operation operation)
    {
        int left = c.Count - i - 1;
        if (left >= 2 && c.Is(i, "GET"u8))
            operation.Verb = Verb.Get;
        else if (left >= 3 && c.Is(i, "SET"u8))
            operation.Verb = Verb.Set;
        else if (left >= 3 && c.Is(i, "INCRBY"u8))
            operation.Verb = Verb.IncrementBy;
        else if (left >= 1 && c.Is(i, "OVERFLOW"u8))
            return TryOverflow(c, ref i, ref operation);
        else
        {
            c.Error(Errors.Syntax);
            return false;
        }
        if (!TryType(c, i + 1, ref operation) || !c.TryBitOffset(i + 2, out operation.Offset, operation.Width))
            return false;
        if (operation.Verb != Verb.Get && !c.TryInteger(i + 3, out operation.Value))
            return false;
        i += operation.Verb == Verb.Get ? 3 : 4;
        return true;
    }

    private static bool TryOverflow(CommandContext c, ref int i, ref Operation operation)
    {
        operation.Verb = Verb.Overflow;
        i++;
        if (c.Is(i, "WRAP"u8))
            operation.Overflow = Overflow.Wrap;
        else if (c.Is(i, "SAT"u8))
            operation.Overflow = Overflow.Saturate;
        else if (c.Is(i, "FAIL"u8))
            operation.Overflow = Overflow.Fail;
        else
        {
            c.Error(BitmapErrors.OverflowType);
            return false;
        }
        i++;
        return true;
    }

    /// <summary>"i" or "u" and the width: up to 64 bits with a sign, 63 without, since replies are signed.</summary>
    private static bool TryType(CommandContext c, int index, ref Operation operation)
    {
        ReadOnlySpan<byte> text = c[index];
        int zero = text.IndexOf((byte)0);
        if (zero >= 0)
            text = text[..zero];
        operation.IsSigned = text is [(byte)'i', ..];
        bool isType = operation.IsSigned || text is [(byte)'u', ..];
        if (isType && IntegerText.TryParse(text[1..], out long width) && width >= 1 && width <= (operation.IsSigned ? 64 : 63))
        {
            operation.Width = (int)width;
            return true;
        }
        c.Error(BitmapErrors.FieldType);
        return false;
    }

    private static void Read(CommandContext c, ReadOnlySpan<byte> bytes)
    {
        Operation operation = default;
        for (int i = 2; i < c.Count;)
        {
            TryOperation(c, ref i, ref operation);
            if (operation.Verb == Verb.Get)
                c.Reply.Integer(Read(bytes, operation));
        }
    }

    /// <returns>How many fields changed; all that were written, if the string has grown.</returns>
    private static long Change(CommandContext c, Span<byte> bytes, bool isGrown)
    {
        long changes = 0;
        Operation operation = default;
        for (int i = 2; i < c.Count;)
        {
            TryOperation(c, ref i, ref operation);
            if (operation.Verb == Verb.Overflow)
                continue;
            long before = Read(bytes, operation);
            if (operation.Verb == Verb.Get)
            {
                c.Reply.Integer(before);
                continue;
            }
            long start = operation.Verb == Verb.Set ? operation.Value : before;
            long increment = operation.Verb == Verb.Set ? 0 : operation.Value;
            bool overflows = operation.IsSigned
                ? OverflowsSigned(start, increment, operation, out long after)
                : OverflowsUnsigned((ulong)start, increment, operation, out after);
            if (overflows && operation.Overflow == Overflow.Fail)
            {
                c.Reply.Null();
                continue;
            }
            c.Reply.Integer(operation.Verb == Verb.Set ? before : after);
            BitSpan.Write(bytes, operation.Offset, operation.Width, (ulong)after);
            changes += isGrown || before != after ? 1 : 0;
        }
        return changes;
    }

    private static long Read(ReadOnlySpan<byte> bytes, in Operation operation)
    {
        ulong value = BitSpan.Read(bytes, operation.Offset, operation.Width);
        int unused = 64 - operation.Width;
        return operation.IsSigned ? (long)(value << unused) >> unused : (long)value;
    }

    private static bool OverflowsUnsigned(ulong value, long increment, in Operation operation, out long result)
    {
        ulong max = ulong.MaxValue >> (64 - operation.Width);
        bool isAbove = value > max || (increment > 0 && increment > (long)(max - value));
        bool isBelow = !isAbove && increment < 0 && increment < -(long)value;
        ulong sum = unchecked(value + (ulong)increment) & max;
        if ((isAbove || isBelow) && operation.Overflow == Overflow.Saturate)
            sum = isAbove ? max : 0;
        result = (long)sum;
        return isAbove || isBelow;
    }

    private static bool OverflowsSigned(long value, long increment, in Operation operation, out long result)
    {
        int unused = 64 - operation.Width;
        long max = long.MaxValue >> unused;
        long min = -max - 1;
        bool isAbove = value > max || (increment > 0 && value > max - increment);
        bool isBelow = !isAbove && (value < min || (increment < 0 && value < min - increment));
        result = unchecked(value + increment) << unused >> unused;
        if ((isAbove || isBelow) && operation.Overflow == Overflow.Saturate)
            result = isAbove ? max : min;
        return isAbove || isBelow;
    }
}
