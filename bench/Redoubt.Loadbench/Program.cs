// Servers side by side: bench/README.md says what is measured and how to read it.
using System.Globalization;
using System.Net.Sockets;
using System.Runtime;

namespace Redoubt.Loadbench;

internal static class Program
{
    private static readonly Dictionary<string, Action<Options, Figures, Action<string>>> Measurements = new()
    {
        ["throughput"] = Throughput.Measure,
        ["memory"] = SingleServer.MeasureMemory,
        ["fullsync"] = Snapshots.MeasureFullSync,
        ["bgsave"] = Snapshots.MeasureBgsave,
        ["failover"] = Failover.Measure,
        ["idle"] = SingleServer.MeasureIdle,
    };

    private static int Main(string[] arguments)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        GCSettings.LatencyMode = GCLatencyMode.SustainedLowLatency;
        string root = RepositoryRoot();
        Options options;
        try
        {
            options = Options.Parse(arguments, root);
        }
        catch (FormatException error)
        {
            Console.Error.WriteLine($"{error.Message}\n{Options.Usage}");
            return 2;
        }

        foreach (ServerChoice server in options.Servers.Where(server => !File.Exists(server.Program)))
        {
            Console.Error.WriteLine($"There is no {server.Program}: build Redoubt with ./build.sh, install redis-server, or name others with --servers.");
            return 2;
        }

        var figures = new Figures([.. options.Servers.Select(server => server.Name)]);
        bool complete = Measure(options, figures);
        Console.WriteLine(figures.ToMarkdown());
        if (options.Record)
            Console.Error.WriteLine($"appended to {History.Append(root, options, figures, DateTimeOffset.UtcNow)}");
        return complete ? 0 : 1;
    }

    /// <summary>A measurement that fails is named, and the others go on.</summary>
    private static bool Measure(Options options, Figures figures)
    {
        bool complete = true;
        foreach (string name in options.Only)
        {
            try
            {
                Measurements[name](options, figures, text => Console.Error.WriteLine($"{DateTime.Now:HH:mm:ss} {text}"));
            }
            catch (Exception error) when (error is IOException or SocketException or InvalidOperationException or TimeoutException or FormatException)
            {
                Console.Error.WriteLine($"{name} failed: {error.Message}");
                complete = false;
            }
        }

        return complete;
    }

    private static string RepositoryRoot()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Redoubt.slnx")))
                return folder;
        }

        return Environment.CurrentDirectory;
    }
}
