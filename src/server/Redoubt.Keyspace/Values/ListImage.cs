using Redoubt.Structures.Lists;
using Redoubt.Structures.Values;

namespace Redoubt.Keyspace;

/// <summary>Lists, node by node; a compressed node stays as it is.</summary>
internal static class ListImage
{
    private const ulong Plain = 1;
    private const ulong Packed = 2;
    private const int LargeFromNodes = 16;

    public static bool IsLarge(ValueSlot slot) => new ListValue(slot).NodeCount > LargeFromNodes;

    public static bool Give(ValueSlot slot, ImageWriter image, ImagePosition position, int bytesMax)
    {
        ListValue list = new(slot);
        if (position.IsAtStart)
        {
            position.Done = 0;
            image.Length((ulong)list.NodeCount);
        }
        int end = image.LimitAfter(bytesMax);
        ListNodes nodes = position.IsAtStart ? list.Nodes : list.NodesFrom(position.Node);
        while (image.Count < end && nodes.MoveNext())
        {
            ListNodeImage node = nodes.Current;
            image.Length(node.IsPlain ? Plain : Packed);
            if (node.IsCompressed)
                image.CompressedText(node.Stored, node.Bytes);
            else
                image.Text(node.Stored);
            position.Done++;
        }
        position.Node = nodes.Next;
        return position.Done == list.NodeCount;
    }

    public static void AddNodes(Database database, Key key, long expireAtMs, ref ImageReader piece, bool isFirst)
    {
        ListValue list = Open(database, key, expireAtMs, ref piece, isFirst);
        while (!piece.IsAtEnd)
        {
            if (piece.Length() == Plain)
                list.AppendPlain(piece.Text());
            else
                list.AppendPack(piece.Text());
        }
    }

    public static void AddElements(Database database, Key key, long expireAtMs, ref ImageReader piece, bool isFirst)
    {
        ListValue list = Open(database, key, expireAtMs, ref piece, isFirst);
        while (!piece.IsAtEnd)
            list.Push(piece.Text(), atHead: false);
    }

    private static ListValue Open(Database database, Key key, long expireAtMs, ref ImageReader piece, bool isFirst)
    {
        if (!isFirst)
            return new ListValue(database.SlotInLoad(key));
        piece.Length();
        return new ListValue(database.LoadCollection(key, ValueType.List, ValueEncoding.Listpack, expireAtMs));
    }
}
