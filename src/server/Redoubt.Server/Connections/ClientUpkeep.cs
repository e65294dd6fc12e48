// What is done for each client about once a second, whatever it does: idle ones are closed, those over their output limit
// for too long, too; buffers are brought to the size that the client needed lately.
//
// A tenth of the clients, but at least five, are looked after ten times a second, so that ten thousand clients cost no more at
// a time than a thousand.
//
// Query buffers: a client silent for more than two seconds gives its buffer back. One that was large for what came lately is
// replaced by one that fits.
// Reply buffers: one that was full is doubled, up to 16 KB; one of which less than half was used is shrunk to that, down to 1 KB.
// What "lately" means: since the peak was reset, every five seconds.

using Redoubt.Commands;
using Redoubt.Server.Configuration;
using Redoubt.Server.Dispatch;
using Redoubt.Server.Loop;
using Redoubt.Server.Memory;

namespace Redoubt.Server.Connections;

internal sealed class ClientUpkeep(ConnectionTable connections, MemoryAccount account, ServerState state, ServerConfig config) : IReplyBuffers
{
    private const long DefaultPeakResetMs = 5000;

    private const int RunsPerRound = 10;
    private const int ClientsPerRunMin = 5;
    private const int SilentMs = 2000;
    private const int WasteMax = 4 * 1024;
    private const int LargeBytes = 32 * 1024;
    private const long GarbageBytesMax = 64L * 1024 * 1024;

    private int _next;

    /// <summary>How long a reply buffer's peak counts; negative = for ever.</summary>
    public long PeakResetMs { get; set; } = DefaultPeakResetMs;

    public bool AreResized { get; set; } = true;

    public void ResetPeakReset() => PeakResetMs = DefaultPeakResetMs;

    /// <summary>About every 100 ms.</summary>
    public void Run()
    {
        IReadOnlyList<ClientConnection> clients = connections.InOrder;
        long nowMs = Clock.UnixMs;
        int count = Math.Min(clients.Count, Math.Max(ClientsPerRunMin, clients.Count / RunsPerRound));
        // From the end to the front: whoever is closed is replaced by one from behind, who has had his turn.
        for (int i = 0; i < count && clients.Count > 0; i++)
        {
            _next = _next <= 0 || _next > clients.Count ? clients.Count - 1 : _next - 1;
            LookAfter(clients[_next], nowMs);
        }
        if (InputBuffers.ReleasedBytes < GarbageBytesMax)
            return;
        // The collector does not know that these are worth a look.
        InputBuffers.ReleasedBytes = 0;
        GC.Collect();
    }

    private void LookAfter(ClientConnection client, long nowMs)
    {
        int timeoutSeconds = config.TimeoutSeconds;
        long silentMs = nowMs - client.LastInteractionMs;
        if (timeoutSeconds > 0 && silentMs > timeoutSeconds * 1000L && client is { IsReplica: false, IsMasterLink: false, IsBlocked: false, Subscriptions: null })
        {
            connections.Close(client);
            return;
        }
        FitQueryBuffer(client, silentMs);
        if (AreResized)
            FitReplyBuffer(client);
        if (PeakResetMs >= 0 && nowMs - client.ReplyPeakSinceMs >= PeakResetMs)
        {
            client.ReplyPeak = client.Queue.InBuffer;
            client.ReplyPeakSinceMs = nowMs;
        }
        account.Settle(client);
        connections.EnforceOutputLimit(client);
    }

    private static void FitQueryBuffer(ClientConnection client, long silentMs)
    {
        int size = client.Rest.Length;
        if (size - client.RestLength > WasteMax)
        {
            long needed = Math.Max(client.RestLength, client.Parser.BytesWanted);
            if (silentMs > SilentMs)
                client.ResizeRest(client.RestLength);
            else if (size > LargeBytes && size / 2 > client.QueryPeak)
                client.ResizeRest(Math.Max(client.QueryPeak, needed));
        }
        client.QueryPeak = (int)Math.Max(client.RestLength, Math.Min(client.Parser.BytesWanted, int.MaxValue));
    }

    private void FitReplyBuffer(ClientConnection client)
    {
        int size = client.Queue.BufferBytes;
        if (size / 2 >= OutputQueue.BufferBytesMin && client.ReplyPeak < size / 2)
        {
            if (client.Queue.ResizeBuffer(Math.Max(OutputQueue.BufferBytesMin, client.ReplyPeak + 1)))
                state.ReplyBufferShrinks++;
        }
        else if (size < OutputQueue.BufferBytesMax && client.ReplyPeak >= size)
        {
            if (client.Queue.ResizeBuffer(Math.Min(OutputQueue.BufferBytesMax, 2 * size)))
                state.ReplyBufferExpands++;
        }
    }
}
