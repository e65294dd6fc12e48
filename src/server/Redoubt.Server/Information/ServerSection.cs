using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Redoubt.Native.Sockets;
using Redoubt.Server.Configuration;
using Redoubt.Server.Dispatch;
using Redoubt.Server.Hosting;
using Redoubt.Server.Loop;

namespace Redoubt.Server.Information;

/// <summary>What runs, where, since when.</summary>
internal sealed class ServerSection(ServerConfig config, ServerState state, Lifecycle lifecycle, SocketLoop sockets)
{
    private readonly string _system = SystemName();
    private readonly string _runId = RandomNumberGenerator.GetHexString(40, lowercase: true);
    private readonly long _startedMs = Clock.SteadyMs;

    public void Write(InfoText text)
    {
        long uptime = (Clock.SteadyMs - _startedMs) / 1000;
        text.Section("Server");
        text.Line("redis_version", ServerVersion.Redis);
        text.Line("redis_git_sha1", "00000000");
        text.Line("redis_git_dirty", 0);
        text.Line("redis_build_id", ServerVersion.Build);
        text.Line("redis_mode", "standalone");
        text.Line("os", _system);
        text.Line("arch_bits", nint.Size * 8);
        text.Line("monotonic_clock", "POSIX clock_gettime");
        text.Line("multiplexing_api", sockets is EpollLoop ? "epoll" : "select");
        text.Line("atomicvar_api", "dotnet-interlocked");
        // Redis's own value for "built by another compiler".
        text.Line("gcc_version", "0.0.0");
        text.Line("process_id", Environment.ProcessId);
        text.Line("process_supervised", state.SupervisedBy);
        text.Line("run_id", _runId);
        text.Line("tcp_port", config.Port);
        text.Line("server_time_usec", Clock.UnixMicroseconds);
        text.Line("uptime_in_seconds", uptime);
        text.Line("uptime_in_days", uptime / (24 * 3600));
        text.Line("hz", state.Hz);
        text.Line("configured_hz", config.Hz);
        text.Line("lru_clock", (state.StartedUnixMs + (Clock.SteadyMs - _startedMs)) / 1000 & 0xFFFFFF);
        text.Line("executable", Environment.ProcessPath ?? "");
        text.Line("config_file", config.ConfigFilePath ?? "");
        text.Line("io_threads_active", state.IsSharingWork ? 1 : 0);
        if (lifecycle.MillisecondsLeft >= 0)
            text.Line("shutdown_in_milliseconds", lifecycle.MillisecondsLeft);
    }

    /// <summary>As uname prints it: system, release, machine.</summary>
    private static string SystemName()
    {
        string machine = RuntimeInformation.OSArchitecture switch
        {
            Architecture.X64 => "x86_64",
            Architecture.Arm64 => OperatingSystem.IsLinux() ? "aarch64" : "arm64",
            Architecture other => other.ToString().ToLowerInvariant(),
        };
        string release = OperatingSystem.IsLinux() ? File.ReadAllText("/proc/sys/kernel/osrelease").Trim() : Environment.OSVersion.Version.ToString();
        string system = OperatingSystem.IsLinux() ? "Linux" : OperatingSystem.IsMacOS() ? "Darwin" : Environment.OSVersion.Platform.ToString();
        return $"{system} {release} {machine}";
    }
}
