using System.Text.Json;
using Redoubt.Testing;

namespace Redoubt.Cli.Tests;

public sealed class DnsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("redoubt-dns-cli-").FullName;
    private readonly ServerProcess _master = RedisServers.Redis();

    public DnsTests() => File.WriteAllText(GroupFile, $$"""
        group: named
        nodes:
          - { name: a, addr: "127.0.0.1:{{_master.Port}}" }
          - { name: b, addr: "127.0.0.2:{{_master.Port}}", dns: 10.0.0.2 }
        dns: { provider: hosts, name: redis-orders, file: {{HostsFile}} }
        state_dir: {{_folder}}
        """);

    private string GroupFile => Path.Combine(_folder, "named.yaml");

    private string HostsFile => Path.Combine(_folder, "hosts");

    [Fact]
    public async Task The_name_is_set_shown_verified_and_taken_back()
    {
        Assert.Equal(1, (await Dns("show")).Code);
        ProgramRun set = await Dns("set", "a");
        Assert.True(set.Code == 0, set.Output + set.Errors);
        Assert.Equal("127.0.0.1 redis-orders\n", await File.ReadAllTextAsync(HostsFile));
        Assert.Equal(0, (await Dns("verify")).Code);
        Assert.Equal(0, (await Dns("set", "b")).Code);
        ProgramRun wrong = await Dns("verify");
        Assert.Equal(1, wrong.Code);
        Assert.Contains("should be 127.0.0.1", wrong.Output);
        using JsonDocument shown = JsonDocument.Parse((await Dns("show", "-o", "json")).Output);
        Assert.Equal("10.0.0.2", shown.RootElement.GetProperty("answers")[0].GetProperty("values").GetString());
        Assert.Equal(0, (await Dns("revert")).Code);
        Assert.Equal("127.0.0.1 redis-orders\n", await File.ReadAllTextAsync(HostsFile));
    }

    [Fact]
    public async Task What_somebody_else_has_changed_is_not_taken_back()
    {
        Assert.Equal(3, (await Dns("revert")).Code);
        await Dns("set", "a");
        await Dns("set", "b");
        await File.WriteAllTextAsync(HostsFile, "10.9.9.9 redis-orders\n");
        ProgramRun revert = await Dns("revert");
        Assert.Equal(3, revert.Code);
        Assert.Contains("10.9.9.9", revert.Output);
        Assert.Equal(2, (await Dns("set", "nobody")).Code);
    }

    public void Dispose()
    {
        _master.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private Task<ProgramRun> Dns(params string[] words) => ProgramRun.Of(["dns", .. words, "--group", GroupFile]);
}
