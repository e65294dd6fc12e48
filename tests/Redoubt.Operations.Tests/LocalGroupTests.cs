using System.Net;
using System.Net.Sockets;
using Redoubt.Failover;
using Redoubt.Failover.Procedures;
using Redoubt.Operations.Local;
using Redoubt.Testing;
using Redoubt.Topology;

namespace Redoubt.Operations.Tests;

public sealed class LocalGroupTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("redoubt-group-").FullName;

    public void Dispose()
    {
        using (LocalGroup? left = LocalGroup.Find(_folder))
            left?.StopAsync().GetAwaiter().GetResult();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(ServerKind.Redis)]
    [InlineData(ServerKind.Redoubt)]
    public async Task A_group_starts_becomes_ready_is_found_again_and_stops(ServerKind kind)
    {
        using (LocalGroup started = await StartedAsync(Request(2, kind)))
            Assert.Equal(["node-1", "node-2", "node-3"], started.Nodes.Select(node => node.Name));
        // The one that started it has let go; another finds it by its file.
        using LocalGroup? found = LocalGroup.Find(_folder);
        Assert.NotNull(found);
        using (var probe = new GroupProbe(found.Nodes.Select(node => node.Address), new ProbeOptions()))
            Assert.Equal("HEALTHY", (await StatusReport.TakeAsync(probe, found.Names)).Analysis.Summary.Split(':')[0]);
        Assert.Empty(await found.StopAsync());
        Assert.Null(LocalGroup.Find(_folder));
        Assert.True(File.Exists(Path.Combine(_folder, "node-1", "redis.conf")));
    }

    [Theory]
    [InlineData(ServerKind.Redis)]
    [InlineData(ServerKind.Redoubt)]
    public async Task After_a_switchover_the_next_start_keeps_the_master_and_its_data_with_fewer_nodes_too(ServerKind kind)
    {
        using (LocalGroup group = await StartedAsync(Request(2, kind)))
        {
            using var probe = new GroupProbe(group.Nodes.Select(node => node.Address), new ProbeOptions());
            SwitchoverResult result = await new Switchover(probe, new OperationOptions())
                .RunAsync(new SwitchoverRequest { Target = group.Nodes[2].Address, RewriteConfiguration = false });
            Assert.True(result.Outcome == ProcedureOutcome.Done, result.Summary);
            group.NoteMaster(result.After!);
            await probe.ProbeOf(group.Nodes[2].Address).CommandAsync("SET", "written", "after the switchover");
            Assert.Empty(await group.StopAsync());
        }

        using LocalGroup again = await StartedAsync(Request(1, kind));
        Assert.Equal(["node-1", "node-3"], again.Nodes.Select(node => node.Name));
        using var look = new GroupProbe(again.Nodes.Select(node => node.Address), new ProbeOptions());
        Assert.Equal(again.Nodes[1].Address, (await look.ObserveAsync()).Master!.Address);
        foreach (LocalNode node in again.Nodes)
            Assert.Equal("after the switchover", (await look.ProbeOf(node.Address).CommandAsync("GET", "written")).ToString());
    }

    [Fact]
    public async Task A_second_start_in_the_same_folder_is_refused_with_the_way_out()
    {
        using LocalGroup group = await StartedAsync(Request(replicas: 0));
        LocalGroupException refusal = Assert.Throws<LocalGroupException>(() => LocalGroup.Start(Request(replicas: 0)));
        Assert.Contains("redoubt down", refusal.Message);
    }

    [Fact]
    public async Task A_taken_port_is_passed_over()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int taken = ((IPEndPoint)listener.LocalEndpoint).Port;
        using LocalGroup group = await StartedAsync(Request(replicas: 0) with { Port = taken });
        Assert.True(group.Nodes[0].Port > taken);
    }

    [Theory]
    [InlineData(ServerKind.Redis)]
    [InlineData(ServerKind.Redoubt)]
    public async Task A_process_that_dies_is_told_once_with_the_end_of_its_log(ServerKind kind)
    {
        using LocalGroup group = await StartedAsync(Request(1, kind));
        Assert.Empty(group.NewlyDead());
        using (System.Diagnostics.Process kill = System.Diagnostics.Process.Start("kill", ["-KILL", $"{group.Nodes[1].ProcessId}"]))
            kill.WaitForExit();
        string message = "";
        while (message.Length == 0)
        {
            if (group.NewlyDead() is [var dead])
                message = dead;
            else
                await Task.Delay(5);
        }

        Assert.StartsWith($"node-2 on port {group.Nodes[1].Port} has ended (signal 9)", message);
        Assert.Contains("MASTER <-> REPLICA sync", message);
        Assert.Empty(group.NewlyDead());
    }

    [Fact]
    public async Task A_port_that_is_taken_between_the_look_and_the_start_makes_the_group_start_again()
    {
        // Every first start ends as a server ends whose port is taken.
        string server = Script("late-server",
            $"if mkdir {_folder}/was-late 2>/dev/null; then echo 'bind: Address already in use'; exit 1; fi; exec {ServerBinaries.Redis} \"$@\"");
        int starts = 0;
        using LocalStart start = await LocalStart.RunAsync(Request(replicas: 1) with { Server = server }, TimeSpan.FromSeconds(30), _ => starts++, _ => { }, default);
        Assert.True(start.Trouble is null, start.Trouble);
        Assert.Equal(2, starts);
        Assert.Equal(2, start.Group.Nodes.Count);
    }

    [Fact]
    public async Task A_server_that_rejects_its_configuration_is_quoted()
    {
        string server = Script("picky-server", "echo \"directive 'port' is not to my taste\" >&2\nexit 1");
        using LocalGroup group = LocalGroup.Start(Request(replicas: 0) with { Server = server });
        using var probe = new GroupProbe(group.Nodes.Select(node => node.Address), new ProbeOptions());
        string? trouble = await group.WaitUntilReadyAsync(probe, TimeSpan.FromSeconds(20), _ => { }, default);
        Assert.Contains("exit code 1", trouble);
        Assert.Contains("not to my taste", trouble);
    }

    [Fact]
    public async Task A_recorded_process_ID_that_now_belongs_to_another_process_is_not_taken_for_ours()
    {
        using (LocalGroup group = await StartedAsync(Request(replicas: 0)))
            await group.StopAsync();
        using ServerProcess stranger = RedisServers.Redis();
        GroupFile file = GroupFile.Load(_folder)!;
        (file with { Nodes = [.. file.Nodes.Select(node => node with { ProcessId = stranger.ProcessId, StartedTicks = 1 })] }).Save(_folder);
        Assert.Null(LocalGroup.Find(_folder));
        Assert.Equal("+PONG", stranger.Ask("PING"));
    }

    [Fact]
    public void A_damaged_group_file_is_named_with_the_way_out()
    {
        File.WriteAllText(Path.Combine(_folder, GroupFile.Name), "{ not json");
        Assert.Contains("remove the file", Assert.Throws<LocalGroupException>(() => LocalGroup.Find(_folder)).Message);
        File.Delete(Path.Combine(_folder, GroupFile.Name));
    }

    [Fact]
    public void A_server_that_does_not_exist_is_named() =>
        Assert.Contains("/no/such/server", Assert.Throws<LocalGroupException>(() => ServerBinary.Find("/no/such/server")).Message);

    private string Script(string name, string lines)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, $"#!/bin/sh\n{lines}\n");
        ToolRun.Of("chmod", ["+x", path]).Succeeded();
        return path;
    }

    private LocalGroupRequest Request(int replicas, ServerKind kind = ServerKind.Redis) =>
        new() { Folder = _folder, Server = ServerBinaries.PathOf(kind), Replicas = replicas, Port = PortLease.Free() };

    private static async Task<LocalGroup> StartedAsync(LocalGroupRequest request)
    {
        LocalGroup group = LocalGroup.Start(request);
        using var probe = new GroupProbe(group.Nodes.Select(node => node.Address), new ProbeOptions());
        string? trouble = await group.WaitUntilReadyAsync(probe, TimeSpan.FromSeconds(30), _ => { }, default);
        Assert.True(trouble is null, trouble);
        return group;
    }
}
