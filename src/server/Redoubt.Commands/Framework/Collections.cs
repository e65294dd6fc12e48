using Redoubt.Keyspace;
using Redoubt.Resp;
using Redoubt.Structures.Listpacks;
using Redoubt.Structures.Values;

namespace Redoubt.Commands;

/// <summary>Lookups for collections: a slot that does not exist is a key that is not there; false means that the error of a wrong type was sent.</summary>
internal static class Collections
{
    public static bool TryRead(this CommandContext c, int keyIndex, ValueType type, out ValueSlot slot)
    {
        if (c.Database.Read(c.Key(keyIndex), type, out slot) != ValueLookup.WrongType)
            return true;
        c.Error(Errors.WrongType);
        return false;
    }

    public static bool TryEdit(this CommandContext c, Key key, ValueType type, out ValueSlot slot)
    {
        if (c.Database.Edit(key, type, out slot) != ValueLookup.WrongType)
            return true;
        c.Error(Errors.WrongType);
        return false;
    }

    /// <summary>An element as a bulk string.</summary>
    public static void Bulk(this RespWriter reply, PackedValue element)
    {
        if (element.IsInteger)
            reply.BulkInteger(element.Integer);
        else
            reply.Bulk(element.Text([]));
    }

    public static Propagation Word(this Propagation propagation, PackedValue element) =>
        element.IsInteger ? propagation.Word(element.Integer) : propagation.Word(element.Text([]));

    /// <summary>
    /// The head of a reply with as many elements as the client asks for, however few there are to choose from. What could never be sent is not begun.
    /// </summary>
    public static void ArrayOfPicks(this RespWriter reply, long count)
    {
        const int elementBytesMin = 6;
        if (count > int.MaxValue / elementBytesMin)
            throw new ReplyTooLongException();
        reply.Array((int)count);
    }
}
