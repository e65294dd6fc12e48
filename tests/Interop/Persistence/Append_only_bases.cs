using Redoubt.Interop.Replication;
using Redoubt.Testing;

namespace Redoubt.Interop.Persistence;

/// <summary>A base of commands brings back the same dataset, here and with Redis.</summary>
public sealed class Append_only_bases
{
    [Theory]
    [InlineData(ServerKind.Redis)]
    [InlineData(ServerKind.Redoubt)]
    public void Of_commands_are_the_dataset(ServerKind reader)
    {
        using ServerProcess server = Nodes.Start(ServerKind.Redoubt, "--appendonly", "yes", "--aof-use-rdb-preamble", "no", "--list-compress-depth", "1");
        WriteLoad.Fill(server, seed: 51, count: 800);
        using RespConnection client = server.Connect();
        client.Pipeline(Enumerable.Range(0, 3000).SelectMany(static i => new string[][]
        {
            ["RPUSH", "large:list", $"element {i} {new string('x', i % 200)}"],
            ["SADD", "large:set", $"member {i}"],
            ["SADD", "small:integers", $"{i % 100 * 40000}"],
            ["HSET", "large:hash", $"field {i}", $"value {i}"],
            ["ZADD", "large:scores", $"{i}.25", $"member {i}"],
            ["XADD", "large:stream", $"{i + 1}-1", "field", $"{i}"],
        }));
        client.Pipeline([
            ["XGROUP", "CREATE", "large:stream", "group", "0"], ["XREADGROUP", "GROUP", "group", "reader", "COUNT", "10", "STREAMS", "large:stream", ">"],
            ["PEXPIREAT", "large:hash", "4000000000000"], ["PEXPIREAT", "large:stream", "4000000000000"], ["SELECT", "5"], ["HSET", "small", "a", "1", "b", "two"],
            ["ZADD", "scores", "1.5", "a", "-inf", "7"]]);
        client.Call("BGREWRITEAOF").OrThrow();
        Wait.For("0", () => server.Info("persistence", "aof_rewrite_in_progress"), "the rewrite");
        string folder = Path.Combine(server.Folder, "appendonlydir");
        Wait.For(1, () => Directory.GetFiles(folder, "*.base.aof").Length, "the history to be deleted");
        Assert.Equal("*2\r\n", File.ReadAllText(Directory.GetFiles(folder, "*.base.aof")[0])[..4]);
        ToolRun.Of("redis-check-aof", [Path.Combine(folder, "appendonly.aof.manifest")]).Succeeded();
        string copy = Path.Combine(server.Folder, "copy", "appendonlydir");
        Directory.CreateDirectory(copy);
        foreach (string file in Directory.GetFiles(folder))
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));

        using ServerProcess second = Nodes.Start(reader, "--appendonly", "yes", "--dir", Path.GetDirectoryName(copy)!);

        Assert.True(Dataset.Compare(server, second) > 0, "nothing was compared");
    }
}
