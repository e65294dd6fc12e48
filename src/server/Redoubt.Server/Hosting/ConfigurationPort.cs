using Redoubt.Commands;
using Redoubt.Server.Configuration;
using Redoubt.Server.Connections;
using Redoubt.Server.Dispatch;
using Redoubt.Server.Logging;

namespace Redoubt.Server.Hosting;

/// <summary>CONFIG, as commands reach it.</summary>
internal sealed class ConfigurationPort(ServerConfig config, ServerState state, ServerLog log, Action resetStatistics) : IConfigurationPort
{
    private readonly HashSet<string> _announced = [.. config.NotInEffect()];

    public IReadOnlyList<KeyValuePair<string, string>> Get(IReadOnlyList<string> patterns) => config.Get([.. patterns]);

    public string? Set(IReadOnlyList<KeyValuePair<string, string>> pairs)
    {
        string? error = config.Set([.. pairs], new ConfigCaller(Caller is { IsLocal: true }, state.IsLoadingAny));
        if (error is null)
            Announce(pairs);
        return error;
    }

    /// <summary>What is accepted without effect is said once.</summary>
    private void Announce(IReadOnlyList<KeyValuePair<string, string>> pairs)
    {
        foreach ((string name, _) in pairs)
        {
            if (config.Table.Find(name) is { IsDefault: false } directive && directive.Has(Traits.NotInEffect) && _announced.Add(directive.Name))
                log.DirectivesNotInEffect([directive.Name]);
        }
    }

    public string? Rewrite(bool everything)
    {
        string? error = config.Rewrite(everything);
        if (error is null)
            log.ConfigRewritten();
        else if (config.ConfigFilePath is not null)
            log.ConfigRewriteFailed(error[(error.IndexOf(": ", StringComparison.Ordinal) + 2)..]);
        return error;
    }

    public bool IsSecret(string name) => config.IsSecret(name.ToLowerInvariant());

    public void ResetStatistics() => resetStatistics();

    /// <summary>Whose command runs; set by the dispatcher's context.</summary>
    public Func<ClientConnection?>? CallerSource { get; set; }

    private ClientConnection? Caller => CallerSource?.Invoke();
}
