// Which of several places at the same distance are among the first N, and in what order they come, follows from the sort that picks them out.
// So this is the sort that redis-server uses for it: the quicksort of Bentley and McIlroy ("Engineering a Sort Function", 1993), which leaves
// aside whatever lies outside of the wanted range. When all results are wanted a stable sort gives Redis's order.

namespace Redoubt.Commands;

internal static class NearestSort
{
    private const int InsertionSortMax = 7;
    private const int ThreeMediansMin = 40;

    /// <summary>Puts the first <paramref name="wanted"/> elements of the sorted order to the front.</summary>
    public static void PutFirst<T>(Span<T> items, int wanted, Comparison<T> compare) => Sort(items, 0, wanted - 1, compare);

    /// <summary>Sorts what lies between two indexes once everything is sorted; either may be outside.</summary>
    private static void Sort<T>(Span<T> items, int first, int last, Comparison<T> compare)
    {
        while (items.Length >= InsertionSortMax)
        {
            (int less, int greater) = Partition(items, compare);
            if (less > 1 && first < less && last >= 0)
                Sort(items[..less], first, last, compare);
            int start = items.Length - greater;
            if (greater <= 1 || last < start || first >= items.Length)
                return;
            items = items[start..];
            first -= start;
            last -= start;
        }
        for (int next = 1; next < items.Length; next++)
        {
            for (int at = next; at > 0 && compare(items[at - 1], items[at]) > 0; at--)
                (items[at - 1], items[at]) = (items[at], items[at - 1]);
        }
    }

    /// <summary>Less than the pivot to the left, equal to it in the middle, greater to the right; returns how many are on either side.</summary>
    private static (int Less, int Greater) Partition<T>(Span<T> items, Comparison<T> compare)
    {
        Swap(items, 0, Pivot(items, compare));
        // While it runs, what equals the pivot is gathered at both ends.
        int equalEnd = 1, lessEnd = 1, greaterStart = items.Length - 1, equalStart = items.Length - 1;
        while (true)
        {
            for (int order; lessEnd <= greaterStart && (order = compare(items[lessEnd], items[0])) <= 0; lessEnd++)
            {
                if (order == 0)
                    Swap(items, equalEnd++, lessEnd);
            }
            for (int order; lessEnd <= greaterStart && (order = compare(items[greaterStart], items[0])) >= 0; greaterStart--)
            {
                if (order == 0)
                    Swap(items, greaterStart, equalStart--);
            }
            if (lessEnd > greaterStart)
                break;
            Swap(items, lessEnd++, greaterStart--);
        }
        SwapRows(items, 0, lessEnd, Math.Min(equalEnd, lessEnd - equalEnd));
        SwapRows(items, lessEnd, items.Length, Math.Min(equalStart - greaterStart, items.Length - 1 - equalStart));
        return (lessEnd - equalEnd, equalStart - greaterStart);
    }

    private static int Pivot<T>(ReadOnlySpan<T> items, Comparison<T> compare)
    {
        int middle = items.Length / 2;
        if (items.Length == InsertionSortMax)
            return middle;
        int left = 0, right = items.Length - 1;
        if (items.Length > ThreeMediansMin)
        {
            int step = items.Length / 8;
            left = Median(items, left, left + step, left + 2 * step, compare);
            middle = Median(items, middle - step, middle, middle + step, compare);
            right = Median(items, right - 2 * step, right - step, right, compare);
        }
        return Median(items, left, middle, right, compare);
    }

    private static int Median<T>(ReadOnlySpan<T> items, int a, int b, int c, Comparison<T> compare)
    {
        if (compare(items[a], items[b]) < 0)
            return compare(items[b], items[c]) < 0 ? b : compare(items[a], items[c]) < 0 ? c : a;
        return compare(items[b], items[c]) > 0 ? b : compare(items[a], items[c]) < 0 ? a : c;
    }

    /// <summary>Exchanges <paramref name="count"/> items from <paramref name="start"/> on with those before <paramref name="end"/>.</summary>
    private static void SwapRows<T>(Span<T> items, int start, int end, int count)
    {
        for (int i = 0; i < count; i++)
            Swap(items, start + i, end - count + i);
    }

    private static void Swap<T>(Span<T> items, int a, int b) => (items[a], items[b]) = (items[b], items[a]);
}
