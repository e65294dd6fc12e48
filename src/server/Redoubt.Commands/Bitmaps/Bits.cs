// SETBIT, GETBIT, BITCOUNT, BITPOS.

using Redoubt.Keyspace;
using Redoubt.Structures;

namespace Redoubt.Commands;

internal static class Bits
{
    private const int ByteBits = 8;

    [Command("SETBIT", 4, CommandFlags.Write | CommandFlags.DenyOom, FirstKey = 1, LastKey = 1, KeyStep = 1,
        KeyFlags = "RW access update", Acl = "bitmap", Group = "bitmap", Since = "2.2.0",
        Summary = "Sets or clears the bit at offset in the string value stored at key", Complexity = "O(1)",
        Syntax = "key#0 offset:integer value:integer")]
    public static void SetBit(CommandContext c)
    {
        if (!c.TryBitOffset(2, out long offset) || !c.TryInteger(3, out long value, BitmapErrors.Bit))
            return;
        if (value is not (0 or 1))
        {
            c.Error(BitmapErrors.Bit);
            return;
        }
        Key key = c.Key(1);
        if (c.Database.EditBytes(key, (int)(offset / ByteBits) + 1, out Span<byte> bytes, out bool isGrown) == ValueLookup.WrongType)
        {
            c.Error(Errors.WrongType);
            return;
        }
        int before = BitSpan.Set(bytes, offset, (int)value);
        if (isGrown || before != value)
        {
            c.Database.Changed(key);
            c.Notify(KeyspaceEvents.String, "setbit"u8, c[1]);
        }
        c.Reply.Integer(before);
    }

    [Command("GETBIT", 3, CommandFlags.ReadOnly | CommandFlags.Fast, FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access",
        Acl = "bitmap", Group = "bitmap", Since = "2.2.0",
        Summary = "Returns the bit value at offset in the string value stored at key", Complexity = "O(1)",
        Syntax = "key#0 offset:integer")]
    public static void GetBit(CommandContext c)
    {
        if (!c.TryBitOffset(2, out long offset))
            return;
        EntryView entry = c.Database.Read(c.Key(1));
        if (entry.Exists && !entry.IsString)
            c.Error(Errors.WrongType);
        else
            c.Reply.Integer(entry.Exists ? BitSpan.Get(entry.Bytes, offset) : 0);
    }

    [Command("BITCOUNT", -2, CommandFlags.ReadOnly, FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "bitmap",
        Group = "bitmap", Since = "2.6.0", Summary = "Count set bits in a string", Complexity = "O(N)",
        Syntax = "key#0 [index{start:integer end:integer [index_unit(BYTE|BIT)@7.0.0]}]",
        History = ["7.0.0: Added the `BYTE|BIT` option."])]
    public static void BitCount(CommandContext c)
    {
        EntryView entry = c.Database.Read(c.Key(1));
        if (!entry.Exists)
        {
            c.Reply.Integer(0);
            return;
        }
        if (!entry.IsString)
        {
            c.Error(Errors.WrongType);
            return;
        }
        ReadOnlySpan<byte> bytes = entry.Bytes;
        if (c.Count is not (2 or 4 or 5))
        {
            c.Error(Errors.Syntax);
            return;
        }
        long start = 0;
        long end = -1;
        if (c.Count > 2 && (!c.TryInteger(2, out start) || !c.TryInteger(3, out end)))
            return;
        bool isEmpty = c.Count > 2 && start < 0 && end < 0 && start > end;
        bool inBits = false;
        if (!isEmpty && c.Count == 5 && !TryUnit(c, 4, out inBits))
            return;
        bool isRange = !isEmpty && TryRange(bytes.Length, inBits, start, end, out start, out end);
        c.Reply.Integer(isRange ? BitSpan.Count(bytes, start, end) : 0);
    }

    [Command("BITPOS", -3, CommandFlags.ReadOnly, FirstKey = 1, LastKey = 1, KeyStep = 1, KeyFlags = "RO access", Acl = "bitmap",
        Group = "bitmap", Since = "2.8.7", Summary = "Find first bit set or clear in a string", Complexity = "O(N)",
        Syntax = "key#0 bit:integer [index{start:integer [end_index{end:integer [index_unit(BYTE|BIT)@7.0.0]}]}]",
        History = ["7.0.0: Added the `BYTE|BIT` option."])]
    public static void BitPos(CommandContext c)
    {
        if (!c.TryInteger(2, out long bit))
            return;
        if (bit is not (0 or 1))
        {
            c.Error(BitmapErrors.SearchedBit);
            return;
        }
        EntryView entry = c.Database.Read(c.Key(1));
        if (!entry.Exists)
        {
            // A missing key is zeros without end.
            c.Reply.Integer(-bit);
            return;
        }
        if (!entry.IsString)
        {
            c.Error(Errors.WrongType);
            return;
        }
        ReadOnlySpan<byte> bytes = entry.Bytes;
        if (c.Count > 6)
        {
            c.Error(Errors.Syntax);
            return;
        }
        long start = 0;
        long end = -1;
        bool inBits = false;
        if ((c.Count > 3 && !c.TryInteger(3, out start)) || (c.Count == 6 && !TryUnit(c, 5, out inBits)) || (c.Count > 4 && !c.TryInteger(4, out end)))
            return;
        if (!TryRange(bytes.Length, inBits, start, end, out start, out end))
        {
            c.Reply.Integer(-1);
            return;
        }
        long found = BitSpan.Find(bytes, start, end, (int)bit);
        // Zeros follow the string, unless the client said where to stop.
        c.Reply.Integer(found < 0 && bit == 0 && c.Count < 5 ? (long)bytes.Length * ByteBits : found);
    }

    /// <summary>The number of a bit that a string may have.</summary>
    /// <param name="fieldWidth">With a '#' before it, the number counts fields of so many bits; 0 = it may not.</param>
    public static bool TryBitOffset(this CommandContext c, int index, out long offset, int fieldWidth = 0)
    {
        ReadOnlySpan<byte> text = c[index];
        bool countsFields = fieldWidth > 0 && text is [(byte)'#', ..];
        if (IntegerText.TryParse(countsFields ? text[1..] : text, out offset))
        {
            if (countsFields)
                offset = unchecked(offset * fieldWidth);
            long bytesMax = c.Session.IsMasterLink ? long.MaxValue : c.Ports.Settings.StringLengthMax;
            if (offset >= 0 && offset / ByteBits < Math.Min(bytesMax, Database.StringBytesMax - ByteBits))
                return true;
        }
        c.Error(BitmapErrors.Offset);
        return false;
    }

    private static bool TryUnit(CommandContext c, int index, out bool inBits)
    {
        inBits = c.Is(index, "BIT"u8);
        if (inBits || c.Is(index, "BYTE"u8))
            return true;
        c.Error(Errors.Syntax);
        return false;
    }

    /// <summary>A range of bytes or bits, from the end where negative, as numbers of its first and last bit; false when it is empty.</summary>
    private static bool TryRange(int length, bool inBits, long start, long end, out long firstBit, out long lastBit)
    {
        long total = inBits ? (long)length * ByteBits : length;
        long first = Math.Max(start < 0 ? total + start : start, 0);
        long last = Math.Min(Math.Max(end < 0 ? total + end : end, 0), total - 1);
        firstBit = inBits ? first : first * ByteBits;
        lastBit = inBits ? last : last * ByteBits + 7;
        return first <= last;
    }
}
