using System.Diagnostics;
using System.Net.Sockets;

namespace Redoubt.Loadbench;

/// <summary>FAILOVER of a pair under four writers. The write gap is the longest time without any acknowledged write; an acknowledged write that the
/// new master lacks is lost, and none may be.</summary>
internal static class Failover
{
    private const int Writers = 4;

    public static void Measure(Options options, Figures figures, Action<string> progress)
    {
        for (int round = 0; round < (options.Quick ? 3 : 11); round++)
        {
            foreach (ServerChoice choice in options.Servers)
            {
                progress($"FAILOVER, round {round + 1}: {choice.Name}");
                Round(choice, figures);
            }
        }
    }

    private static void Round(ServerChoice choice, Figures figures)
    {
        using ServerUnderTest master = ServerUnderTest.Start(choice), replica = ServerUnderTest.Start(choice);
        Group.Attach(master, replica);
        Dataset.Load(master.Port, 100_000, 32);
        NumberedWriter[] writers = [.. Enumerable.Range(0, Writers).Select(number => new NumberedWriter(number, [master.Port, replica.Port]))];
        try
        {
            Array.ForEach(writers, writer => writer.Start());
            Thread.Sleep(1500 + Random.Shared.Next(1000)); // the writers are under way, and a once-a-second timer is anywhere in its second
            double began = NumberedWriter.Now;
            master.Ask("FAILOVER");
            WaitForMaster(replica);
            Thread.Sleep(1500); // the writers find the new master
            Array.ForEach(writers, writer => writer.Finish());
            double[] times = [.. writers.SelectMany(writer => writer.TimesMs).Order()];
            figures.Add(choice.Name, "FAILOVER: write gap", LongestGap(times, began, double.MaxValue), "ms");
            figures.Add(choice.Name, "FAILOVER: longest gap before (the machine's noise)", LongestGap(times, 0, began), "ms");
            figures.Add(choice.Name, "FAILOVER: acknowledged writes lost", writers.Sum(writer => writer.LostOn(replica)), "", summary: Summary.Largest);
        }
        finally
        {
            Array.ForEach(writers, writer => writer.Dispose());
        }
    }

    /// <summary>The longest time between two neighbours of which the later lies in the interval.</summary>
    public static double LongestGap(ReadOnlySpan<double> times, double from, double to)
    {
        double longest = 0;
        for (int i = 1; i < times.Length; i++)
        {
            if (times[i] >= from && times[i] < to)
                longest = Math.Max(longest, times[i] - times[i - 1]);
        }

        return longest;
    }

    private static void WaitForMaster(ServerUnderTest replica)
    {
        var clock = Stopwatch.StartNew();
        using Link link = replica.Connect();
        while (!link.Ask("ROLE").StartsWith("master", StringComparison.Ordinal))
        {
            if (clock.Elapsed > TimeSpan.FromSeconds(20))
                throw new TimeoutException("no failover within 20 s");
            Thread.Sleep(1); // nothing announces the change of role
        }
    }
}

/// <summary>Writes keys of its own one after another, and goes over to whichever node is master when one refuses or falls silent.</summary>
internal sealed class NumberedWriter(int number, int[] ports) : Background($"writer {number}")
{
    private readonly List<(int Number, double AtMs)> _acknowledged = new(1 << 20);

    public static double Now => NowMs;

    public IEnumerable<double> TimesMs => _acknowledged.Select(write => write.AtMs);

    /// <summary>How many acknowledged writes this server does not have.</summary>
    public int LostOn(ServerUnderTest server)
    {
        using Link link = server.Connect();
        return _acknowledged.Count(write => link.Ask("EXISTS", Key(write.Number)) != "1");
    }

    protected override void Run()
    {
        Link? link = null;
        for (int write = 0, at = 0; !Stopping; write++)
        {
            try
            {
                link ??= new Link(ports[at], 10_000);
                link.Send(Link.Encode("SET", Key(write), "written"));
                if (link.Skip(1) == 0)
                {
                    _acknowledged.Add((write, NowMs));
                    continue;
                }
            }
            catch (Exception error) when (error is IOException or SocketException)
            {
                // Whether it was written is unknown; only what was acknowledged counts.
            }

            link?.Dispose();
            link = null;
            at = FindMaster(at);
        }

        link?.Dispose();
    }

    private int FindMaster(int otherwise)
    {
        while (!Stopping)
        {
            for (int i = 0; i < ports.Length; i++)
            {
                if (IsMaster(ports[i]))
                    return i;
            }

            Thread.Sleep(TimeSpan.FromMilliseconds(0.5)); // nothing announces that a server takes writes again
        }

        return otherwise;
    }

    private static bool IsMaster(int port)
    {
        try
        {
            using var link = new Link(port, 1000);
            return link.Ask("ROLE").StartsWith("master", StringComparison.Ordinal);
        }
        catch (Exception error) when (error is IOException or SocketException or InvalidOperationException)
        {
            return false;
        }
    }

    private string Key(int write) => $"writer:{number}:{write}";
}
