using System.Diagnostics;

namespace Redoubt.Loadbench;

/// <summary>BGSAVE and full resync of 1M keys of 1 KB, quiet and under 20,000 SETs a second, with a client that measures what others feel.</summary>
internal static class Snapshots
{
    private const int ValueBytes = 1024;
    private const int WritesPerSecond = 20_000;

    public static void MeasureBgsave(Options options, Figures figures, Action<string> progress) =>
        Rounds(options, progress, "BGSAVE", (master, _, keys) =>
        {
            foreach (int rate in new[] { 0, WritesPerSecond })
                UnderLoad(master, $"BGSAVE {Sizes(keys)}, {LoadName(rate)}", keys, rate, figures, () => Save(master));
        });

    public static void MeasureFullSync(Options options, Figures figures, Action<string> progress) =>
        Rounds(options, progress, "full resync", (master, choice, keys) =>
        {
            foreach (int rate in new[] { 0, WritesPerSecond })
            {
                using ServerUnderTest replica = ServerUnderTest.Start(choice);
                UnderLoad(master, $"full resync {Sizes(keys)}, {LoadName(rate)}", keys, rate, figures, () => Group.Attach(master, replica));
                Group.WaitUntilCaughtUp(master, replica);
                if (master.Ask("DBSIZE") != replica.Ask("DBSIZE"))
                    throw new InvalidOperationException($"the replica has {replica.Ask("DBSIZE")} keys, its master {master.Ask("DBSIZE")}");
            }
        });

    private static void Rounds(Options options, Action<string> progress, string what, Action<ServerUnderTest, ServerChoice, int> measure)
    {
        int keys = options.Scaled(1_000_000);
        for (int round = 0; round < (options.Quick ? 1 : 3); round++)
        {
            foreach (ServerChoice choice in options.Servers)
            {
                progress($"{what}, round {round + 1}: {choice.Name}");
                using ServerUnderTest master = ServerUnderTest.Start(choice);
                Dataset.Load(master.Port, keys, ValueBytes);
                measure(master, choice, keys);
            }
        }
    }

    private static void UnderLoad(ServerUnderTest master, string name, int keys, int rate, Figures figures, Action work)
    {
        using var memory = new MemoryWatch(master);
        using var probe = new Probe(master.Port, keys);
        using PacedWriter? writer = rate > 0 ? new PacedWriter(master.Port, rate, keys, ValueBytes) : null;
        GC.Collect();
        memory.Start();
        writer?.Start();
        probe.Start();
        Thread.Sleep(rate > 0 ? 1000 : 300); // the load is under way before the work begins
        double cpu = master.CpuSeconds;
        long began = Stopwatch.GetTimestamp();
        work();
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        cpu = master.CpuSeconds - cpu;
        probe.Finish();
        writer?.Finish();
        memory.Finish();
        if (writer is { Errors: > 0 })
            throw new InvalidOperationException($"{writer.Errors} writes were refused");

        figures.Add(master.Name, $"{name}: time", seconds, "s");
        figures.Add(master.Name, $"{name}: probe max", Figures.Percentile(probe.LatenciesMs, 1), "ms");
        figures.Add(master.Name, $"{name}: probe p99", Figures.Percentile(probe.LatenciesMs, 0.99), "ms");
        figures.Add(master.Name, $"{name}: extra memory", memory.ExtraBytes / 1e6, "MB");
        figures.Add(master.Name, $"{name}: master CPU", cpu, "s");
        if (writer is not null)
            figures.Add(master.Name, $"{name}: writes", writer.PerSecond, "1/s", higherIsBetter: true);
    }

    private static void Save(ServerUnderTest master)
    {
        using Link link = master.Connect();
        link.Ask("BGSAVE");
        Dictionary<string, string> state;
        while ((state = link.Info("persistence"))["rdb_bgsave_in_progress"] != "0")
            Thread.Sleep(5); // nothing announces its end
        if (state["rdb_last_bgsave_status"] != "ok")
            throw new InvalidOperationException("BGSAVE failed");
    }

    private static string Sizes(int keys) => $"{keys:#,0} x 1 KB";

    private static string LoadName(int rate) => rate == 0 ? "quiet" : $"{rate / 1000}k SET/s";
}
