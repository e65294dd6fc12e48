using System.Globalization;

namespace Redoubt.Testing;

/// <summary>
/// Network namespaces as hosts of their own, on one segment that the test is on, too: links that are cut, in one direction or both, that are slow, late or lose
/// packets, and hosts that know names of their own. Needs root and `ip` and `tc`; <see cref="WhyNot"/> says what is missing.
/// </summary>
public sealed class NetworkHosts : IDisposable
{
    private const string Ip = "/usr/sbin/ip";
    private const string Tc = "/usr/sbin/tc";
    private static int _lastSegment = Environment.ProcessId;
    private readonly string _segment;
    private readonly string _prefix;
    private readonly int _count;

    public NetworkHosts(int count)
    {
        int number = Interlocked.Increment(ref _lastSegment) % 40_000;
        _segment = string.Create(CultureInfo.InvariantCulture, $"rd{number}");
        _prefix = string.Create(CultureInfo.InvariantCulture, $"10.{90 + number / 250}.{number % 250}.");
        Run(Ip, $"link add {_segment} type bridge");
        Run(Ip, $"addr add {_prefix}254/24 dev {_segment}");
        Run(Ip, $"link set {_segment} up");
        for (int host = 0; host < count; host++)
        {
            _count = host + 1;
            Run(Ip, $"netns add {NameOf(host)}");
            Run(Ip, $"link add {Cable(host)} type veth peer name e0 netns {NameOf(host)}");
            Run(Ip, $"link set {Cable(host)} master {_segment} up");
            Run(Ip, $"-n {NameOf(host)} addr add {AddressOf(host)}/24 dev e0");
            Run(Ip, $"-n {NameOf(host)} addr add {SecondAddressOf(host)}/24 dev e0");
            Run(Ip, $"-n {NameOf(host)} link set e0 up");
            Run(Ip, $"-n {NameOf(host)} link set lo up");
        }
    }

    /// <summary>Why there can be no such hosts here; null when there can.</summary>
    public static string? WhyNot { get; } = Probe("tbf rate 1mbit burst 64kb limit 64kb");

    /// <summary>Why their links can't be late and lossy.</summary>
    public static string? WhyNotLossy { get; } = Probe("netem delay 1ms");

    public string AddressOf(int host) => _prefix + (host + 1).ToString(CultureInfo.InvariantCulture);

    /// <summary>Every server has this port, on its own host.</summary>
    public const int Port = 7000;

    /// <summary>Another address of the same host.</summary>
    public string SecondAddressOf(int host) => _prefix + (host + 101).ToString(CultureInfo.InvariantCulture);

    public ServerProcess Start(int host, ServerKind kind, params string[] arguments) =>
        ServerProcess.StartBy([Ip, "netns", "exec", NameOf(host)], AddressOf(host), Port, kind, ["--protected-mode", "no", "--repl-diskless-sync-delay", "0", .. arguments]);

    /// <summary>What names mean on a host; may change while servers run there, if it was set before they started.</summary>
    public void SetNames(int host, params (string Name, string Address)[] names)
    {
        Directory.CreateDirectory($"/etc/netns/{NameOf(host)}");
        File.WriteAllLines($"/etc/netns/{NameOf(host)}/hosts", ["127.0.0.1 localhost", .. names.Select(static each => $"{each.Address} {each.Name}")]);
    }

    /// <summary>Nothing comes and nothing goes.</summary>
    public void Unplug(int host) => Run(Ip, $"link set {Cable(host)} down");

    public void Plug(int host) => Run(Ip, $"link set {Cable(host)} up");

    /// <summary>What is sent to the host goes through this queue (as for `tc qdisc ... root`); empty = none.</summary>
    public void ShapeIncoming(int host, string queue)
    {
        ToolRun.Of(Tc, ["qdisc", "del", "dev", Cable(host), "root"]);
        if (queue.Length > 0)
            Run(Tc, $"qdisc add dev {Cable(host)} root {queue}");
    }

    /// <summary>What one host sends to another gets lost; the other direction is as it was.</summary>
    public void LoseOutgoing(int host, int to) => Run(Ip, $"-n {NameOf(host)} neigh replace {AddressOf(to)} lladdr 02:00:00:00:00:01 dev e0 nud permanent");

    public void FindOutgoing(int host, int to) => Run(Ip, $"-n {NameOf(host)} neigh del {AddressOf(to)} dev e0");

    public void Dispose()
    {
        for (int host = 0; host < _count; host++)
        {
            ToolRun.Of(Ip, ["link", "del", Cable(host)]);
            ToolRun.Of(Ip, ["netns", "del", NameOf(host)]);
            if (Directory.Exists($"/etc/netns/{NameOf(host)}"))
                Directory.Delete($"/etc/netns/{NameOf(host)}", recursive: true);
        }
        ToolRun.Of(Ip, ["link", "del", _segment]);
    }

    private string NameOf(int host) => $"{_segment}-{host}";

    private string Cable(int host) => $"{_segment}v{host}";

    private static void Run(string tool, string words) => ToolRun.Of(tool, words.Split(' ')).Succeeded();

    private static string? Probe(string queue)
    {
        if (!File.Exists(Ip) || !File.Exists(Tc))
            return "there is no ip or tc (iproute2)";
        string name = $"rdprobe{Environment.ProcessId}";
        ToolRun made = ToolRun.Of(Ip, ["netns", "add", name]);
        if (made.ExitCode != 0)
            return "network namespaces are not permitted: " + made.Errors.Trim();
        ToolRun linked = ToolRun.Of(Ip, ["link", "add", name, "type", "bridge"]);
        ToolRun cabled = ToolRun.Of(Ip, ["link", "add", name + "v", "type", "veth", "peer", "name", "e0", "netns", name]);
        ToolRun shaped = ToolRun.Of(Tc, ["qdisc", "add", "dev", name + "v", "root", .. queue.Split(' ')]);
        ToolRun.Of(Ip, ["link", "del", name + "v"]);
        ToolRun.Of(Ip, ["link", "del", name]);
        ToolRun.Of(Ip, ["netns", "del", name]);
        ToolRun? failed = new[] { linked, cabled, shaped }.FirstOrDefault(static run => run.ExitCode != 0);
        return failed is null ? null : $"no links of network namespaces with {queue}: " + failed.Errors.Trim();
    }
}
