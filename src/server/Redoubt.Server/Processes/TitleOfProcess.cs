using Redoubt.Native.Processes;
using Redoubt.Server.Configuration;

namespace Redoubt.Server.Processes;

/// <summary>The title that <c>ps</c> shows, made from proc-title-template; see <see cref="ArgumentArea"/> for how.</summary>
internal sealed class TitleOfProcess(ServerConfig config)
{
    private readonly ArgumentArea? _area = config.Process.SetProcTitle.Value ? ArgumentArea.Open() : null;

    /// <summary>The template, an address or a port has changed.</summary>
    public void Show() => _area?.Show(ProcessTitle.Of(config, ArgumentArea.Original[0]));
}
