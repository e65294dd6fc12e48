using System.Text.Json;
using Redoubt.Testing;

namespace Redoubt.Cli.Tests;

public sealed class MissedWritesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("redoubt-missed-cli-").FullName;
    private readonly ServerProcess _old = RedisServers.Redis("--appendonly", "yes", "--appendfsync", "always", "--repl-ping-replica-period", "3600");
    private readonly CuttingProxy _link;
    private readonly ServerProcess _new;

    public MissedWritesTests()
    {
        _link = new CuttingProxy(_old.Port);
        _new = RedisServers.Redis("--replicaof", $"127.0.0.1 {_link.Port}");
        _new.WaitUntilLinked();
        _old.Call("SET", "stock", "10").OrThrow();
        Wait.Until(() => _old.Info("replication", "master_repl_offset") == _new.Info("replication", "slave_repl_offset"), "equal offsets");
        _link.Break();
        Wait.Until(() => _old.Info("replication", "connected_slaves") == "0", "the link to be cut");
        File.WriteAllText(GroupFile, $$"""
            group: parted
            nodes:
              - { name: old, addr: "127.0.0.1:{{_old.Port}}" }
              - { name: new, addr: "127.0.0.1:{{_new.Port}}" }
            state_dir: {{_folder}}
            """);
    }

    private string GroupFile => Path.Combine(_folder, "parted.yaml");

    [Fact]
    public async Task What_is_missing_is_shown_saved_and_applied_where_nothing_moved()
    {
        _old.Call("SET", "order", "paid").OrThrow();
        _old.Call("DECR", "stock").OrThrow();
        _new.Promote();
        _new.Call("DECR", "stock").OrThrow();
        string save = Path.Combine(_folder, "audit");
        ProgramRun shown = await ProgramRun.Of("missed-writes", "--group", GroupFile, "--node", "old", "--save", save);
        Assert.True(shown.Code == 8, shown.Output + shown.Errors);
        Assert.Contains("2 writes are missing (exact)", shown.Output);
        Assert.Contains("conflict", shown.Output);
        Assert.True(File.Exists(Path.Combine(save, "commands.aof")));

        ProgramRun json = await ProgramRun.Of("missed-writes", "--group", GroupFile, "--node", "old", "-o", "json");
        using JsonDocument document = JsonDocument.Parse(json.Output);
        Assert.Equal(["apply", "conflict"], document.RootElement.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("advice").GetString()));

        ProgramRun dry = await ProgramRun.Of("missed-writes", "apply", "--group", GroupFile, "--node", "old", "--dry-run");
        Assert.True(dry.Code == 0, dry.Output + dry.Errors);
        Assert.Contains("1 of 2 groups", dry.Output);
        Assert.Equal("$-1", _new.Ask("GET", "order"));
        ProgramRun applied = await ProgramRun.Of("missed-writes", "apply", "--group", GroupFile, "--node", "old", "--yes");
        Assert.True(applied.Code == 5, applied.Output + applied.Errors);
        Assert.Equal("paid", _new.Ask("GET", "order"));
        Assert.Equal("9", _new.Ask("GET", "stock"));
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(_folder, "parted", "missed"), "undo.resp", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task After_a_crash_the_data_folder_tells_and_without_anything_nobody_knows()
    {
        _old.Call("SET", "order", "paid").OrThrow();
        _new.Promote();
        _old.Kill();
        ProgramRun data = await ProgramRun.Of("missed-writes", "--group", GroupFile, "--data", _old.Folder);
        Assert.True(data.Code == 8, data.Output + data.Errors);
        Assert.Contains("order", data.Output);
        Assert.Equal(9, (await ProgramRun.Of("missed-writes", "--group", GroupFile)).Code);
        ProgramRun bounded = await ProgramRun.Of("missed-writes", "--group", GroupFile, "--last-seen", "100000");
        Assert.Equal(9, bounded.Code);
        Assert.Contains("at most", bounded.Output);
        Assert.Equal(3, (await ProgramRun.Of("missed-writes", "--group", GroupFile, "--data", Path.Combine(_folder, "nowhere"))).Code);
        Assert.Equal(2, (await ProgramRun.Of("missed-writes", "--group", GroupFile, "--data", _folder, "--node", "old")).Code);
    }

    [Fact]
    public async Task The_old_master_rejoins_once_its_writes_were_looked_at()
    {
        _old.Call("SET", "order", "paid").OrThrow();
        _new.Promote();
        ProgramRun refused = await ProgramRun.Of("rejoin", "old", "--group", GroupFile);
        Assert.True(refused.Code == 3, refused.Output + refused.Errors);
        Assert.Contains("missed-writes", refused.Output);
        Assert.Equal(3, (await ProgramRun.Of("rejoin", "old", "--group", GroupFile, "--discard-missed-writes")).Code);
        Assert.Equal("master", _old.Role());
        Assert.Equal(8, (await ProgramRun.Of("missed-writes", "--group", GroupFile, "--node", "old")).Code);
        ProgramRun done = await ProgramRun.Of("rejoin", "old", "--group", GroupFile);
        Assert.True(done.Code == 0, done.Output + done.Errors);
        Assert.Equal("slave", _old.Role());
    }

    [Fact]
    public async Task Nothing_missing_is_said_as_proven()
    {
        _new.Promote();
        ProgramRun none = await ProgramRun.Of("missed-writes", "--group", GroupFile, "--node", "old");
        Assert.True(none.Code == 0, none.Output + none.Errors);
        Assert.Contains("proven", none.Output);
    }

    public void Dispose()
    {
        _link.Dispose();
        _old.Dispose();
        _new.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
