namespace Redoubt.Operations.Local;

/// <summary>A local group that has been started, and the probe that watches it.</summary>
/// <param name="Group">Its processes run unless there is trouble.</param>
/// <param name="Probe">Of all its nodes.</param>
/// <param name="Trouble">Null when it is ready; empty when waiting for that was cancelled; otherwise why it is not.</param>
public sealed record LocalStart(LocalGroup Group, GroupProbe Probe, string? Trouble) : IDisposable
{
    private const int AttemptsMax = 5;

    /// <summary>Starts a group and waits until it is ready. Where a port was free when looked at and taken when the server came to bind it, the whole group starts again
    /// on the next free ports: the replicas' configuration names the master's.</summary>
    /// <exception cref="LocalGroupException">It cannot even be started.</exception>
    public static async Task<LocalStart> RunAsync(
        LocalGroupRequest request, TimeSpan readyLimit, Action<LocalGroup> started, Action<string> progress, CancellationToken cancellation)
    {
        for (int attempt = 1; ; attempt++)
        {
            LocalGroup group = LocalGroup.Start(request);
            var probe = new GroupProbe(group.Nodes.Select(node => node.Address), new ProbeOptions());
            started(group);
            string? trouble;
            try
            {
                trouble = await group.WaitUntilReadyAsync(probe, readyLimit, progress, cancellation).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                trouble = "";
            }

            var start = new LocalStart(group, probe, trouble);
            if (trouble is null or "" || attempt == AttemptsMax || !group.LostAPort)
                return start;
            progress("a port was taken just now; trying the next ones");
            await group.StopAsync().ConfigureAwait(false);
            start.Dispose();
        }
    }

    /// <summary>Lets go of the processes without stopping them.</summary>
    public void Dispose()
    {
        Probe.Dispose();
        Group.Dispose();
    }
}
