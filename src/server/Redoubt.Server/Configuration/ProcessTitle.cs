using System.Globalization;
using System.Text;

namespace Redoubt.Server.Configuration;

/// <summary>
/// proc-title-template: {variables} in a line that becomes the title of the process. {{ stands for one brace.
/// </summary>
internal static class ProcessTitle
{
    public static string? WhyInvalid(string template) =>
        Expand(template, name => name switch
        {
            "title" or "server-mode" or "unixsocket" => "",
            "listen-addr" or "config-file" or "port" or "tls-port" => "-",
            _ => null,
        }) is { Length: > 0 }
            ? null
            : "template format is invalid or contains unknown variables";

    public static string Of(ServerConfig config, string title) =>
        ConfigText.ToText(Expand(config.Process.ProcTitleTemplate.Printed, name => name switch
        {
            "title" => ConfigText.FromText(title),
            "listen-addr" => ListenAddress(config),
            "server-mode" => "",
            "config-file" => ConfigText.FromText(config.ConfigFilePath ?? "-"),
            "port" => config.Port.ToString(CultureInfo.InvariantCulture),
            "tls-port" => config.Tls.Port.Printed,
            "unixsocket" => config.Network.UnixSocket.Printed,
            _ => null,
        }) ?? title);

    private static string ListenAddress(ServerConfig config)
    {
        var port = config.Port != 0 ? config.Port : config.Tls.Port.Int;
        if (port == 0) return "unixsocket:" + config.Network.UnixSocket.Printed;
        var address = config.Network.Bind.Value is [var first, ..] ? first : "*";
        return string.Create(CultureInfo.InvariantCulture, $"{address}:{port}");
    }

    private static string? Expand(string template, Func<string, string?> valueOf)
    {
        var title = new StringBuilder();
        for (var at = 0; at < template.Length;)
        {
            var open = template.IndexOf('{', at);
            if (open < 0) open = template.Length;
            title.Append(template, at, open - at);
            if (open == template.Length) break;

            if (open + 1 < template.Length && template[open + 1] == '{')
            {
                title.Append('{');
                at = open + 2;
                continue;
            }
            var close = template.IndexOf('}', open + 1);
            if (close < 0 || valueOf(template[(open + 1)..close]) is not { } value) return null;
            title.Append(value);
            at = close + 1;
        }
        return title.ToString().Trim(' ');
    }
}
