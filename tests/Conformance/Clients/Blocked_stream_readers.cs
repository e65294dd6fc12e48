using Redoubt.Conformance.Differential;
using Redoubt.Testing;

namespace Redoubt.Conformance.Clients;

/// <summary>
/// Clients that wait in XREAD and XREADGROUP, and everything that may end it: the same steps on both servers, and every reply compared, as well
/// as what replicas are told. Steps: "1: …" is sent by reader 1, who is then waiting; "1?" takes its reply; the rest is sent by a writer.
/// </summary>
public sealed class Blocked_stream_readers(ServerPair servers) : IClassFixture<ServerPair>
{
    private const string Marker = "end-of-the-steps";

    public static TheoryData<string, string> Scenarios => new()
    {
        { "an entry comes", "1: XREAD BLOCK 0 STREAMS s $|XADD s 1-1 f v|1?" },
        { "an entry comes to the second of two streams", "1: XREAD BLOCK 0 STREAMS a s 0 0|XADD s 1-1 f v|1?" },
        { "the same stream is named twice", "XADD s 5-0 f v|1: XREAD BLOCK 0 STREAMS s s s $ 9-0 $|XADD s 6-0 f v|1?" },
        { "entries come within a transaction", "1: XREAD BLOCK 0 STREAMS s a $ $|MULTI|XADD a 1-1 f v|XADD s 1-1 f v|XADD s 1-2 f v|EXEC|1?" },
        { "an entry that comes is gone again", "1: XREAD BLOCK 0 STREAMS s $|MULTI|XADD s 1-1 f v|XDEL s 1-1|EXEC|1?" },
        { "an entry is not beyond the ID", "1: XREAD BLOCK 0 STREAMS s 5-0|XADD s 4-0 f v|XADD s 5-0 f v|XADD s 5-1 f v|1?" },
        { "the key comes with another type first", "1: XREAD BLOCK 0 STREAMS s $|MULTI|XADD s 1-1 f v|DEL s|SET s v|EXEC|DEL s|XADD s 2-1 f v|1?" },
        { "the number of entries is limited", "1: XREAD COUNT 2 BLOCK 0 STREAMS s 0|MULTI|XADD s 1-1 f v|XADD s 1-2 f v|XADD s 1-3 f v|EXEC|1?" },
        { "two readers get the same", "1: XREAD BLOCK 0 STREAMS s $|2: XREAD BLOCK 0 STREAMS s 0|XADD s 1-1 f v|1?|2?" },
        { "a group has two consumers", Group + "1: XREADGROUP GROUP g a BLOCK 0 STREAMS s >|2: XREADGROUP GROUP g b BLOCK 0 STREAMS s >|XADD s 1-1 f v|1?|XADD s 1-2 f v|2?" },
        { "a consumer will not acknowledge", Group + "1: XREADGROUP GROUP g new BLOCK 0 NOACK STREAMS s >|XADD s 1-1 f v|1?|XPENDING s g" },
        { "a consumer waits for two streams", Group + "XGROUP CREATE t g 0 MKSTREAM|1: XREADGROUP GROUP g a COUNT 1 BLOCK 0 STREAMS s t > >|MULTI|XADD t 1-1 f v|XADD s 1-1 f v|EXEC|1?" },
        { "the group goes", Group + "1: XREADGROUP GROUP g a BLOCK 0 STREAMS s >|XGROUP DESTROY s g|1?" },
        { "another group goes", Group + "XGROUP CREATE s h 0|1: XREADGROUP GROUP g a BLOCK 0 STREAMS s >|XGROUP DESTROY s h|XADD s 1-1 f v|1?" },
        { "the key is deleted", Group + "1: XREADGROUP GROUP g a BLOCK 0 STREAMS s >|DEL s|1?" },
        { "the key is deleted and comes again", Group + "1: XREADGROUP GROUP g a BLOCK 0 STREAMS s >|MULTI|DEL s|XADD s 1-1 f v|EXEC|1?" },
        { "the key gets another type", Group + "1: XREADGROUP GROUP g a BLOCK 0 STREAMS s >|SET s v|1?" },
        { "the key gets another type within a transaction", Group + "1: XREADGROUP GROUP g a BLOCK 0 STREAMS s >|MULTI|DEL s|SADD s v|EXEC|1?" },
        { "the key is renamed", Group + "1: XREADGROUP GROUP g a BLOCK 0 STREAMS s >|RENAME s t|1?" },
        { "another stream is renamed over it", Group + "XADD t 9-0 f v|XGROUP CREATE t g 0|1: XREADGROUP GROUP g a BLOCK 0 STREAMS s >|RENAME t s|1?" },
        { "the key expires", Group + "1: XREADGROUP GROUP g a BLOCK 0 STREAMS s >|PEXPIRE s 30|1?" },
        { "the database is flushed", Group + "1: XREADGROUP GROUP g a BLOCK 0 STREAMS s >|FLUSHALL|1?" },
        { "the database is swapped for an empty one", Group + "1: XREADGROUP GROUP g a BLOCK 0 STREAMS s >|SWAPDB 0 1|1?" },
        { "the database is swapped for one with the stream", Group + "1: XREADGROUP GROUP g a BLOCK 0 STREAMS s >|SELECT 1|XADD s 7-7 f v|XGROUP CREATE s g 0|SELECT 0|SWAPDB 0 1|1?|SWAPDB 0 1" },
        { "a reader without a group does not mind deletion", "XADD s 1-1 f v|1: XREAD BLOCK 0 STREAMS s $|DEL s|XADD s 1-2 f v|1?" },
        { "the time is up", "1: XREAD BLOCK 30 STREAMS s $|1?|XADD s 1-1 f v" },
        { "the time of a group's reader is up", Group + "1: XREADGROUP GROUP g a BLOCK 30 STREAMS s >|1?|XINFO GROUPS s" },
        { "waiting makes no sense in a transaction", "MULTI|XREAD BLOCK 0 STREAMS s $|EXEC" },
    };

    private const string Group = "XGROUP CREATE s g $ MKSTREAM|";

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void Are_answered_as_by_Redis_when(string _, string steps)
    {
        servers.Flush();
        foreach (int protocol in new[] { 2, 3 })
        {
            Assert.Equal(Play(servers.Redis, steps, protocol), Play(servers.Redoubt, steps, protocol));
        }
    }

    [Fact]
    public void Are_served_while_streams_are_restored()
    {
        servers.Flush();
        Assert.Equal(Restore(servers.Redis), Restore(servers.Redoubt));
    }

    private static string Restore(ServerProcess server)
    {
        using RespConnection writer = server.Connect();
        using RespConnection reader = server.Connect();
        writer.Call("XADD", "other", "1-1", "f", "v").OrThrow();
        byte[] payload = writer.Call("DUMP", "other").OrThrow().Bytes;
        writer.Call("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM").OrThrow();
        reader.Send("XREADGROUP", "GROUP", "g", "a", "BLOCK", "0", "STREAMS", "s", ">");
        Wait.For(1, () => (int)server.InfoNumber("clients", "blocked_clients"), "the reader waits");
        byte[][] Words(string key) => [Wire.Bytes("RESTORE"), Wire.Bytes(key), Wire.Bytes("0"), payload, Wire.Bytes("REPLACE")];
        string elsewhere = writer.Call((IReadOnlyList<byte[]>)Words("copy")).Text;
        long waiting = server.InfoNumber("clients", "blocked_clients");
        string over = writer.Call((IReadOnlyList<byte[]>)Words("s")).Text;
        return $"{elsewhere} {waiting} {over} {reader.ReadReply().Text}";
    }

    private static string Play(ServerProcess server, string steps, int protocol)
    {
        server.Call("FLUSHALL").OrThrow();
        using ReplicationStream replica = ReplicationStream.Open(server);
        using RespConnection writer = server.Connect(protocol);
        var readers = new Dictionary<char, RespConnection>();
        var transcript = new List<string>();
        try
        {
            foreach (string step in steps.Split('|'))
            {
                if (step.Length > 1 && step[1] == ':')
                {
                    readers[step[0]] = server.Connect(protocol);
                    readers[step[0]].Send(step[3..].Split(' '));
                    Wait.For(readers.Count, () => (int)server.InfoNumber("clients", "blocked_clients"), "the reader waits");
                }
                else if (step.EndsWith('?'))
                {
                    transcript.Add($"{step} {Wire.Show(readers[step[0]].ReadReply().Raw)}");
                    readers.Remove(step[0], out RespConnection? done);
                    done!.Dispose();
                }
                else
                {
                    transcript.Add($"{step}: {Wire.Show(writer.Call(step.Split(' ')).Raw)}");
                }
            }
        }
        finally
        {
            foreach (RespConnection reader in readers.Values)
            {
                reader.Dispose();
            }
        }

        writer.Call("SET", Marker, "").OrThrow();
        writer.Call("DEL", Marker).OrThrow();
        transcript.AddRange(replica.Until(Marker).Select(c => Wire.ShowCommand(c)).Select(WithoutTimes));
        return string.Join('\n', transcript);
    }

    /// <summary>Times are each server's own.</summary>
    private static string WithoutTimes(string command) => System.Text.RegularExpressions.Regex.Replace(command, "[0-9]{13}", "(a time)");
}
