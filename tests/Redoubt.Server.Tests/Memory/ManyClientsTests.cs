using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Redoubt.Testing;

namespace Redoubt.Server.Tests.Memory;

/// <summary>Ten thousand clients at once: what `maxclients` promises by default.</summary>
public sealed class ManyClientsTests(ITestOutputHelper output)
{
    private const int Clients = 10_000;

    [Fact]
    public void Ten_thousand_clients_are_served_and_cost_little_when_they_are_silent()
    {
        using ServerProcess server = RedisServers.Redoubt();
        Assert.Equal(Clients.ToString(CultureInfo.InvariantCulture), server.Info("clients", "maxclients"));
        long residentBefore = server.InfoNumber("memory", "used_memory_rss");
        List<Socket> sockets = [];
        try
        {
            // The asking one is a client, too.
            for (int i = 1; i < Clients; i++)
            {
                Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 60_000 };
                sockets.Add(socket);
                socket.Connect("127.0.0.1", server.Port);
            }
            byte[] request = Encoding.ASCII.GetBytes("INCR count\r\n");
            foreach (Socket socket in sockets)
                socket.Send(request);
            byte[] reply = new byte[16];
            foreach (Socket socket in sockets)
                Assert.True(socket.Receive(reply) > 3 && reply[0] == (byte)':');

            Assert.Equal((Clients - 1).ToString(CultureInfo.InvariantCulture), server.Call("GET", "count").Text);
            Assert.Equal(Clients, server.InfoNumber("clients", "connected_clients"));
            using (RespConnection refused = RespConnection.Connect(server.Port))
                Assert.Equal("ERR max number of clients reached", refused.ReadReply().Text);

            long busy = server.InfoNumber("memory", "mem_clients_normal");
            Wait.Until(() => server.InfoNumber("memory", "mem_clients_normal") < Clients * 4096L, "silent clients to give their buffers back", TimeSpan.FromSeconds(30));
            long resident = server.InfoNumber("memory", "used_memory_rss");
            output.WriteLine(FormattableString.Invariant(
                $"{(busy >> 10) / Clients} KB per client that talks, {server.InfoNumber("memory", "mem_clients_normal") / Clients} bytes per silent one; resident {residentBefore >> 20} MB before, {resident >> 20} MB now"));
        }
        finally
        {
            sockets.ForEach(static socket => socket.Dispose());
        }
        Wait.For(1L, () => server.InfoNumber("clients", "connected_clients"), "clients to be gone");
    }
}
