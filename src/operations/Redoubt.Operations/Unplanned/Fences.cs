using System.Globalization;
using Redoubt.Client;
using Redoubt.Failover.Procedures;
using Redoubt.Failover.Unplanned;
using Redoubt.Operations.Groups;
using Redoubt.Operations.Procedures;
using Redoubt.Topology;

namespace Redoubt.Operations.Unplanned;

// Two ways to keep a node from accepting writes. min-replicas asks the node itself: with a million replicas wanted it refuses every write at
// once, on connections that are open already too, and still gives out its stream to whoever looks for missed writes. It needs a node
// that answers. A hook asks somebody else: a firewall, a hypervisor, the unit's supervisor. Neither counts before it was seen to hold.

/// <summary>A group's ways to fence, in its own order.</summary>
public static class Fences
{
    /// <summary>For one operation.</summary>
    public static IReadOnlyList<IFence> Of(FenceSettings settings, IGroupActs acts, StateFolder? state, string group, TimeSpan hookLimit) =>
    [
        .. settings.Methods.Select(method => method == "min-replicas"
            ? (IFence)new MinReplicasFence(acts, state)
            : new HookFence(method, settings.Hooks[method["hook:".Length..]], group, hookLimit)),
    ];
}

/// <summary>A number of replicas that no group has.</summary>
internal sealed class MinReplicasFence(IGroupActs acts, StateFolder? state) : IFence
{
    private const string Wanted = "1000000";
    private static readonly string[] Directives = ["min-replicas-to-write", "min-replicas-max-lag"];

    public string Method => "min-replicas";

    public async Task<FenceState> RaiseAsync(NodeAddress node)
    {
        string[] before = new string[Directives.Length];
        for (int i = 0; i < Directives.Length; i++)
        {
            NodeAnswer answer = await acts.SendAsync(node, "CONFIG", "GET", Directives[i]).ConfigureAwait(false);
            if (!answer.IsDone)
                return new FenceState(false, false, $"it does not answer ({answer.Text})");
            before[i] = answer.Text.Split(' ')[^1];
        }

        if (before[0] != Wanted)
            Remember(node, before);
        // With a limit of 0 the server looks at no replica at all.
        if (before[1] == "0")
            await acts.SendAsync(node, "CONFIG", "SET", Directives[1], "10").ConfigureAwait(false);
        NodeAnswer set = await acts.SendAsync(node, "CONFIG", "SET", Directives[0], Wanted).ConfigureAwait(false);
        if (!set.IsDone)
            return new FenceState(set.Kind == AnswerKind.Unknown, false, set.Text);
        await acts.SendAsync(node, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes").ConfigureAwait(false);
        await acts.SendAsync(node, "CLIENT", "KILL", "TYPE", "pubsub", "SKIPME", "yes").ConfigureAwait(false);
        NodeAnswer kept = await acts.SendAsync(node, "CONFIG", "REWRITE").ConfigureAwait(false);
        string lasting = kept.IsDone ? "" : ", until it is restarted";
        NodeAnswer write = await acts.SendAsync(node, "DEL", "redoubt:probe:fence").ConfigureAwait(false);
        return write.Kind == AnswerKind.Refused && (write.Text.StartsWith("NOREPLICAS", StringComparison.Ordinal) || write.Text.StartsWith("READONLY", StringComparison.Ordinal))
            ? new FenceState(true, true, $"a write was refused ({write.Text.Split(' ')[0]}), clients were cut off{lasting}")
            : new FenceState(true, false, $"a write was not refused: {write.Text}");
    }

    public async Task<string?> LowerAsync(NodeAddress node)
    {
        string[] before = Remembered(node) ?? ["0", "10"];
        for (int i = 0; i < Directives.Length; i++)
        {
            NodeAnswer answer = await acts.SendAsync(node, "CONFIG", "SET", Directives[i], before[i]).ConfigureAwait(false);
            // A node that nobody has reached was never fenced in this way.
            if (!answer.IsDone)
                return answer.Kind == AnswerKind.NotSent && Remembered(node) is null ? null : answer.Text;
        }

        await acts.SendAsync(node, "CONFIG", "REWRITE").ConfigureAwait(false);
        if (PathFor(node) is { } path)
            File.Delete(path);
        return null;
    }

    private string? PathFor(NodeAddress node) => state?.FencePathOf(node);

    private void Remember(NodeAddress node, string[] values)
    {
        if (PathFor(node) is { } path)
            File.WriteAllLines(path, values);
    }

    private string[]? Remembered(NodeAddress node) => PathFor(node) is { } path && File.Exists(path) && File.ReadAllLines(path) is { Length: 2 } lines ? lines : null;
}

/// <summary>A program of the operator's.</summary>
internal sealed class HookFence(string method, FenceHook hook, string group, TimeSpan limit) : IFence
{
    public string Method => method;

    public async Task<FenceState> RaiseAsync(NodeAddress node)
    {
        HookRun on = await RunAsync(hook.On, node, "on").ConfigureAwait(false);
        if (on.ExitCode != 0)
            return new FenceState(false, false, on.Said);
        if (hook.Verify.Count == 0)
            return new FenceState(true, false, "it has no verify command");
        HookRun verify = await RunAsync(hook.Verify, node, "verify").ConfigureAwait(false);
        return new FenceState(true, verify.ExitCode == 0, verify.ExitCode == 0 ? "verified" : $"it does not hold: {verify.Said}");
    }

    public async Task<string?> LowerAsync(NodeAddress node)
    {
        if (hook.Off.Count == 0)
            return "it has no off command";
        HookRun off = await RunAsync(hook.Off, node, "off").ConfigureAwait(false);
        return off.ExitCode == 0 ? null : off.Said;
    }

    private Task<HookRun> RunAsync(IReadOnlyList<string> command, NodeAddress node, string action) => ProcedureHooks.RunAsync(
        [
            .. command.Select(word => word.Replace("{node}", node.ToString(), StringComparison.Ordinal).Replace("{host}", node.Host, StringComparison.Ordinal)
                .Replace("{port}", node.Port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)),
        ],
        [new("moment", "fence"), new("action", action), new("node", node.ToString()), new("group", group)], limit);
}
