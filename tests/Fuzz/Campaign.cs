using System.Diagnostics;

namespace Fuzz;

/// <summary>Runs a target with one seed after the other for a few seconds; REDOUBT_FUZZ_SECONDS sets another time, REDOUBT_FUZZ_SEED replays a failure.</summary>
internal static class Campaign
{
    private static readonly double Seconds = Setting("REDOUBT_FUZZ_SECONDS") ?? 2;
    private static readonly int FirstSeed = (int?)Setting("REDOUBT_FUZZ_SEED") ?? Environment.TickCount;

    public static void Run(Action<Random> round) => RunSeeds(seed => round(new Random(seed)));

    public static void RunSeeds(Action<int> round)
    {
        long start = Stopwatch.GetTimestamp();
        int seed = FirstSeed;
        do
        {
            try
            {
                round(seed);
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"REDOUBT_FUZZ_SEED={seed} replays this: {failure.Message}", failure);
            }
            seed++;
        }
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < Seconds);
    }

    private static double? Setting(string name) => double.TryParse(Environment.GetEnvironmentVariable(name), out double value) ? value : null;
}
