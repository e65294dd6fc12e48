using System.Globalization;
using System.Text;
using Redoubt.Structures.SortedSets;
using Redoubt.Structures.Values;

namespace Redoubt.Structures.Elements;

/// <summary>
/// DEBUG HTSTATS-KEY: how full the table of a collection is, in the lines that Redis's tests look for. A chain is what a bucket holds, of which
/// there are several elements where Redis has one.
/// </summary>
public static class TableReport
{
    private const int LengthsTold = 50;

    /// <summary>False when the collection has no table.</summary>
    public static bool TryDescribe(ValueSlot slot, out string report)
    {
        report = "";
        ElementTable table;
        if (slot.Encoding == ValueEncoding.HashTable)
            table = new ElementTable(slot.Store.Heap, slot.Store.Hasher, slot.Root);
        else if (slot.Encoding == ValueEncoding.SkipList)
            table = new SortedSetTable(slot.Store, slot.Root).Members;
        else
            return false;
        StringBuilder text = new();
        Describe(text, 0, "main hash table", table.ChainLengths(isTarget: false));
        if (table.BucketCounts.Next > 0)
            Describe(text, 1, "rehashing target", table.ChainLengths(isTarget: true));
        report = text.ToString();
        return true;
    }

    /// <param name="lengths">How many buckets have a chain of each length.</param>
    private static void Describe(StringBuilder text, int number, string role, SortedDictionary<int, long> lengths)
    {
        text.Append(CultureInfo.InvariantCulture, $"Hash table {number} stats ({role}):\n");
        long buckets = lengths.Values.Sum();
        long elements = lengths.Sum(pair => pair.Key * pair.Value);
        if (elements == 0)
        {
            text.Append("No stats available for empty dictionaries\n");
            return;
        }
        long used = buckets - lengths.GetValueOrDefault(0);
        double average = (double)elements / used;
        text.Append(CultureInfo.InvariantCulture, $" table size: {buckets}\n number of elements: {elements}\n different slots: {used}\n");
        text.Append(CultureInfo.InvariantCulture, $" max chain length: {lengths.Keys.Last()}\n");
        text.Append(CultureInfo.InvariantCulture, $" avg chain length (counted): {average:F2}\n avg chain length (computed): {average:F2}\n");
        text.Append(" Chain length distribution:\n");
        foreach ((int length, long count) in lengths.Take(LengthsTold))
            text.Append(CultureInfo.InvariantCulture, $"   {length}: {count} ({100.0 * count / buckets:F2}%)\n");
    }
}
