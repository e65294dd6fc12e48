
using Redoubt.Structures.Streams;

namespace Redoubt.Persistence.Rdb;

// Streams, in the three layouts of 5.0, 7.0 and 7.2: each adds numbers to the one before. The tokens go on as they come; the nodes are
// checked here, the groups' pending entries in the keyspace, which looks them up anyhow.
internal sealed partial class ValueDecoder
{
    private const int TimeSize = sizeof(long);

    private IEnumerable<Want> Stream(int layout)
    {
        yield return Want.Length;
        ulong nodes = Number;
        ulong live = 0;
        StreamId last = default;
        Image.Length(nodes);
        for (ulong i = 0; i < nodes; i++)
        {
            if (i > 0)
                yield return Want.Cut;
            yield return Want.Text;
            if (Token.Length != StreamId.BinaryBytes)
                yield return Damaged("Stream node key entry is not the size of a stream ID");
            StreamId id = StreamId.ReadBinary(Token);
            yield return Want.Text;
            if (i > 0 && id <= last)
                yield return Damaged("Listpack re-added with existing key");
            if (!StreamNodeCheck.IsSound(Token, id, out last, out long liveInNode))
                yield return Damaged("Stream listpack integrity check failed.");
            live += (ulong)liveInNode;
        }
        yield return Want.Length;
        if (Number > 0 && nodes == 0)
            yield return Damaged("Stream length inconsistent with rax entries");
        Image.Length(live);
        yield return Want.Length;
        ulong lastMs = Number;
        Image.Length(lastMs);
        yield return Want.Length;
        Image.Length(Number);
        if (nodes > 0 && new StreamId(lastMs, Number) < last)
            yield return Damaged("Stream last ID is below that of its last entry");
        int numbers = layout == 1 ? 0 : 5; // the first ID and the highest deleted one, and entries ever added
        for (int i = 0; i < numbers; i++)
        {
            yield return Want.Length;
            Image.Length(Number);
        }
        yield return Want.Length;
        ulong groups = Number;
        Image.Length(groups);
        for (ulong i = 0; i < groups; i++)
        {
            foreach (Want want in Group(layout))
                yield return want;
        }
    }

    private IEnumerable<Want> Group(int layout)
    {
        yield return Want.Cut;
        yield return Want.Text;
        int numbers = layout == 1 ? 2 : 3; // the last ID delivered; then entries read
        for (int i = 0; i < numbers; i++)
        {
            yield return Want.Length;
            Image.Length(Number);
        }
        yield return Want.Length;
        ulong pending = Number;
        Image.Length(pending);
        for (ulong i = 0; i < pending; i++)
        {
            yield return Want.Cut;
            WantedBytes = StreamId.BinaryBytes;
            yield return Want.Raw;
            WantedBytes = TimeSize;
            yield return Want.Raw;
            yield return Want.Length;
            Image.Length(Number);
        }
        yield return Want.Cut;
        yield return Want.Length;
        ulong consumers = Number;
        Image.Length(consumers);
        for (ulong i = 0; i < consumers; i++)
        {
            foreach (Want want in Consumer(layout))
                yield return want;
        }
    }

    private IEnumerable<Want> Consumer(int layout)
    {
        yield return Want.Cut;
        yield return Want.Text;
        int times = layout < 3 ? 1 : 2; // when last seen; then when last active
        for (int i = 0; i < times; i++)
        {
            WantedBytes = TimeSize;
            yield return Want.Raw;
        }
        yield return Want.Length;
        ulong pending = Number;
        Image.Length(pending);
        for (ulong i = 0; i < pending; i++)
        {
            yield return Want.Cut;
            WantedBytes = StreamId.BinaryBytes;
            yield return Want.Raw;
        }
    }
}
