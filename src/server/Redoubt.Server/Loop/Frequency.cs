using Redoubt.Server.Configuration;
using Redoubt.Server.Dispatch;

namespace Redoubt.Server.Loop;

/// <summary>
/// hz, how many times a second the clock's work is done, and dynamic-hz, which doubles it while there are more clients than one round of
/// that work should look after.
/// </summary>
internal sealed class Frequency(ServerConfig config, ServerState state, KeyspaceLoop loop)
{
    private const int ClientsPerTick = 200;
    private const int Max = 500;

    /// <summary>Every tick, and when the directives change.</summary>
    public void Adapt(int clients)
    {
        int hz = config.Hz;
        if (config.Process.DynamicHz.Value)
        {
            while (clients / hz > ClientsPerTick && hz < Max)
                hz = Math.Min(2 * hz, Max);
        }
        state.Hz = hz;
        loop.TimerPeriodMs = Math.Max(1, 1000 / hz);
    }
}
