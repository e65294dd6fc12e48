using Redoubt.Resp;
using Redoubt.Structures.Listpacks;
using Redoubt.Structures.Streams;

namespace Redoubt.Commands;

/// <summary>IDs and entries in replies and in what is propagated.</summary>
internal static class StreamReplies
{
    public static void Id(this RespWriter reply, StreamId id)
    {
        Span<byte> text = stackalloc byte[StreamId.TextBytesMax];
        reply.Bulk(text[..id.Format(text)]);
    }

    public static Propagation Word(this Propagation propagation, StreamId id)
    {
        Span<byte> text = stackalloc byte[StreamId.TextBytesMax];
        return propagation.Word(text[..id.Format(text)]);
    }

    /// <summary>An array of up to <paramref name="countMax"/> entries; 0 = all.</summary>
    public static void Entries(this RespWriter reply, ref StreamRange range, long countMax)
    {
        int mark = reply.BeginArray();
        int count = 0;
        while ((countMax == 0 || count < countMax) && range.MoveNext())
        {
            reply.Entry(ref range);
            count++;
        }
        reply.EndArray(mark, count);
    }

    /// <summary>The entry that a range stands at: its ID, and its fields and values in one array.</summary>
    public static void Entry(this RespWriter reply, ref StreamRange range)
    {
        reply.Array(2);
        reply.Id(range.Id);
        reply.Array(2 * range.FieldCount);
        while (range.MoveNextField(out PackedValue field, out PackedValue value))
        {
            Packed(reply, field);
            Packed(reply, value);
        }
    }

    /// <summary>The one entry of this ID; false, and nothing written, when it is not there.</summary>
    public static bool TryEntry(this RespWriter reply, StreamValue stream, StreamId id)
    {
        StreamRange range = stream.Range(id, id);
        if (!range.MoveNext())
            return false;
        reply.Entry(ref range);
        return true;
    }

    private static void Packed(RespWriter reply, scoped in PackedValue value)
    {
        if (value.IsInteger)
            reply.BulkInteger(value.Integer);
        else
            reply.Bulk(value.Text([]));
    }
}
