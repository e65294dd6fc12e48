using System.Diagnostics;
using System.Globalization;

namespace Redoubt.Loadbench;

/// <summary>SET and GET of 32-byte values over 100,000 keys, with redis-benchmark as the load. Server CPU per operation is the steadiest figure on a
/// shared machine: compare it first. Its grain is 10 ms per run. Latencies of pipelined runs are those of a whole pipeline under full load.</summary>
internal static class Throughput
{
    private const string Tool = "redis-benchmark";

    private static readonly (int Pipeline, int Clients, int Operations)[] Cases =
        [(1, 50, 150_000), (16, 50, 1_500_000), (64, 50, 3_000_000), (1, 1, 50_000), (1, 1000, 150_000)];

    public static void Measure(Options options, Figures figures, Action<string> progress)
    {
        List<ServerUnderTest> servers = [];
        try
        {
            foreach (ServerChoice choice in options.Servers)
                servers.Add(ServerUnderTest.Start(choice));
            progress("warming up");
            foreach (ServerUnderTest server in servers)
                WarmUp(server);
            foreach ((int pipeline, int clients, int operations) in Cases)
            {
                foreach (string command in new[] { "set", "get" })
                {
                    progress($"{command} pipeline {pipeline}, {clients} clients");
                    for (int round = 0; round < (options.Quick ? 1 : 3); round++)
                    {
                        foreach (ServerUnderTest server in servers)
                            Case(server, command, pipeline, clients, options.Scaled(operations), figures);
                    }
                }
            }
        }
        finally
        {
            servers.ForEach(server => server.Dispose());
        }
    }

    /// <summary>A server with a JIT compiler is slow in its first seconds, and those are not what is asked for here.</summary>
    private static void WarmUp(ServerUnderTest server)
    {
        foreach (string command in new[] { "set", "get" })
        {
            Run(server.Port, command, 1, 50, 60_000);
            Run(server.Port, command, 16, 50, 600_000);
        }
    }

    private static void Case(ServerUnderTest server, string command, int pipeline, int clients, int operations, Figures figures)
    {
        double cpu = server.CpuSeconds;
        ToolReport report = Run(server.Port, command, pipeline, clients, operations);
        cpu = server.CpuSeconds - cpu;
        string name = $"{command.ToUpperInvariant()} P={pipeline} c={clients}";
        figures.Add(server.Name, $"{name} CPU per operation", cpu * 1e6 / operations, "µs");
        figures.Add(server.Name, $"{name} throughput", report.OpsPerSecond, "1/s", higherIsBetter: true);
        figures.Add(server.Name, $"{name} p50", report.P50Ms, "ms");
        figures.Add(server.Name, $"{name} p99", report.P99Ms, "ms");
        figures.Add(server.Name, $"{name} p99.9", report.P999Ms, "ms");
    }

    private static ToolReport Run(int port, string command, int pipeline, int clients, int operations)
    {
        string[] arguments = [.. new[] { "-p", $"{port}", "-t", command, "-d", "32", "-r", "100000", "-P", $"{pipeline}", "-c", $"{clients}", "-n", $"{operations}" }
            .Select(argument => argument.ToString(CultureInfo.InvariantCulture))];
        using Process process = Process.Start(new ProcessStartInfo(Tool, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? ToolReport.Parse(output) : throw new InvalidOperationException($"{Tool} failed: {errors.Result}{output}");
    }
}
