using System.Globalization;

namespace Redoubt.Server.Processes;

/// <summary>A list of processors as <c>server_cpulist</c> has it: "0-7:2,3" is 0, 2, 4, 6 and 3.</summary>
internal static class ProcessorList
{
    private const int ProcessorsMax = 1024;

    /// <summary>An empty text is an empty list.</summary>
    public static bool TryParse(string text, out int[] processors)
    {
        List<int> found = [];
        processors = [];
        foreach (string part in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] rangeAndStep = part.Split(':');
            string[] bounds = rangeAndStep[0].Split('-');
            int step = 1;
            if (rangeAndStep.Length > 2 || bounds.Length > 2 || !TryRead(bounds[0], out int first) || !TryRead(bounds[^1], out int last)
                || (rangeAndStep.Length == 2 && (!TryRead(rangeAndStep[1], out step) || step == 0)))
            {
                return false;
            }
            for (int processor = first; processor <= last; processor += step)
                found.Add(processor);
        }
        processors = [.. found];
        return true;
    }

    private static bool TryRead(string digits, out int number) =>
        int.TryParse(digits.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out number) && number < ProcessorsMax;
}
