// BITOP: strings as rows of bits, combined bit by bit. A shorter one is zeros up to the length of the longest.
//
// The sources are looked at one after the other and combined into one buffer, so that the target may be one of them and an integer
// can be spelt out where the keyspace always does it.

using System.Numerics;
using Redoubt.Keyspace;

namespace Redoubt.Commands;

internal static class BitOperation
{
    private enum Operation
    {
        And,
        Or,
        Xor,
        Not,
    }

    [Command("BITOP", -4, CommandFlags.Write | CommandFlags.DenyOom, FirstKey = 2, LastKey = -1, KeyStep = 1,
        KeyFlags = "OW update @2 range(0,1,0); RO access @3 range(-1,1,0)", Acl = "bitmap", Group = "bitmap", Since = "2.6.0",
        Summary = "Perform bitwise operations between strings", Complexity = "O(N)", Syntax = "operation destkey#0 key#1+")]
    public static void BitOp(CommandContext c)
    {
        if (!TryOperation(c, out Operation operation))
            return;
        int length = 0;
        for (int i = 3; i < c.Count; i++)
        {
            EntryView entry = c.Database.Read(c.Key(i));
            if (entry.Exists && !entry.IsString)
            {
                c.Error(Errors.WrongType);
                return;
            }
            if (entry.Exists)
                length = Math.Max(length, entry.Length);
        }
        Key target = c.Key(2);
        if (length > 0)
        {
            Span<byte> result = c.Scratch.Reserve(length)[..length];
            Combine(c, operation, result);
            c.Database.SetBytes(target, result, Database.NoExpiry);
            c.Notify(KeyspaceEvents.String, "set"u8, c[2]);
        }
        else if (c.Database.Delete(target))
        {
            c.Notify(KeyspaceEvents.Generic, "del"u8, c[2]);
        }
        c.Reply.Integer(length);
    }

    private static bool TryOperation(CommandContext c, out Operation operation)
    {
        operation = Operation.And;
        if (c.Is(1, "AND"u8))
            return true;
        if (c.Is(1, "OR"u8))
            operation = Operation.Or;
        else if (c.Is(1, "XOR"u8))
            operation = Operation.Xor;
        else if (c.Is(1, "NOT"u8))
            operation = Operation.Not;
        if (operation != Operation.And && (operation != Operation.Not || c.Count == 4))
            return true;
        c.Error(operation == Operation.Not ? BitmapErrors.NotOfSeveral : Errors.Syntax);
        return false;
    }

    private static void Combine(CommandContext c, Operation operation, Span<byte> result)
    {
        for (int i = 3; i < c.Count; i++)
        {
            EntryView entry = c.Database.Peek(c.Key(i));
            ReadOnlySpan<byte> source = entry.Exists ? entry.Bytes : default;
            if (i == 3)
            {
                source.CopyTo(result);
                result[source.Length..].Clear();
                if (operation == Operation.Not)
                    Invert(result);
                continue;
            }
            if (operation == Operation.And)
                result[source.Length..].Clear();
            Combine(operation, result[..source.Length], source);
        }
    }

    private static void Combine(Operation operation, Span<byte> result, ReadOnlySpan<byte> source)
    {
        int at = 0;
        for (; at <= result.Length - Vector<byte>.Count; at += Vector<byte>.Count)
        {
            Vector<byte> a = new(result[at..]);
            Vector<byte> b = new(source[at..]);
            (operation == Operation.And ? a & b : operation == Operation.Or ? a | b : a ^ b).CopyTo(result[at..]);
        }
        for (; at < result.Length; at++)
        {
            int a = result[at];
            int b = source[at];
            result[at] = (byte)(operation == Operation.And ? a & b : operation == Operation.Or ? a | b : a ^ b);
        }
    }

    private static void Invert(Span<byte> bytes)
    {
        int at = 0;
        for (; at <= bytes.Length - Vector<byte>.Count; at += Vector<byte>.Count)
            (~new Vector<byte>(bytes[at..])).CopyTo(bytes[at..]);
        for (; at < bytes.Length; at++)
            bytes[at] = (byte)~bytes[at];
    }
}
