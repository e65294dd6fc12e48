namespace Redoubt.Commands.Tests;

public sealed class SortTests
{
    [Theory]
    [InlineData("SORT l BY nosort LIMIT 1 2", "*2|$1|1|$1|2")]
    [InlineData("SORT l BY nosort DESC LIMIT 1 2", "*2|$1|2|$1|1")]
    [InlineData("SORT z BY nosort DESC", "*3|$1|c|$1|b|$1|a")]
    [InlineData("SORT l BY w_* GET # GET w_*", "*8|$1|2|$2|-5|$1|3|$1|5|$1|1|$2|30|$2|10|$3|300")]
    [InlineData("SORT l LIMIT -3 2 DESC", "*2|$2|10|$1|3")]
    [InlineData("SORT l LIMIT 3 -1", "*1|$2|10")]
    [InlineData("SORT l LIMIT 9 5", "*0")]
    [InlineData("SORT l ALPHA", "*4|$1|1|$2|10|$1|2|$1|3")]
    [InlineData("SORT l BY h_*->w GET h_*->name GET w_none*", "*8|$3|ten|$-1|$3|two|$-1|$5|three|$-1|$3|one|$-1")]
    [InlineData("SORT l BY nothing_*", "*4|$1|1|$2|10|$1|2|$1|3")]
    public void Elements_come_in_the_order_that_is_asked_for(string line, string reply)
    {
        using CommandRig rig = WithKeys();
        Assert.Equal(reply, rig.Run(line));
        Assert.Empty(rig.Propagated);
        Assert.Equal(reply, rig.Run(line.Replace("SORT ", "SORT_RO ", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_result_may_take_the_place_of_what_was_sorted()
    {
        using CommandRig rig = WithKeys();
        long dirty = rig.Keyspace.Dirty;
        Assert.Equal(":4", rig.Run("SORT l STORE l"));
        Assert.Equal(["SORT l STORE l"], rig.Propagated);
        Assert.Equal(dirty + 4, rig.Keyspace.Dirty);
        Assert.Equal("*4|$1|1|$1|2|$1|3|$2|10", rig.Run("LRANGE l 0 -1"));
        Assert.Equal(":0", rig.Run("SORT nokey STORE l"));
        Assert.Equal(":0", rig.Run("EXISTS l"));
    }

    [Fact]
    public void What_is_stored_of_a_set_is_sorted_whatever_its_own_order_is()
    {
        using CommandRig rig = WithKeys();
        Assert.Equal(":3", rig.Run("SORT s BY nosort STORE d"));
        Assert.Equal("*3|$1|x|$1|y|$1|z", rig.Run("LRANGE d 0 -1"));
    }

    [Fact]
    public void A_key_that_a_pattern_finds_expired_goes_first()
    {
        using CommandRig rig = WithKeys();
        rig.Run("SET w_1 0 PX 10");
        rig.Keyspace.NowMs += 1000;
        Assert.Equal(":4", rig.Run("SORT l BY w_* STORE d"));
        Assert.Equal(["DEL w_1", "SORT l BY w_* STORE d"], rig.Propagated);
    }

    [Fact]
    public void Errors_and_replies_are_those_of_a_real_server()
    {
        string[] lines =
        [
            "RPUSH l 3 1 10 2 abc", "RPUSH n 3 1 10 2 1e2 0x1f -4", "SADD s 1 2 3", "ZADD z 5 1 4 2 3 3", "SET str x", "MSET w_1 5 w_2 x w_3 ", "HSET h_1 f 9", "HSET h_2 f 3",
            "SORT l", "SORT l ALPHA DESC", "SORT n", "SORT n DESC LIMIT 1 3", "SORT z", "SORT z ALPHA", "SORT s BY w_*", "SORT s BY w_* ALPHA", "SORT s BY h_*->f", "SORT s BY h_*->f GET h_*->f GET h_*->",
            "SORT l LIMIT 1", "SORT l LIMIT x 1", "SORT l LIMIT 1 x", "SORT l BY", "SORT l GET", "SORT l STORE", "SORT_RO l STORE d", "SORT l nosuch", "SORT str", "SORT str STORE d", "SORT str nosuch",
            "SORT l STORE d", "EXISTS d", "SORT n STORE d", "LRANGE d 0 -1", "SORT n GET # GET nosuch* STORE d", "LRANGE d 0 -1", "SORT nokey", "SORT nokey BY x LIMIT 0 1 GET #", "SORT nokey STORE d", "EXISTS d",
            "COMMAND GETKEYSANDFLAGS SORT a BY STORE LIMIT 0 1 STORE b STORE c", "COMMAND GETKEYS SORT a STORE", "COMMAND GETKEYSANDFLAGS SORT_RO a STORE b",
            "COMMAND GETKEYSANDFLAGS MIGRATE h p k 0 0", "COMMAND GETKEYS MIGRATE h p  0 0 COPY KEYS a b c", "COMMAND GETKEYS MIGRATE h p k 0 0 COPY KEYS a b c",
            "COMMAND GETKEYS MIGRATE h p  0 0 AUTH KEYS a b c", "COMMAND GETKEYS MIGRATE h p  0 0 AUTH2 KEYS KEYS KEYS a b c", "COMMAND GETKEYS MIGRATE h p  0 0 KEYS",
        ];
        using var real = new RealRedis();
        using var rig = new CommandRig();
        foreach (string line in lines)
        {
            byte[] expected = real.Run(CommandRig.Words(line));
            Assert.Equal($"{line} -> {CommandRig.Show(expected)}", $"{line} -> {rig.Run(line)}");
        }
    }

    private static CommandRig WithKeys()
    {
        var rig = new CommandRig();
        rig.Run("RPUSH l 3 1 2 10");
        rig.Run("SADD s z x y");
        rig.Run("ZADD z 1 a 2 b 3 c");
        rig.Run("MSET w_1 30 w_2 -5 w_3 5 w_10 300");
        rig.Run("HSET h_1 w 4 name one");
        rig.Run("HSET h_2 w 2 name two");
        rig.Run("HSET h_3 w 3 name three");
        rig.Run("HSET h_10 w 1 name ten");
        return rig;
    }
}
