using Redoubt.Interop.Replication;
using Redoubt.Testing;

namespace Redoubt.Interop.Persistence;

/// <summary>The files are Redis's: either server starts from the other's folder, and redis-check-aof finds nothing to complain of.</summary>
public sealed class Append_only_files
{
    [Theory]
    [InlineData(ServerKind.Redoubt, ServerKind.Redis)]
    [InlineData(ServerKind.Redis, ServerKind.Redoubt)]
    public void Of_one_server_are_loaded_by_the_other(ServerKind writer, ServerKind reader)
    {
        using ServerProcess first = Nodes.Start(writer, "--appendonly", "yes");
        WriteLoad.Fill(first, seed: 41, count: 500);
        first.Call("BGREWRITEAOF").OrThrow();
        WriteLoad.Fill(first, seed: 42, count: 500);
        Wait.For("0", () => first.Info("persistence", "aof_rewrite_in_progress"), "the rewrite");
        WriteLoad.Fill(first, seed: 43, count: 200);
        using RespConnection client = first.Connect();
        client.Pipeline([["SELECT", "3"], ["MULTI"], ["SET", "a", "1"], ["RPUSH", "b", "1", "2"], ["EXEC"], ["SET", "volatile", "1", "EX", "1000"]]);
        string copy = Path.Combine(first.Folder, "copy");
        Directory.CreateDirectory(Path.Combine(copy, "appendonlydir"));
        foreach (string file in Directory.GetFiles(Path.Combine(first.Folder, "appendonlydir")))
            File.Copy(file, Path.Combine(copy, "appendonlydir", Path.GetFileName(file)));
        ToolRun.Of("redis-check-aof", [Manifest(first)]).Succeeded();

        using ServerProcess second = Nodes.Start(reader, "--appendonly", "yes", "--dir", copy);

        Assert.True(Dataset.Compare(first, second) > 0, "nothing was compared");
    }

    [Fact]
    public void Of_an_old_Redis_move_into_the_folder()
    {
        using ServerProcess server = Nodes.Start(ServerKind.Redoubt);
        server.Stop();
        File.WriteAllText(Path.Combine(server.Folder, "appendonly.aof"), Command("SELECT", "2") + Command("SET", "old", "file"));

        server.Restart("--appendonly", "yes");

        Assert.Equal("file", server.Connect().Pipeline([["SELECT", "2"], ["GET", "old"]])[1].Text);
        Assert.False(File.Exists(Path.Combine(server.Folder, "appendonly.aof")));
        Assert.Equal("file appendonly.aof seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n", File.ReadAllText(Manifest(server)));
    }

    [Theory]
    [InlineData("*3\r\n$3\r\nSET\r\n$4\r\nto")]
    [InlineData("*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$4\r\ntorn\r\n$1\r\n1\r\n")]
    [InlineData("*")]
    public void With_a_torn_end_are_cut_after_the_last_whole_command_or_transaction(string torn)
    {
        using ServerProcess server = Nodes.Start(ServerKind.Redoubt, "--appendonly", "yes");
        server.Call("SET", "whole", "1").OrThrow();
        server.Kill();
        string file = Path.Combine(server.Folder, "appendonlydir", "appendonly.aof.1.incr.aof");
        long length = new FileInfo(file).Length;
        File.AppendAllText(file, torn);

        server.Restart();

        Assert.Equal("1", server.Call("GET", "whole").Text);
        Assert.Equal(0, server.Call("EXISTS", "torn").Integer);
        Assert.Equal(length, new FileInfo(file).Length);
        AssertLogged(server, $"{torn.Length} bytes after the last whole command or transaction of appendonly.aof.1.incr.aof are cut off");
        server.Call("SET", "after", "1").OrThrow();
        ToolRun.Of("redis-check-aof", [Manifest(server)]).Succeeded();
    }

    [Fact]
    public void With_a_torn_end_stop_the_start_if_they_may_not_be_cut()
    {
        using ServerProcess server = Nodes.Start(ServerKind.Redoubt, "--appendonly", "yes");
        server.Call("SET", "whole", "1").OrThrow();
        server.Kill();
        File.AppendAllText(Path.Combine(server.Folder, "appendonlydir", "appendonly.aof.1.incr.aof"), "*3\r\n");

        Assert.Throws<InvalidOperationException>(() => server.Restart("--appendonly", "yes", "--aof-load-truncated", "no"));

        AssertLogged(server, "Unexpected end of file reading the append only file appendonly.aof.1.incr.aof. You can: 1) Make a backup");
    }

    [Fact]
    public void With_damage_in_the_middle_stop_the_start_and_say_where()
    {
        using ServerProcess server = Nodes.Start(ServerKind.Redoubt, "--appendonly", "yes");
        server.Call("SET", "whole", "1").OrThrow();
        server.Kill();
        string file = Path.Combine(server.Folder, "appendonlydir", "appendonly.aof.1.incr.aof");
        long length = new FileInfo(file).Length;
        File.AppendAllText(file, "garbage" + Command("SET", "a", "1"));

        Assert.Throws<InvalidOperationException>(() => server.Restart());

        AssertLogged(server, $"What stands at offset {length} of appendonly.aof.1.incr.aof is no command");
        AssertLogged(server, "Bad file format reading the append only file appendonly.aof.1.incr.aof: make a backup");
        Assert.Equal(1, server.ExitCode);
    }

    [Fact]
    public void Are_begun_and_given_up_while_the_server_runs()
    {
        using ServerProcess server = Nodes.Start(ServerKind.Redoubt);
        server.Call("SET", "before", "1").OrThrow();
        server.Call("CONFIG", "SET", "appendonly", "yes").OrThrow();
        server.Call("SET", "after", "1").OrThrow();
        Wait.For("0", () => server.Info("persistence", "aof_rewrite_in_progress"), "the first rewrite");
        server.Call("SET", "later", "1").OrThrow();
        server.Kill();
        server.Restart("--appendonly", "yes");
        Assert.Equal(3, server.Call("DBSIZE").Integer);

        server.Call("CONFIG", "SET", "appendonly", "no").OrThrow();
        server.Call("SET", "lost", "1").OrThrow();

        Assert.Equal("0", server.Info("persistence", "aof_enabled"));
        server.Kill();
        server.Restart("--appendonly", "yes");
        Assert.Equal(3, server.Call("DBSIZE").Integer);
    }

    [Fact]
    public void Of_history_stay_while_they_are_not_to_be_deleted()
    {
        using ServerProcess server = Nodes.Start(ServerKind.Redoubt, "--appendonly", "yes", "--aof-disable-auto-gc", "yes");
        server.Call("SET", "a", "1").OrThrow();
        server.Call("BGREWRITEAOF").OrThrow();
        Wait.For("0", () => server.Info("persistence", "aof_rewrite_in_progress"), "the rewrite");
        Assert.Equal(2, File.ReadAllLines(Manifest(server)).Count(static line => line.EndsWith("type h", StringComparison.Ordinal)));

        server.Call("CONFIG", "SET", "aof-disable-auto-gc", "no").OrThrow();

        Assert.DoesNotContain("type h", File.ReadAllText(Manifest(server)));
        Wait.For(3, () => Directory.GetFiles(Path.GetDirectoryName(Manifest(server))!).Length, "the history to be deleted");
    }

    /// <summary>What a server prints arrives a little after it.</summary>
    private static void AssertLogged(ServerProcess server, string text) =>
        Wait.Until(() => server.Log.Contains(text, StringComparison.Ordinal), text, seen: () => server.Log);

    private static string Manifest(ServerProcess server) => Path.Combine(server.Folder, "appendonlydir", "appendonly.aof.manifest");

    private static string Command(params string[] words) =>
        $"*{words.Length}\r\n" + string.Concat(words.Select(static word => $"${word.Length}\r\n{word}\r\n"));
}
