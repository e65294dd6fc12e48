using System.Globalization;
using Redoubt.Testing;

namespace Redoubt.Conformance.Clients;

/// <summary>With io-threads, other threads read, parse and send. Nobody may notice.</summary>
public sealed class Threads_for_sockets
{
    [Theory]
    [InlineData("epoll")]
    [InlineData("portable")]
    public void Each_of_many_clients_gets_its_own_replies_in_order(string io)
    {
        const int Clients = 40, Rounds = 30;
        using ServerProcess server = RedisServers.Redoubt("--io-threads", "3", "--io", io);
        RespConnection[] clients = [.. Enumerable.Range(0, Clients).Select(_ => server.Connect())];
        for (int round = 0; round < Rounds; round++)
        {
            for (int client = 0; client < Clients; client++)
            {
                // Small requests, long pipelines, and one that is larger than what a thread reads at once.
                clients[client].Send("SET", $"k{client}", Value(client, round));
                clients[client].SendRaw([.. Enumerable.Range(0, round).SelectMany(i => Wire.Encode("ECHO", $"{client}-{i}"))]);
                clients[client].Send("GET", $"k{client}");
                clients[client].Send("INCR", "all");
            }
            for (int client = 0; client < Clients; client++)
            {
                Assert.Equal("OK", clients[client].ReadReply().Text);
                for (int i = 0; i < round; i++)
                    Assert.Equal($"{client}-{i}", clients[client].ReadReply().Text);
                Assert.Equal(Value(client, round), clients[client].ReadReply().Text);
                Assert.False(clients[client].ReadReply().IsError);
            }
        }
        Assert.Equal((Clients * Rounds).ToString(CultureInfo.InvariantCulture), server.Call("GET", "all").Text);
        Assert.True(server.InfoNumber("stats", "io_threaded_reads_processed") > 0, "the threads read");
        Assert.True(server.InfoNumber("stats", "io_threaded_writes_processed") > 0, "the threads sent");
        foreach (RespConnection client in clients)
            client.Dispose();
    }

    private static string Value(int client, int round) => new((char)('a' + client % 26), client % 5 == 0 ? 40_000 : round + 1);
}
