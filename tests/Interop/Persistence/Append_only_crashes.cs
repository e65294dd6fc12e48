using System.Globalization;
using Redoubt.Testing;

namespace Redoubt.Interop.Persistence;

/// <summary>
/// Writers number their writes, the server is killed at some moment, often in the middle of a rewrite, and starts again: whatever was acknowledged is there.
/// REDOUBT_CRASH_ROUNDS says how often (20).
/// </summary>
public sealed class Append_only_crashes
{
    private static int Rounds => int.TryParse(Environment.GetEnvironmentVariable("REDOUBT_CRASH_ROUNDS"), NumberStyles.None, CultureInfo.InvariantCulture, out int rounds) ? rounds : 20;

    [Theory]
    [InlineData("always")]
    [InlineData("everysec")]
    public void Lose_nothing_that_was_acknowledged(string policy)
    {
        int seed = Environment.TickCount;
        Random random = new(seed);
        using ServerProcess server = RedisServers.Redoubt(
            "--appendonly", "yes", "--appendfsync", policy, "--auto-aof-rewrite-min-size", "20kb", "--auto-aof-rewrite-percentage", "30");
        for (int round = 0; round < Rounds / 2; round++)
        {
            using (NumberedWriters writers = NumberedWriters.Start(8, server))
            {
                writers.WaitFor(random.Next(50, 600));
                if (random.Next(2) == 0)
                    server.Call("BGREWRITEAOF");
                Thread.Sleep(random.Next(0, 20)); // the crash comes at any moment, that of a rewrite's end included
                server.Kill();
                writers.Stop();
                server.Restart();
                List<string> lost = writers.LostOn(server);
                Assert.True(lost.Count == 0, $"round {round} of seed {seed}: {lost.Count} of {writers.Acknowledged} writes are lost, such as {lost.FirstOrDefault()}\n{server.Log}");
            }
            server.Call("FLUSHALL").OrThrow();
        }
        ToolRun check = ToolRun.Of("redis-check-aof", [Path.Combine(server.Folder, "appendonlydir", "appendonly.aof.manifest")]);
        Assert.Equal(0, check.ExitCode);
    }
}
