namespace Redoubt.Loadbench;

/// <summary>What one server costs that is not asked anything in particular: memory per key, and being there.</summary>
internal static class SingleServer
{
    private const int SettleMs = 1000;

    /// <summary>(RSS 3 s after loading − RSS empty) / keys.</summary>
    public static void MeasureMemory(Options options, Figures figures, Action<string> progress)
    {
        int keys = options.Scaled(5_000_000);
        foreach (ServerChoice choice in options.Servers)
        {
            progress($"{keys:#,0} keys of 16 + 32 bytes: {choice.Name}");
            using ServerUnderTest server = ServerUnderTest.Start(choice);
            Thread.Sleep(SettleMs); // an empty server is one that has finished starting
            long empty = server.ResidentBytes;
            Dataset.Load(server.Port, keys, 32);
            Thread.Sleep(3 * SettleMs); // tables that grow in steps have grown, garbage is gone
            figures.Add(server.Name, $"memory per key, {keys:#,0} x 16 + 32 B", (server.ResidentBytes - empty) / (double)keys, "B");
        }
    }

    /// <summary>From the start to the first PONG, then RSS after one second and CPU over the two that follow.</summary>
    public static void MeasureIdle(Options options, Figures figures, Action<string> progress)
    {
        for (int round = 0; round < (options.Quick ? 2 : 7); round++)
        {
            foreach (ServerChoice choice in options.Servers)
            {
                progress($"idle, round {round + 1}: {choice.Name}");
                using ServerUnderTest server = ServerUnderTest.Start(choice);
                Thread.Sleep(SettleMs); // being idle takes time
                figures.Add(server.Name, "start to first PONG", server.ReadyMs, "ms");
                figures.Add(server.Name, "idle RSS", server.ResidentBytes / 1e6, "MB");
                double cpu = server.CpuSeconds;
                Thread.Sleep(2 * SettleMs); // being idle takes time
                figures.Add(server.Name, "idle CPU", (server.CpuSeconds - cpu) / 2 * 100, "%");
            }
        }
    }
}
