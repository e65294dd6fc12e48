using System.Buffers.Text;
using Redoubt.Keyspace;

namespace Redoubt.Persistence.Rdb;

// What Redis wrote before 7.0 (ziplists) and before 2.6 (zipmaps), turned into listpacks or single elements.
internal sealed partial class ValueDecoder
{
    /// <summary>Field by field, since Redis judges zipmaps by the length of what is in them, too.</summary>
    private IEnumerable<Want> Zipmap()
    {
        yield return Want.Text;
        byte[] zipmap = TakeOut();
        Image.Length(0);
        if (!TrySpreadZipmap(zipmap))
            yield return Damaged("Zipmap integrity check failed.");
    }

    private IEnumerable<Want> ZiplistHash()
    {
        yield return Want.Text;
        if (!TryListpackFromZiplist(TakeOut(), out int count))
            yield return Damaged("Hash ziplist integrity check failed.");
        if (count == 0)
            yield return Want.Empty;
        if (_pairs.Judge(Token, out _) is { } problem)
            yield return Damaged("Hash ziplist " + problem);
    }

    private IEnumerable<Want> ZiplistSortedSet()
    {
        yield return Want.Text;
        if (!TryListpackFromZiplist(TakeOut(), out _))
            yield return Damaged("Zset ziplist integrity check failed.");
        if (JudgeSortedSet("Zset ziplist ") is { } want)
            yield return want;
    }

    private IEnumerable<Want> ZiplistList()
    {
        yield return Want.Text;
        byte[] ziplist = TakeOut();
        Image.Length(0);
        if (!TrySpreadZiplist(ziplist, out int count))
            yield return Damaged("List ziplist integrity check failed.");
        if (count == 0)
            yield return Want.Empty;
    }

    private IEnumerable<Want> ZiplistQuickList()
    {
        yield return Want.Length;
        ulong nodes = Number;
        bool isEmpty = true;
        for (ulong i = 0; i < nodes; i++)
        {
            if (i > 0)
                yield return Want.Cut;
            int before = BeginNode(QuickListPacked, isEmpty);
            yield return Want.Text;
            if (!TryListpackFromZiplist(TakeOut(), out int count))
                yield return Damaged("Ziplist integrity check failed.");
            if (count == 0)
                Image.Truncate(before);
            else
                isEmpty = false;
        }
        if (isEmpty)
            yield return Want.Empty;
    }

    private bool TryListpackFromZiplist(ReadOnlySpan<byte> ziplist, out int count)
    {
        TokenAt = Image.Count;
        ListpackBuilder listpack = new(Image);
        ZiplistCursor cursor = new(ziplist);
        while (cursor.MoveNext())
        {
            if (cursor.IsInteger)
                listpack.Add(cursor.Integer);
            else
                listpack.Add(cursor.Bytes);
        }
        listpack.Finish();
        count = listpack.Count;
        return !cursor.IsDamaged;
    }

    private bool TrySpreadZipmap(ReadOnlySpan<byte> zipmap)
    {
        ZipmapCursor cursor = new(zipmap);
        while (cursor.MoveNext())
        {
            Image.Text(cursor.Field);
            Image.Text(cursor.Value);
        }
        return !cursor.IsDamaged;
    }

    private bool TrySpreadZiplist(ReadOnlySpan<byte> ziplist, out int count)
    {
        Span<byte> digits = stackalloc byte[EntryView.IntegerTextMax];
        ZiplistCursor cursor = new(ziplist);
        while (cursor.MoveNext())
        {
            int length = 0;
            if (cursor.IsInteger)
                Utf8Formatter.TryFormat(cursor.Integer, digits, out length);
            Image.Text(cursor.IsInteger ? digits[..length] : cursor.Bytes);
        }
        count = cursor.Count;
        return !cursor.IsDamaged;
    }
}
