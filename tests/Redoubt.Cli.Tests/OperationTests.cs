using System.Diagnostics;
using System.Text.Json;
using Redoubt.Testing;

namespace Redoubt.Cli.Tests;

public sealed class OperationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("redoubt-operation-").FullName;
    private readonly ServerProcess _first = RedisServers.Redis();
    private readonly ServerProcess _second;

    public OperationTests()
    {
        _second = RedisServers.ReplicaOf(_first);
        _first.Call("SET", "first", "write");
        _first.WaitForReplicas(1);
        _second.WaitUntilLinked();
        File.WriteAllText(GroupFile, $$"""
            group: pair
            nodes:
              - { name: a, addr: "127.0.0.1:{{_first.Port}}" }
              - { name: b, addr: "127.0.0.1:{{_second.Port}}" }
            clients: { drain: 1ms, kill_stragglers: never }
            state_dir: {{_folder}}
            """);
    }

    private string GroupFile => Path.Combine(_folder, "pair.yaml");

    private string Journal(int number) => Path.Combine(_folder, "pair", $"{number:0000}.jsonl");

    public void Dispose()
    {
        _second.Dispose();
        _first.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Plan_prints_the_step_table_and_changes_nothing()
    {
        ProgramRun plan = await ProgramRun.Of("plan", "--group", GroupFile, "--to", "b", "--explain");
        Assert.True(plan.Code == 0, plan.Output + plan.Errors);
        Assert.Contains("Switchover a -> b", plan.Output);
        Assert.Contains($"FAILOVER TO 127.0.0.1 {_second.Port} TIMEOUT 5000", plan.Output);
        Assert.Contains("point of no return", plan.Output);
        ProgramRun tsv = await ProgramRun.Of("plan", "--group", GroupFile, "-o", "tsv");
        Assert.StartsWith("step\tact\tgate\ton_failure\tundo\n", tsv.Output);
        Assert.DoesNotContain("cmdstat_failover", _first.Ask("INFO", "commandstats"));
        ProgramRun refused = await ProgramRun.Of("plan", "--group", GroupFile, "--to", "a");
        Assert.Equal(3, refused.Code);
        Assert.Contains("FAIL", refused.Output);
        ProgramRun nobody = await ProgramRun.Of("plan", "--group", GroupFile, "--to", "c");
        Assert.Equal(2, nobody.Code);
    }

    [Fact]
    public async Task A_switchover_leaves_a_journal_that_history_and_journal_show()
    {
        ProgramRun none = await ProgramRun.Of("history", "--group", GroupFile);
        Assert.Contains("No operations", none.Output);
        ProgramRun run = await ProgramRun.Of("switchover", "--group", GroupFile);
        Assert.True(run.Code == 0, run.Output + run.Errors);
        Assert.Contains("nothing lost (proven)", run.Output);

        ProgramRun status = await ProgramRun.Of("status", "--group", GroupFile);
        Assert.Contains("Last operation: switchover #1", status.Output);
        Assert.Contains("PERSIST", status.Output);
        ProgramRun history = await ProgramRun.Of("history", "--group", GroupFile, "-o", "json");
        using JsonDocument operations = JsonDocument.Parse(history.Output);
        JsonElement only = Assert.Single(operations.RootElement.GetProperty("operations").EnumerateArray());
        Assert.Equal("Done", only.GetProperty("outcome").GetString());
        ProgramRun journal = await ProgramRun.Of("journal", "1", "--group", GroupFile);
        Assert.Equal(0, journal.Code);
        Assert.Contains("hand_over", journal.Output);

        File.WriteAllText(Journal(1), File.ReadAllText(Journal(1)).Replace("hand_over", "hand_0ver", StringComparison.Ordinal));
        ProgramRun changed = await ProgramRun.Of("journal", "1", "--group", GroupFile);
        Assert.Equal(1, changed.Code);
        Assert.Contains("chain is broken", changed.Output);
        Assert.Equal(2, (await ProgramRun.Of("journal", "9", "--group", GroupFile)).Code);
    }

    [Fact]
    public async Task Doctor_names_each_check_with_evidence_and_remedy_and_its_exit_code_goes_by_the_worst()
    {
        ProgramRun sick = await ProgramRun.Of("doctor", "--group", GroupFile, "-o", "json");
        Assert.Equal(1, sick.Code);
        using JsonDocument findings = JsonDocument.Parse(sick.Output);
        Dictionary<string, string> results = findings.RootElement.GetProperty("checks").EnumerateArray()
            .ToDictionary(check => check.GetProperty("id").GetString()!, check => check.GetProperty("result").GetString()!);
        Assert.Equal("fail", results["persist.autorestart"]);
        Assert.Equal("pass", results["topology.single_master"]);
        Assert.Equal("pass", results["repl.failover_addr"]);
        Assert.Equal("pass", results["tool.rights"]);
        foreach (ServerProcess server in new[] { _first, _second })
            server.Call("CONFIG", "SET", "appendonly", "yes").OrThrow();
        ProgramRun well = await ProgramRun.Of("doctor", "--group", GroupFile);
        Assert.True(well.Code == 0, well.Output + well.Errors);
        Assert.Contains("remedy:", well.Output);
        Assert.Equal(1, (await ProgramRun.Of("doctor", "--group", GroupFile, "--strict")).Code);
        ProgramRun ignored = await ProgramRun.Of("doctor", "--group", GroupFile, "--ignore-check", "fence.min_replicas", "-o", "tsv");
        Assert.DoesNotContain("fence.min_replicas", ignored.Output);
    }

    [Fact]
    public async Task A_failover_needs_a_dead_master_an_agreement_and_a_fence_and_ends_with_5()
    {
        ProgramRun alive = await ProgramRun.Of("failover", "--group", GroupFile, "--yes");
        Assert.Equal(3, alive.Code);
        Assert.Contains("Verdict: Alive", alive.Output);
        _first.Kill();
        Wait.Until(() => _second.Info("replication", "master_link_status") == "down", "the link to go down");
        ProgramRun nobody = await ProgramRun.Of("failover", "--group", GroupFile);
        Assert.Equal(3, nobody.Code);
        Assert.Contains("REDOUBT_ASSUME=pair", nobody.Errors);
        ProgramRun unfenced = await ProgramRun.Of("failover", "--group", GroupFile, "--yes");
        Assert.Equal(4, unfenced.Code);
        Assert.Contains("--accept-unfenced", unfenced.Output);
        ProgramRun risky = await ProgramRun.Of("failover", "--group", GroupFile, "--yes", "--accept-unfenced");
        Assert.Equal(3, risky.Code);
        Assert.Equal("slave", _second.Info("replication", "role"));
        ProgramRun agreed = await ProgramRun.Of(new Dictionary<string, string> { ["REDOUBT_ASSUME"] = "pair" }, "failover", "--group", GroupFile, "--accept-unfenced", "-o", "json");
        Assert.True(agreed.Code == 5, agreed.Output + agreed.Errors);
        using JsonDocument result = JsonDocument.Parse(agreed.Output);
        Assert.Equal("ProcessDown", result.RootElement.GetProperty("verdict").GetString());
        Assert.Equal("master", _second.Info("replication", "role"));
    }

    [Fact]
    public async Task A_node_is_fenced_by_its_name_and_let_go_again()
    {
        ProgramRun fenced = await ProgramRun.Of("fence", "a", "--group", GroupFile);
        Assert.True(fenced.Code == 0, fenced.Output + fenced.Errors);
        Assert.StartsWith("NOREPLICAS", _first.Call("SET", "a", "1").Text);
        Assert.Contains("min-replicas", (await ProgramRun.Of("status", "--group", GroupFile)).Output);
        Assert.Equal(0, (await ProgramRun.Of("unfence", "a", "--group", GroupFile)).Code);
        Assert.False(_first.Call("SET", "a", "1").IsError);
    }

    [Fact]
    public async Task Clients_on_a_replica_are_stragglers_and_can_be_cut_off()
    {
        using RespConnection worker = _second.Connect();
        worker.Call("CLIENT", "SETNAME", "worker-7").OrThrow();
        using RespConnection writer = _first.Connect();
        writer.Call("CLIENT", "SETNAME", "writer-1").OrThrow();
        ProgramRun list = await ProgramRun.Of("clients", "--group", GroupFile, "-o", "json");
        using JsonDocument rows = JsonDocument.Parse(list.Output);
        Dictionary<string, bool> stragglers = rows.RootElement.GetProperty("clients").EnumerateArray().Where(row => row.GetProperty("name").GetString()!.Length > 0)
            .ToDictionary(row => row.GetProperty("name").GetString()!, row => row.GetProperty("straggler").GetBoolean());
        Assert.Equal(new Dictionary<string, bool> { ["worker-7"] = true, ["writer-1"] = false }, stragglers);
        Assert.Equal(1, (await ProgramRun.Of("clients", "--group", GroupFile, "--kill-stragglers")).Code);
        Assert.Equal(0, (await ProgramRun.Of("clients", "--group", GroupFile, "--kill-stragglers", "--yes")).Code);
        Assert.DoesNotContain("worker-7", _second.Ask("CLIENT", "LIST"));
        Assert.Contains("writer-1", _first.Ask("CLIENT", "LIST"));
    }

    [Fact]
    public async Task The_name_moves_with_the_role_and_a_refusal_leaves_both_where_they_were()
    {
        string hosts = Path.Combine(_folder, "hosts");
        File.WriteAllText(hosts, "127.0.0.1 orders.test\n");
        string file = Path.Combine(_folder, "named.yaml");
        File.WriteAllText(file, $$"""
            group: named
            nodes:
              - { name: a, addr: "127.0.0.1:{{_first.Port}}", dns: 127.0.0.1 }
              - { name: b, addr: "127.0.0.1:{{_second.Port}}", dns: 127.0.0.2 }
            dns: { provider: hosts, name: orders.test, file: {{hosts}}, ttl: 0 }
            clients: { drain: 1ms, kill_stragglers: never }
            hooks: { pre_switchover: [[/bin/sh, -c, "test ! -e {{_folder}}/no"]] }
            state_dir: {{_folder}}
            """);
        File.WriteAllText(Path.Combine(_folder, "no"), "");
        ProgramRun refused = await ProgramRun.Of("switchover", "--group", file);
        Assert.Equal(3, refused.Code);
        Assert.Equal("127.0.0.1 orders.test\n", File.ReadAllText(hosts));
        File.Delete(Path.Combine(_folder, "no"));

        ProgramRun run = await ProgramRun.Of("switchover", "--group", file);
        Assert.True(run.Code == 0, run.Output + run.Errors);
        Assert.Contains("name_change", run.Output);
        Assert.Contains("127.0.0.2", File.ReadAllText(hosts));
        Assert.Equal("master", _second.Info("replication", "role"));
        Assert.Contains("orders.test -> 127.0.0.2", (await ProgramRun.Of("status", "--group", file)).Output);

        // Somebody else has changed the name: nothing is done on a wrong assumption.
        File.WriteAllText(hosts, "127.0.0.9 orders.test\n");
        ProgramRun conflict = await ProgramRun.Of("switchover", "--group", file);
        Assert.Equal(3, conflict.Code);
        Assert.Contains("127.0.0.9", File.ReadAllText(hosts));
        Assert.Equal("master", _second.Info("replication", "role"));
    }

    [Fact]
    public async Task Killed_at_any_record_it_is_gone_on_with_and_the_roles_agree()
    {
        ServerProcess[] roles = [_first, _second];
        int number = 1;
        for (int records = 1; records < 40; records++, number++)
        {
            using MasterSampler sampler = MasterSampler.Start(roles);
            using Process tool = ProgramRun.Start(new Dictionary<string, string>(), "switchover", "--group", GroupFile);
            Wait.Until(() => tool.HasExited || LinesOf(Journal(number)) >= records, $"record {records}");
            bool ended = tool.HasExited;
            tool.Kill();
            ProgramRun killed = await ProgramRun.Finish(tool);
            ProgramRun resumed = await ProgramRun.Of("resume", "--group", GroupFile);
            Assert.True(resumed.Code == 0, $"record {records}: {killed.Output}{killed.Errors}\n{resumed.Output}{resumed.Errors}");
            Assert.InRange(sampler.Stop().Count, 0, 2);
            Array.Reverse(roles);
            Wait.Until(() => roles[0].Ask("ROLE").StartsWith("*3\r\n$6\r\nmaster", StringComparison.Ordinal) || roles[0].Info("replication", "role") == "master", "the new master");
            Assert.Equal("slave", roles[1].Info("replication", "role"));
            Assert.Equal($"{roles[0].Port}", roles[1].Info("replication", "master_port"));
            roles[1].WaitUntilLinked();
            roles[0].WaitForReplicas(1);
            if (ended && killed.Output.Contains("is the master now", StringComparison.Ordinal))
                return;
        }

        Assert.Fail("It never came to its end by itself.");
    }

    private static int LinesOf(string path) => File.Exists(path) ? File.ReadAllText(path).Count(character => character == '\n') : 0;
}
