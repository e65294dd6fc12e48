using Redoubt.Conformance.Differential;
using Redoubt.Testing;

namespace Redoubt.Conformance.Clients;

/// <summary>One client watches, another does something, and the first one's EXEC runs or does not: as on Redis, in every case.</summary>
public sealed class Watched_keys(ServerPair servers) : IClassFixture<ServerPair>
{
    /// <summary>What happens before the watch, what is watched, and what happens between WATCH and MULTI. "wait" lets a short time to live run out.</summary>
    private static readonly Dictionary<string, string[]> Stories = new()
    {
        ["nothing"] = ["set a 1", "watch a"],
        ["a write of the same value"] = ["set a 1", "watch a", "other set a 1"],
        ["a write to another key"] = ["set a 1", "watch a", "other set b 1"],
        ["a write to another database's key"] = ["set a 1", "watch a", "other select 1", "other set a 2"],
        ["a write of its own"] = ["set a 1", "watch a", "set a 2"],
        ["a read"] = ["set a 1", "watch a", "other get a", "other strlen a", "other object encoding a"],
        ["a write that failed"] = ["set a x", "watch a", "other incr a"],
        ["a key that came to be"] = ["watch a", "other set a 1"],
        ["a deletion"] = ["set a 1", "watch a", "other del a"],
        ["a deletion of nothing"] = ["watch a", "other del a"],
        ["a key that came and went"] = ["watch a", "other set a 1", "other del a"],
        ["UNLINK"] = ["set a 1", "watch a", "other unlink a"],
        ["APPEND"] = ["set a 1", "watch a", "other append a x"],
        ["APPEND of nothing"] = ["set a 1", "watch a", "other append a $"],
        ["SETRANGE"] = ["set a 1", "watch a", "other setrange a 0 x"],
        ["INCR"] = ["set a 1", "watch a", "other incr a"],
        ["INCRBYFLOAT"] = ["set a 1", "watch a", "other incrbyfloat a 0"],
        ["SETNX of a key that is there"] = ["set a 1", "watch a", "other setnx a 2"],
        ["GETDEL"] = ["set a 1", "watch a", "other getdel a"],
        ["GETEX without options"] = ["set a 1", "watch a", "other getex a"],
        ["GETEX with a time"] = ["set a 1", "watch a", "other getex a ex 100"],
        ["MSET"] = ["set a 1", "watch a", "other mset b 1 a 2"],
        ["RENAME away"] = ["set a 1", "watch a", "other rename a b"],
        ["RENAME over"] = ["set a 1", "set b 2", "watch a", "other rename b a"],
        ["RENAME to itself"] = ["set a 1", "watch a", "other rename a a"],
        ["COPY from it"] = ["set a 1", "watch a", "other copy a b"],
        ["COPY over it"] = ["set a 1", "set b 1", "watch a", "other copy b a replace"],
        ["COPY that copied nothing"] = ["set a 1", "set b 1", "watch a", "other copy b a"],
        ["MOVE away"] = ["set a 1", "watch a", "other move a 1"],
        ["MOVE to it"] = ["watch a", "other select 1", "other set a 5", "other move a 0"],
        ["EXPIRE"] = ["set a 1", "watch a", "other expire a 1000"],
        ["EXPIRE that a condition held back"] = ["set a 1", "watch a", "other expire a 1000 xx"],
        ["EXPIRE into the past"] = ["set a 1", "watch a", "other expire a -1"],
        ["PERSIST"] = ["set a 1 ex 1000", "watch a", "other persist a"],
        ["PERSIST of a key without a time"] = ["set a 1", "watch a", "other persist a"],
        ["FLUSHDB"] = ["set a 1", "watch a", "other flushdb"],
        ["FLUSHDB without the key"] = ["watch a", "other flushdb"],
        ["FLUSHDB of another database"] = ["set a 1", "watch a", "other select 1", "other flushdb"],
        ["FLUSHALL"] = ["set a 1", "watch a", "other select 1", "other flushall"],
        ["FLUSHALL without the key"] = ["watch a b c", "other flushall"],
        ["FLUSHALL with several watched"] = ["set c 1", "watch a b c", "other flushall"],
        ["SWAPDB, the key in neither"] = ["watch a", "other swapdb 0 1"],
        ["SWAPDB, the key in one"] = ["set a 1", "watch a", "other swapdb 0 1"],
        ["SWAPDB, the key in the other"] = ["select 1", "set a 1", "select 0", "watch a", "other swapdb 1 0"],
        ["SWAPDB, the key in both"] = ["set a 1", "select 1", "set a 1", "select 0", "watch a", "other swapdb 0 1"],
        ["SWAPDB with itself"] = ["set a 1", "watch a", "other swapdb 0 0"],
        ["SWAPDB with an expired key here"] = ["set a 1 px 1", "wait", "watch a", "other swapdb 0 1"],
        ["SWAPDB with an expired key there"] = ["select 1", "set a 1 px 1", "select 0", "wait", "watch a", "other swapdb 0 1"],
        ["SWAPDB with an expired key in both"] = ["set a 1 px 1", "select 1", "set a 1 px 1", "select 0", "wait", "watch a", "other swapdb 0 1"],
        ["SWAPDB with an expired key here and a live one there"] = ["set a 1 px 1", "select 1", "set a 2", "select 0", "wait", "watch a", "other swapdb 0 1"],
        ["a time that runs out after WATCH"] = ["set a 1 px 60", "watch a", "wait"],
        ["a time that runs out after WATCH and is noticed"] = ["set a 1 px 60", "watch a", "wait", "other get a"],
        ["a key that was expired"] = ["set a 1 px 1", "wait", "watch a"],
        ["a key that was expired and is deleted at last"] = ["set a 1 px 1", "wait", "watch a", "other get a"],
        ["a key that was expired, deleted and made again"] = ["set a 1 px 1", "wait", "watch a", "other get a", "other set a 1"],
        ["a key that was expired and is overwritten"] = ["set a 1 px 1", "wait", "watch a", "other set a 1"],
        ["a key that was expired, and FLUSHALL"] = ["set a 1 px 1", "wait", "watch a", "other flushall"],
        ["a key that was expired, FLUSHALL, and a new one"] = ["set a 1 px 1", "wait", "watch a", "other flushall", "other set a 1"],
        ["UNWATCH"] = ["set a 1", "watch a", "other set a 2", "unwatch"],
        ["UNWATCH before the write"] = ["set a 1", "watch a", "unwatch", "other set a 2"],
        ["a second WATCH after the write"] = ["set a 1", "watch a", "other set a 2", "watch b"],
        ["the same key twice"] = ["set a 1", "watch a a", "watch a", "other set a 2"],
        ["a DISCARD in between"] = ["set a 1", "watch a", "multi", "discard", "other set a 2"],
        ["an EXEC in between"] = ["set a 1", "watch a", "multi", "exec", "other set a 2"],
        ["a failed EXEC in between"] = ["set a 1", "watch a", "other set a 2", "multi", "exec"],
        ["an EXEC of another client"] = ["set a 1", "watch a", "other multi", "other set a 2", "other exec"],
        ["RESET in between"] = ["set a 1", "watch a", "other set a 2", "reset"],
        ["WATCH inside MULTI"] = ["multi", "watch a", "exec"],
        ["UNWATCH inside MULTI"] = ["set a 1", "watch a", "multi", "unwatch", "other set a 2", "exec"],
    };

    public static TheoryData<string> Cases => [.. Stories.Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_happens_to_them_decides_the_EXEC_as_on_Redis(string story) => Assert.Equal(Tell(servers.Redis, story), Tell(servers.Redoubt, story));

    [Fact]
    public void What_a_client_watched_is_forgotten_with_its_connection()
    {
        servers.Flush();
        using (RespConnection gone = servers.Redoubt.Connect())
            gone.Call("WATCH", "a").OrThrow();
        using RespConnection writer = servers.Redoubt.Connect();
        writer.Call("SET", "a", "1").OrThrow();
        using RespConnection watcher = servers.Redoubt.Connect();
        watcher.Call("WATCH", "a").OrThrow();
        writer.Call("SET", "a", "2").OrThrow();
        watcher.Call("MULTI").OrThrow();
        Assert.Equal(RespType.Null, watcher.Call("EXEC").Type);
    }

    private static string[] Tell(ServerProcess server, string story)
    {
        server.Call("FLUSHALL").OrThrow();
        // Only commands delete what has expired: else it would be chance whether anybody has noticed.
        server.Call("DEBUG", "SET-ACTIVE-EXPIRE", "0").OrThrow();
        using RespConnection watcher = server.Connect();
        using RespConnection other = server.Connect();
        var replies = new List<string>();
        foreach (string line in Stories[story])
        {
            if (line == "wait")
                Thread.Sleep(80); // a time to live of 60 ms runs out unseen, so there is nothing to wait for
            else if (line.StartsWith("other ", StringComparison.Ordinal))
                replies.Add(Show(other, line[6..]));
            else
                replies.Add(Show(watcher, line));
        }
        replies.AddRange(new[] { "multi", "incr ran", "exec", "get ran", "client info" }.Select(line => Show(watcher, line)));
        server.Call("DEBUG", "SET-ACTIVE-EXPIRE", "1").OrThrow();
        return [.. replies];
    }

    /// <summary>Of CLIENT INFO the flags: whether the client is marked.</summary>
    private static string Show(RespConnection connection, string line)
    {
        RespValue reply = connection.Call([.. line.Split(' ').Select(word => word == "$" ? "" : word)]);
        return line == "client info" ? reply.Text.Split(' ').Single(field => field.StartsWith("flags=", StringComparison.Ordinal)) : $"{line} => {reply}";
    }
}
