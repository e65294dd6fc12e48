using System.Globalization;
using Redoubt.Testing;

namespace Redoubt.Conformance.Clients;

/// <summary>Who changes a large value that a snapshot does not have yet waits for it; nobody else does, and the snapshot has the old value.</summary>
public sealed class Writes_during_snapshots
{
    private const int Hashes = 5;
    private const int Fields = 5000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_write_to_a_large_value_waits_for_the_snapshot_and_others_do_not(bool isTransaction)
    {
        using ServerProcess server = RedisServers.Start(ServerKind.Redoubt, "--enable-debug-command", "yes");
        for (int i = 0; i < Hashes; i++)
            server.Call(["HSET", Name(i), .. Enumerable.Range(0, Fields).SelectMany(field => new[] { $"field{field}", "old" })]).OrThrow();
        server.Call("CONFIG", "SET", "rdb-key-save-delay", "200000").OrThrow();
        server.Call("BGSAVE").OrThrow();

        RespConnection[] writers = [.. Enumerable.Range(0, Hashes).Select(_ => server.Connect())];
        try
        {
            for (int i = 0; i < Hashes; i++)
            {
                if (isTransaction)
                    writers[i].SendRaw([.. Wire.Encode("MULTI"), .. Wire.Encode("HSET", Name(i), "field7", "new", "another", "new"), .. Wire.Encode("EXEC")]);
                else
                    writers[i].Send("HSET", Name(i), "field7", "new", "another", "new");
            }
            Assert.Equal("PONG", server.Call("PING").Text);
            server.Call("SET", "small", "1").OrThrow();
            Assert.Contains(writers, writer => !writer.HasData(0) || isTransaction);
            Assert.Equal("1", server.Info("persistence", "rdb_bgsave_in_progress"));
            // Which of them the snapshot comes to last is the table's secret.
            Assert.Contains(Enumerable.Range(0, Hashes), i => server.Call("HGET", Name(i), "field7").Text == "old");
            foreach (RespConnection writer in writers)
            {
                RespValue reply = isTransaction ? Last(writer) : writer.ReadReply();
                Assert.Equal(1, reply.Integer);
            }
        }
        finally
        {
            Array.ForEach(writers, writer => writer.Dispose());
        }
        Assert.Equal("new", server.Call("HGET", Name(0), "field7").Text);
        Wait.Until(() => server.Info("persistence", "rdb_bgsave_in_progress") == "0", "the snapshot to end");
        server.Call("DEBUG", "RELOAD", "NOSAVE").OrThrow();
        for (int i = 0; i < Hashes; i++)
        {
            Assert.Equal("old", server.Call("HGET", Name(i), "field7").Text);
            Assert.Equal(Fields, server.Call("HLEN", Name(i)).Integer);
        }
    }

    private static RespValue Last(RespConnection writer)
    {
        writer.ReadReply().OrThrow();
        writer.ReadReply().OrThrow();
        return writer.ReadReply()[0];
    }

    private static string Name(int hash) => "hash" + hash.ToString(CultureInfo.InvariantCulture);
}
