// The judge: a running redis-server, all of whose commands go through the notation and the generator and come out again.

using System.Text;
using Redoubt.Testing;

namespace Redoubt.Generators.Tests;

/// <summary>A redis-server, and a table generated from what it says of its commands.</summary>
public sealed class RedisTable : IDisposable
{
    public RedisTable()
    {
        Server = RedisServers.Redis();
        Two = Server.Connect();
        Three = Server.Connect(3);
        RespValue docs = Three.Call("COMMAND", "DOCS");
        RespValue[] infos = Three.Call("COMMAND").Items.OrderBy(info => info[0].Text, StringComparer.Ordinal).ToArray();
        Names = infos.SelectMany(info => info[9].Items.Append(info)).Select(info => info[0].Text).Order(StringComparer.Ordinal).ToArray();
        Attributes = infos.Where(info => info[0].Text != "command")
            .ToDictionary(info => info[0].Text, info => AttributeText.Of(info, docs.Field(info[0].Text)!).ToArray());

        var source = new StringBuilder();
        var containers = new StringBuilder();
        int method = 0;
        foreach ((string attribute, bool isContainer) in Attributes.Values.SelectMany(list => list))
        {
            if (isContainer)
                containers.AppendLine(attribute);
            else
                source.AppendLine(attribute).AppendLine($"public static void Body{method++}(CommandContext c) {{ }}");
        }
        Table = GeneratedTable.Of($"{containers}\npublic static class Declared\n{{\n{source}\n}}");
    }

    internal ServerProcess Server { get; }

    internal RespConnection Two { get; }

    internal RespConnection Three { get; }

    /// <summary>All commands and subcommands of the server.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Attribute texts of a command and its subcommands; COMMAND is left out, since the real one is compiled in.</summary>
    public IReadOnlyDictionary<string, (string Attribute, bool IsContainer)[]> Attributes { get; }

    internal GeneratedTable Table { get; }

    internal RespConnection Connection(int protocol) => protocol == 3 ? Three : Two;

    public void Dispose()
    {
        Two.Dispose();
        Three.Dispose();
        Server.Dispose();
    }
}

public class Redis_itself(RedisTable redis) : IClassFixture<RedisTable>
{
    [Fact]
    public void Every_command_of_redis_can_be_declared() => Assert.Empty(redis.Table.Diagnostics.Select(diagnostic => diagnostic.GetMessage()));

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Command_info_answers_the_bytes_that_redis_answers(int protocol)
    {
        Assert.True(redis.Names.Count > 300);
        foreach (string name in redis.Names.Append("nosuch"))
            Same(protocol, "COMMAND", "INFO", name);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Command_docs_answers_the_bytes_that_redis_answers(int protocol)
    {
        foreach (string name in redis.Names.Append("nosuch"))
            Same(protocol, "COMMAND", "DOCS", name);
        Same(protocol, "COMMAND", "DOCS", "get", "nosuch", "SET", "client|kill");
    }

    [Theory]
    [InlineData("")]
    [InlineData("FILTERBY PATTERN *")]
    [InlineData("FILTERBY PATTERN CLIENT|*")]
    [InlineData("filterby pattern ?et")]
    [InlineData("FILTERBY PATTERN [g-s]et*")]
    [InlineData("FILTERBY PATTERN [^g]et")]
    [InlineData("FILTERBY PATTERN z*store")]
    [InlineData("FILTERBY PATTERN [s-g]e\\t")]
    [InlineData("FILTERBY PATTERN *[")]
    [InlineData("FILTERBY PATTERN [a")]
    [InlineData("FILTERBY PATTERN nosuch")]
    [InlineData("FILTERBY MODULE json")]
    [InlineData("FILTERBY ACLCAT nosuch")]
    [InlineData("FILTERBY ACLCAT Connection")]
    [InlineData("FILTERBY NOSUCH x")]
    [InlineData("FILTERBY PATTERN")]
    [InlineData("FILTERBY PATTERN a b")]
    public void Command_list_answers_what_redis_answers(string arguments) =>
        Same(3, ["COMMAND", "LIST", .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);

    [Fact]
    public void The_commands_of_every_acl_category_are_those_of_redis()
    {
        foreach (RespValue category in redis.Two.Call("ACL", "CAT").Items)
            Same(2, "COMMAND", "LIST", "FILTERBY", "ACLCAT", category.Text);
    }

    [Theory]
    [InlineData("GET a")]
    [InlineData("get a b")]
    [InlineData("SET a b")]
    [InlineData("SET a b EX 10 get")]
    [InlineData("SET a")]
    [InlineData("MSET a 1 b 2 c 3")]
    [InlineData("MSET a 1 b")]
    [InlineData("MGET a b c")]
    [InlineData("RENAME a b")]
    [InlineData("COPY a b DB 1")]
    [InlineData("DEL a b c d")]
    [InlineData("PING x")]
    [InlineData("NOSUCH x")]
    [InlineData("CLIENT ID")]
    [InlineData("CLIENT NOSUCH")]
    [InlineData("OBJECT ENCODING a")]
    [InlineData("OBJECT ENCODING a b")]
    [InlineData("OBJECT HELP")]
    [InlineData("MEMORY USAGE a")]
    [InlineData("XREAD COUNT 1 STREAMS a b 0 0")]
    [InlineData("XREADGROUP GROUP g c STREAMS a 0")]
    [InlineData("ZUNIONSTORE d 2 a b WEIGHTS 1 2")]
    [InlineData("ZUNIONSTORE d 9 a b")]
    [InlineData("EVAL script 2 a b c")]
    [InlineData("EVAL script 0")]
    [InlineData("BITOP AND d a b")]
    [InlineData("SINTERCARD 2 a b LIMIT 1")]
    [InlineData("GEORADIUS a 1 2 3 m STORE b")]
    [InlineData("PFMERGE a")]
    [InlineData("BLPOP a b 0")]
    [InlineData("LMPOP 2 a b LEFT")]
    public void The_keys_of_a_request_are_those_that_redis_finds(string request)
    {
        string[] words = request.Split(' ');
        foreach (int protocol in new[] { 2, 3 })
        {
            Same(protocol, ["COMMAND", "GETKEYS", .. words]);
            Same(protocol, ["COMMAND", "GETKEYSANDFLAGS", .. words]);
        }
    }

    [Fact]
    public void Count_help_and_the_whole_table_are_those_of_redis()
    {
        Same(2, "COMMAND", "COUNT");
        Same(2, "COMMAND", "HELP");
        Same(3, "COMMAND");
        Same(3, "COMMAND", "INFO");
        Same(3, "COMMAND", "DOCS");
    }

    [Fact]
    public void Every_command_is_found_in_upper_lower_and_mixed_case_and_nothing_else_is()
    {
        foreach (CheckedCommand command in redis.Table.Commands.Where(command => !command.Model.IsSubcommand))
        {
            string name = command.Model.WireName;
            Assert.Equal(command.Index, redis.Table.Find(Wire.Bytes(name)));
            Assert.Equal(command.Index, redis.Table.Find(Wire.Bytes(name.ToUpperInvariant())));
            Assert.Equal(command.Index, redis.Table.Find(Wire.Bytes(string.Concat(name.Select((c, i) => i % 2 == 0 ? char.ToUpperInvariant(c) : c)))));
            for (int i = 0; i < name.Length; i++)
            {
                foreach (int flip in new[] { 0x01, 0x10, 0x40, 0x80 })
                {
                    byte[] wrong = Wire.Bytes(name);
                    wrong[i] ^= (byte)flip;
                    string text = Encoding.Latin1.GetString(wrong).ToLowerInvariant();
                    int expected = redis.Table.Commands.FirstOrDefault(other => other.Model.WireName == text && wrong[i] < 0x80)?.Index ?? -1;
                    Assert.Equal(expected, redis.Table.Find(wrong));
                }
            }
            Assert.Equal(-1, redis.Table.Find(Wire.Bytes(name + "\0")));
        }
        Assert.Equal(-1, redis.Table.Find([]));
        Assert.Equal(-1, redis.Table.Find(new byte[100_000]));
        Assert.Equal(-1, redis.Table.Find("client|id"u8.ToArray()));
    }

    [Fact]
    public void What_the_server_declares_is_what_redis_says()
    {
        Dictionary<string, CheckedCommand> judge = redis.Table.Commands.ToDictionary(command => command.Model.Name);
        foreach (CheckedCommand command in GeneratedTable.OfServer().Commands)
        {
            string name = command.Model.Name;
            if (s_notInRedis.ContainsKey(name))
            {
                Assert.False(judge.ContainsKey(name), $"{name} is in Redis after all: {s_notInRedis[name]}");
                continue;
            }
            Assert.True(judge.TryGetValue(name, out CheckedCommand? expected), $"{name} is not a command of redis-server 7.0");
            Assert.Equal(ReplyEncoding.InfoHead(expected), ReplyEncoding.InfoHead(command));
            Assert.Equal(ReplyEncoding.DocsBody(expected, out int _), ReplyEncoding.DocsBody(command, out _));
        }
    }

    [Fact]
    public void Finding_a_command_allocates_nothing()
    {
        byte[][] names = redis.Table.Commands.Where(command => !command.Model.IsSubcommand).Select(command => Wire.Bytes(command.Model.Name)).ToArray();
        int found = 0;
        long allocated = 0;
        for (int round = 0; round < 2; round++)
        {
            found = 0;
            long before = GC.GetAllocatedBytesForCurrentThread();
            foreach (byte[] name in names)
                found += redis.Table.Find(name) >= 0 ? 1 : 0;
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Assert.Equal(names.Length, found);
        Assert.Equal(0, allocated);
    }

    /// <summary>Deliberate differences: commands that redis-server 7.0 does not have, and why this server does.</summary>
    private static readonly Dictionary<string, string> s_notInRedis = new()
    {
        ["CLIENT|SETINFO"] = "of 7.2; client libraries send it on every connection",
        ["WAITAOF"] = "of 7.2; what is on the disk can be waited for",
    };

    /// <summary>Set REDOUBT_PRINT_COMMANDS to "LPUSH RPUSH" to see the attributes to paste for them.</summary>
    [Fact]
    public void Prints_the_attributes_it_is_asked_for()
    {
        foreach (string name in Environment.GetEnvironmentVariable("REDOUBT_PRINT_COMMANDS")?.Split(' ') ?? [])
        {
            foreach ((string attribute, _) in redis.Attributes[name.ToLowerInvariant()])
                TestContext.Current.TestOutputHelper!.WriteLine(attribute + "\n");
        }
    }

    private void Same(int protocol, params string[] request)
    {
        // Without names, the reply lists commands in the order of a hash table.
        bool isListing = request.Length == 1 || request[1] == "LIST" || request is ["COMMAND", "INFO" or "DOCS"];
        string expected = ReplyText.Of(redis.Connection(protocol).Call(request).Raw, isListing);
        string actual = ReplyText.Of(redis.Table.Answer(protocol, request), isListing);
        if (expected != actual)
            Assert.Fail($"RESP{protocol} {string.Join(" ", request)}\n{FirstDifference(expected, actual)}");
    }

    private static string FirstDifference(string expected, string actual)
    {
        int at = expected.Zip(actual).TakeWhile(pair => pair.First == pair.Second).Count();
        int from = Math.Max(0, at - 100);
        return $"redis: …{Cut(expected, from)}\nours:  …{Cut(actual, from)}";
    }

    private static string Cut(string text, int from) => text.Substring(from, Math.Min(300, text.Length - from)).Replace("\n", " ");
}
