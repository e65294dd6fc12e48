// From registers to a number: Otmar Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (arXiv:1702.01284), in
// the same steps of the same precision as Redis takes, so that both say the same number.

namespace Redoubt.Commands;

internal static class HllEstimate
{
    /// <summary>1 / (2 ln 2).</summary>
    private const double AlphaInfinity = 0.721347520444481703680;

    private const int Values = 64;

    /// <summary>The estimate for a HyperLogLog of either form; false when it is corrupt.</summary>
    public static bool TryOf(ReadOnlySpan<byte> bytes, out ulong estimate)
    {
        Span<int> histogram = stackalloc int[Values];
        histogram.Clear();
        bool isWhole = true;
        if (HllLayout.IsDense(bytes))
        {
            for (int i = 0; i < HllLayout.RegisterCount; i++)
                histogram[DenseRegisters.Get(bytes[HllLayout.HeaderBytes..], i)]++;
        }
        else
        {
            Counter counter = new() { Histogram = histogram };
            isWhole = SparseRegisters.TryVisit(bytes, ref counter);
        }
        estimate = isWhole ? FromHistogram(histogram) : 0;
        return isWhole;
    }

    /// <summary>The estimate for registers of a byte each.</summary>
    public static ulong OfRegisters(ReadOnlySpan<byte> registers)
    {
        Span<int> histogram = stackalloc int[Values];
        histogram.Clear();
        foreach (byte value in registers)
            histogram[value]++;
        return FromHistogram(histogram);
    }

    private static ulong FromHistogram(ReadOnlySpan<int> histogram)
    {
        const double M = HllLayout.RegisterCount;
        double z = M * Tau((M - histogram[HllLayout.RunMax]) / M);
        for (int value = HllLayout.RunMax - 1; value >= 1; value--)
        {
            z += histogram[value];
            z *= 0.5;
        }
        z += M * Sigma(histogram[0] / M);
        return (ulong)Math.Round(AlphaInfinity * M * M / z, MidpointRounding.AwayFromZero);
    }

    private static double Sigma(double x)
    {
        if (x == 1)
            return double.PositiveInfinity;
        double y = 1;
        double z = x;
        double before;
        do
        {
            x *= x;
            before = z;
            z += x * y;
            y += y;
        }
        while (before != z);
        return z;
    }

    private static double Tau(double x)
    {
        if (x is 0 or 1)
            return 0;
        double y = 1;
        double z = 1 - x;
        double before;
        do
        {
            x = Math.Sqrt(x);
            before = z;
            y *= 0.5;
            z -= (1 - x) * (1 - x) * y;
        }
        while (before != z);
        return z / 3;
    }

    private ref struct Counter : IRunVisitor
    {
        public Span<int> Histogram;

        public readonly void Visit(int firstRegister, int run, int value) => Histogram[value] += run;
    }
}
