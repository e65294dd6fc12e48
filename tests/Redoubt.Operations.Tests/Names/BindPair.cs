using System.Diagnostics;
using Redoubt.Operations.Names;
using Redoubt.Testing;
using Redoubt.Topology;

namespace Redoubt.Operations.Tests.Names;

/// <summary>Two real name servers, primary and secondary, on two ports of 127.0.0.1 (BIND listens on no address that no interface has), with the zone db.example.net, which takes updates signed with the key
/// "redoubt" for redis and redis6 and alias, and with the key "other" for nothing.</summary>
internal sealed class BindPair : IDisposable
{
    public const string Secret = "c2VjcmV0IG9mIHRoZSB0ZXN0cyBvZiByZWRvdWJ0IDEyMzQ1Ng==";
    private const string Named = "/usr/sbin/named";

    private readonly PortLease _primary = PortLease.Take();
    private readonly PortLease _secondary = PortLease.Take();
    private readonly string _folder = Directory.CreateTempSubdirectory("redoubt-bind-").FullName;
    private readonly List<Process> _processes = [];

    public BindPair()
    {
        File.WriteAllText(KeyFile("redoubt"), Secret + "\n");
        File.WriteAllText(KeyFile("wrong"), "d3JvbmcgZnJvbSBiZWdpbm5pbmcgdG8gdGhlIGVuZCBvZiBpdA==\n");
        WritePrimary();
        WriteSecondary();
        Start("primary");
        Start("secondary");
    }

    public static bool IsInstalled => File.Exists(Named) && File.Exists("/usr/bin/nsupdate");

    public int Port => _primary.Port;

    public int SecondaryPort => _secondary.Port;

    public string KeyFile(string name) => Path.Combine(_folder, name + ".secret");

    public NameSettings Settings(string name = "redis.db.example.net.", string key = "redoubt", string secret = "redoubt", NameRecordType type = NameRecordType.A) => new()
    {
        Name = name,
        Type = type,
        Provider = "rfc2136",
        Server = new NodeAddress("127.0.0.1", Port),
        Verification = new NameVerification { Servers = [$"127.0.0.1:{Port}", $"127.0.0.1:{SecondaryPort}"] },
        Tsig = new TransactionKey(key, "hmac-sha256", KeyFile(secret)),
    };

    /// <summary>Ends the server of that folder by its process id.</summary>
    public void Kill(string role)
    {
        Process process = _processes[role == "primary" ? 0 : 1];
        process.Kill();
        process.WaitForExit();
    }

    /// <summary>nsupdate's exit code and words for a script of updates.</summary>
    public (int Code, string Output) Update(params string[] lines)
    {
        string script = Path.Combine(_folder, "update");
        File.WriteAllLines(script, [$"server 127.0.0.1 {Port}", "zone db.example.net", .. lines, "send"]);
        using Process process = ChildProcesses.Start("/usr/bin/nsupdate", ["-t", "5", "-y", $"hmac-sha256:redoubt:{Secret}", script], _folder);
        process.StandardInput.Close();
        string output = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }

    public void Dispose()
    {
        foreach (Process process in _processes)
        {
            if (!process.HasExited)
            {
                process.Kill();
                process.WaitForExit();
            }

            process.Dispose();
        }

        _primary.Dispose();
        _secondary.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void WritePrimary()
    {
        Write("primary", Port, $$"""
            key "redoubt" { algorithm hmac-sha256; secret "{{Secret}}"; };
            key "other" { algorithm hmac-sha256; secret "{{Secret}}"; };
            zone "db.example.net" {
                type primary; file "zone"; allow-transfer { any; }; notify explicit; also-notify { 127.0.0.1 port {{SecondaryPort}}; }; notify-delay 0;
                update-policy {
                    grant redoubt name redis.db.example.net. ANY; grant redoubt name redis6.db.example.net. ANY; grant redoubt name alias.db.example.net. ANY;
                };
            };
            """);
        File.WriteAllText(Path.Combine(_folder, "primary", "zone"), """
            $TTL 60
            @ IN SOA ns1 hostmaster 1 3600 600 86400 5
            @ IN NS ns1
            @ IN NS ns2
            ns1 IN A 127.0.0.1
            ns2 IN A 127.0.0.1
            redis 5 IN A 10.0.0.1
            redis6 5 IN AAAA fd00::1
            alias 5 IN CNAME a.db.example.net.

            """);
    }

    private void WriteSecondary() => Write("secondary", SecondaryPort, $$"""
        zone "db.example.net" { type secondary; file "zone"; primaries { 127.0.0.1 port {{Port}}; }; notify no; };
        """);

    private void Write(string role, int port, string zones)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder, role)).FullName;
        File.WriteAllText(Path.Combine(folder, "named.conf"), $$"""
            options {
                directory "{{folder}}"; listen-on port {{port}} { 127.0.0.1; }; listen-on-v6 { none; }; pid-file none; session-keyfile none;
                recursion no; dnssec-validation no; min-refresh-time 1;
            };
            controls { };
            {{zones}}

            """);
    }

    private void Start(string role)
    {
        Process process = ChildProcesses.Start(Named, ["-g", "-n", "1", "-c", Path.Combine(_folder, role, "named.conf")], _folder);
        // Its log would block it once the pipe is full.
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _processes.Add(process);
    }
}
