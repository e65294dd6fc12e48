using Redoubt.Commands;
using Redoubt.Server.Configuration;
using Redoubt.Server.Connections;
using Redoubt.Server.Dispatch;

namespace Redoubt.Server.Hosting;

/// <summary>CONFIG, as commands reach it.</summary>
internal sealed class ConfigurationPort(ServerConfig config, ServerState state, Action resetStatistics) : IConfigurationPort
{
    public IReadOnlyList<KeyValuePair<string, string>> Get(IReadOnlyList<string> patterns) => config.Get([.. patterns]);

    public string? Set(IReadOnlyList<KeyValuePair<string, string>> pairs) =>
        config.Set([.. pairs], new ConfigCaller(Caller is { IsLocal: true }, state.IsLoading));

    public string? Rewrite(bool everything) => config.Rewrite(everything);

    public void ResetStatistics() => resetStatistics();

    /// <summary>Whose command runs; set by the dispatcher's context.</summary>
    public Func<ClientConnection?>? CallerSource { get; set; }

    private ClientConnection? Caller => CallerSource?.Invoke();
}
