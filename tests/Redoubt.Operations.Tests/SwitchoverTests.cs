using System.Text.Json;
using Redoubt.Client;
using Redoubt.Failover;
using Redoubt.Failover.Procedures;
using Redoubt.Testing;
using Redoubt.Topology;

namespace Redoubt.Operations.Tests;

public class SwitchoverTests
{
    private static readonly SwitchoverRequest Brief = new() { Timeout = TimeSpan.FromMilliseconds(500), Deadline = TimeSpan.FromSeconds(2) };

    [Theory]
    [MemberData(nameof(LiveGroup.Pairs), MemberType = typeof(LiveGroup))]
    public async Task Under_writers_the_role_moves_and_no_acknowledged_write_is_lost(ServerKind master, ServerKind replica)
    {
        using LiveGroup group = LiveGroup.Start(1, master, replica);
        using var stop = new CancellationTokenSource();
        Task<List<string>>[] writers = [.. Enumerable.Range(0, 3).Select(writer => WriteAsync(group, $"w{writer}", stop.Token))];
        using var probe = ProbeOf(group);
        SwitchoverResult result = await new Switchover(probe, new OperationOptions { ProbeKey = "probe" }).RunAsync(new SwitchoverRequest());
        await stop.CancelAsync();
        List<string>[] acknowledged = await Task.WhenAll(writers);

        Assert.True(result.Outcome == ProcedureOutcome.Done, $"{result.Summary} {string.Join(' ', result.FollowUps)}");
        Assert.True(result.Proof!.Proven, result.Proof.Evidence);
        Assert.Equal("measured by a probing writer", result.Pause!.Source);
        Assert.InRange(result.Pause.Time.TotalMilliseconds, 1, 5000);
        Assert.Equal(LiveGroup.AddressOf(group.Replicas[0]), result.After!.Master!.Address);
        Assert.All(acknowledged, keys => Assert.NotEmpty(keys));
        foreach (string key in acknowledged.SelectMany(keys => keys))
            Assert.Equal("v", group.Replicas[0].Ask("GET", key));
    }

    [Theory]
    [MemberData(nameof(LiveGroup.Pairs), MemberType = typeof(LiveGroup))]
    public async Task Siblings_follow_the_new_master_and_nodes_without_a_file_to_rewrite_are_named(ServerKind master, ServerKind replica)
    {
        using LiveGroup group = LiveGroup.Start(2, master, replica);
        List<string> told = [];
        using var probe = ProbeOf(group);
        var options = new OperationOptions
        {
            Report = (step, seen) =>
            {
                lock (told)
                    told.Add($"{step} {seen}");
            },
        };
        SwitchoverResult result = await new Switchover(probe, options).RunAsync(new SwitchoverRequest { Target = LiveGroup.AddressOf(group.Replicas[1]) });
        Assert.True(result.Outcome == ProcedureOutcome.Done, $"{result.Summary} {string.Join(' ', result.FollowUps)}");
        Assert.Contains($"master_port:{group.Replicas[1].Port}", group.Replicas[0].Ask("INFO", "replication"));
        Assert.Contains($"master_port:{group.Replicas[1].Port}", group.Master.Ask("INFO", "replication"));
        Assert.Equal(3, told.Count(line => line.StartsWith("persist") && line.Contains("runs without a configuration file")));
        Assert.Contains("from FAILOVER's sending", result.Pause!.Source);
    }

    [Theory]
    [MemberData(nameof(LiveGroup.Pairs), MemberType = typeof(LiveGroup))]
    public async Task A_refusal_changes_nothing(ServerKind master, ServerKind replica)
    {
        using LiveGroup group = LiveGroup.Start(1, master, replica);
        using var probe = ProbeOf(group);
        SwitchoverResult result = await new Switchover(probe, new OperationOptions()).RunAsync(new SwitchoverRequest { Target = new NodeAddress("127.0.0.1", 1) });
        Assert.Equal(ProcedureOutcome.Refused, result.Outcome);
        Assert.Contains("is not in this group", result.Summary);
        Assert.Contains("cmdstat_info", group.Master.Ask("INFO", "commandstats"));
        Assert.DoesNotContain("cmdstat_failover", group.Master.Ask("INFO", "commandstats"));
    }

    [Fact]
    public async Task A_group_that_does_not_answer_is_unreachable_rather_than_refused()
    {
        using var probe = new GroupProbe([new NodeAddress("127.0.0.1", PortLease.Free())], new ProbeOptions());
        SwitchoverResult result = await new Switchover(probe, new OperationOptions()).RunAsync(new SwitchoverRequest());
        Assert.Equal(ProcedureOutcome.Unreachable, result.Outcome);
        Assert.Contains("connection refused", result.Summary);
    }

    [Theory]
    [MemberData(nameof(LiveGroup.Pairs), MemberType = typeof(LiveGroup))]
    public async Task A_target_that_freezes_with_writes_missing_leads_back_to_the_old_master(ServerKind master, ServerKind replica)
    {
        using LiveGroup group = LiveGroup.Start(1, master, replica);
        using var probe = ProbeOf(group);
        SwitchoverResult result = await new Switchover(probe, new OperationOptions
        {
            Report = (step, _) =>
            {
                if (step != "recheck")
                    return;
                group.Replicas[0].Signal("STOP");
                group.Master.Ask("SET", "not", "replicated");
            },
        }).RunAsync(Brief);
        Assert.Equal(ProcedureOutcome.RolledBack, result.Outcome);
        Assert.Equal("+OK", group.Master.Ask("SET", "still", "serving"));
        group.Replicas[0].Signal("CONT");
        group.WaitUntilCaughtUp();
        Assert.Equal("replicated", group.Replicas[0].Ask("GET", "not"));
    }

    [Theory]
    [MemberData(nameof(LiveGroup.Pairs), MemberType = typeof(LiveGroup))]
    public async Task A_target_that_freezes_after_the_old_master_stepped_down_is_reported_as_unknown_and_nothing_is_forced(ServerKind master, ServerKind replica)
    {
        using LiveGroup group = LiveGroup.Start(1, master, replica);
        using var probe = ProbeOf(group);
        SwitchoverResult result = await new Switchover(probe, new OperationOptions
        {
            Report = (step, _) =>
            {
                if (step == "recheck")
                    group.Replicas[0].Signal("STOP");
            },
        }).RunAsync(Brief);
        Assert.True(result.Outcome == ProcedureOutcome.Unknown, $"{result.Outcome}: {result.Summary}\n{group.Master.Log}");
        Assert.NotEmpty(result.FollowUps);
        Assert.Contains("master_failover_state:failover-in-progress", group.Master.Ask("INFO", "replication"));
        // Nothing was aborted, so the hand-over completes by itself once the target is back.
        group.Replicas[0].Signal("CONT");
        group.Replicas[0].AskUntil(info => info.Contains("role:master"), "INFO", "replication");
        group.Master.WaitUntilLinked();
    }

    [Theory]
    [MemberData(nameof(LiveGroup.Pairs), MemberType = typeof(LiveGroup))]
    public async Task A_target_that_cannot_take_over_is_aborted_under_a_pause_and_the_old_master_serves_again(ServerKind master, ServerKind replica)
    {
        // The old master has the wrong password for its successor: it steps down and then is turned away for ever.
        string[] password = ["--requirepass", "right"];
        using LiveGroup group = LiveGroup.StartUnlinked(
            1, master, replica, [.. password, "--masterauth", "wrong"], [.. password, "--masterauth", "right"]);
        var options = new ProbeOptions { Password = "right" };
        using var probe = new GroupProbe(group.All.Select(LiveGroup.AddressOf), options);
        await Until(async () => SwitchoverPlanner.Plan(await probe.ObserveAsync(), Brief).IsAllowed);
        SwitchoverResult result = await new Switchover(probe, new OperationOptions()).RunAsync(Brief);
        Assert.True(result.Outcome == ProcedureOutcome.RolledBack, result.Summary);
        await using var client = new RedoubtClient(LiveGroup.AddressOf(group.Master), new ClientOptions { Password = "right" });
        Assert.Equal("OK", (await client.CommandAsync("SET", "still", "serving")).ToString());
    }

    [Fact]
    public async Task Without_acceptance_only_the_plan_is_made()
    {
        using LiveGroup group = LiveGroup.Start(replicas: 1);
        using var probe = ProbeOf(group);
        SwitchoverResult result = await new Switchover(probe, new OperationOptions { Accept = _ => false }).RunAsync(Brief);
        Assert.True(result.Plan!.IsAllowed);
        Assert.Equal(ProcedureOutcome.Refused, result.Outcome);
        Assert.DoesNotContain("cmdstat_failover", group.Master.Ask("INFO", "commandstats"));
        using JsonDocument json = JsonDocument.Parse(result.ToJson(probe, new Dictionary<NodeAddress, string>()));
        Assert.Equal("refused", json.RootElement.GetProperty("outcome").GetString());
    }

    private static GroupProbe ProbeOf(LiveGroup group) => new([LiveGroup.AddressOf(group.Master)], new ProbeOptions());

    private static async Task Until(Func<Task<bool>> satisfied)
    {
        for (int i = 0; i < 2000; i++)
        {
            if (await satisfied())
                return;
            await Task.Delay(10);
        }

        Assert.Fail("It never came true.");
    }

    /// <summary>Writes key after key, going over to the other node when refused; returns the keys that were acknowledged.</summary>
    private static async Task<List<string>> WriteAsync(LiveGroup group, string prefix, CancellationToken stop)
    {
        RedoubtClient[] nodes = [.. group.All.Select(server => new RedoubtClient(LiveGroup.AddressOf(server), new ClientOptions { RetryFor = TimeSpan.Zero }))];
        List<string> acknowledged = [];
        int current = 0;
        for (int i = 0; !stop.IsCancellationRequested; i++)
        {
            try
            {
                await nodes[current].CommandAsync("SET", $"{prefix}:{i}", "v");
                acknowledged.Add($"{prefix}:{i}");
            }
            catch (ClientException)
            {
                current = 1 - current;
            }
        }

        foreach (RedoubtClient node in nodes)
            node.Dispose();
        return acknowledged;
    }
}
