namespace Redoubt.Commands.Tests;

public sealed class ConnectionTests
{
    [Fact]
    public void Hello_tells_server_and_role_and_switches_the_protocol()
    {
        using var rig = new CommandRig();
        rig.Ports.HasMaster = true;
        Assert.Equal("%7|$6|server|$5|redis|$7|version|$6|7.0.15|$5|proto|:3|$2|id|:3|$4|mode|$10|standalone|$4|role|$7|replica|$7|modules|*0",
            rig.Run("HELLO 3 SETNAME me"));
        Assert.Equal("me", rig.Session.Name);
        Assert.Equal("_", rig.Run("GET nokey"));
    }

    [Fact]
    public void Where_a_password_is_set_hello_and_auth_ask_for_it()
    {
        using var rig = new CommandRig();
        rig.Ports.Password = "secret";
        Assert.StartsWith("-NOAUTH HELLO must be called", rig.Run("HELLO 3"));
        Assert.Equal("-WRONGPASS invalid username-password pair or user is disabled.", rig.Run("HELLO 3 AUTH default wrong"));
        Assert.Equal("-WRONGPASS invalid username-password pair or user is disabled.", rig.Run("AUTH wrong"));
        Assert.Equal(2, rig.Session.Protocol);
        Assert.Equal("+OK", rig.Run("AUTH secret"));
        Assert.StartsWith("%7|", rig.Run("HELLO 3"));
        Assert.Equal(2, rig.Ports.ErrorCounts["WRONGPASS"]);
    }

    [Fact]
    public void Reset_goes_back_to_a_new_connection()
    {
        using var rig = new CommandRig();
        rig.Run("HELLO 3 SETNAME me");
        rig.Run("SELECT 5");
        Assert.Equal("+RESET", rig.Run("RESET"));
        Assert.Equal(("", 2, 0, 0), (rig.Session.Name, rig.Session.Protocol, rig.Session.DatabaseIndex, rig.Context.Database.Index));
        Assert.Equal(["reset"], rig.Ports.Calls);
        rig.Session.IsReplica = true;
        Assert.Equal("-ERR can only reset normal client connections", rig.Run("RESET"));
    }

    [Theory]
    [InlineData("CLIENT KILL 10.0.0.9:1", "+OK", "kill type= ids= addr=10.0.0.9:1 laddr= user= skip=False")]
    [InlineData("CLIENT KILL ID 4 SKIPME no", ":1", "kill type= ids=4 addr= laddr= user= skip=False")]
    [InlineData("CLIENT KILL TYPE slave LADDR a:1 USER default ADDR b:2", ":0", "kill type=replica ids= addr=b:2 laddr=a:1 user=default skip=True")]
    public void Client_kill_filters_by(string command, string reply, string call)
    {
        using var rig = new CommandRig();
        Assert.Equal(reply, rig.Run(command));
        Assert.Equal([call], rig.Ports.Calls);
    }

    [Theory]
    [InlineData("CLIENT LIST ID 7 8 7", "$10|id=7\nid=7\n")]
    [InlineData("CLIENT INFO", "$5|id=3\n")]
    [InlineData("CLIENT ID", ":3")]
    [InlineData("CLIENT UNBLOCK 7 TIMEOUT", ":1")]
    [InlineData("CLIENT SETINFO lib-name redis-py", "+OK")]
    [InlineData("CLIENT SETINFO lib-ver a\rb", "-ERR lib-ver cannot contain spaces, newlines or special characters.")]
    [InlineData("CLIENT SETINFO color x", "-ERR Unrecognized option 'color'")]
    public void Client_answers(string command, string reply)
    {
        using var rig = new CommandRig();
        Assert.Equal(reply, rig.Run(command));
    }

    [Fact]
    public void Client_pause_ends_at_an_absolute_time()
    {
        using var rig = new CommandRig();
        rig.Run("CLIENT PAUSE 500 WRITE");
        rig.Run("CLIENT PAUSE 0");
        Assert.Equal(["pause 1700000000500 True", "pause 0 False"], rig.Ports.Calls);
    }

    [Fact]
    public void Client_reply_sets_the_mode_and_answers_only_to_on()
    {
        using var rig = new CommandRig();
        Assert.Equal("", rig.Run("CLIENT REPLY SKIP"));
        Assert.Equal(ReplyMode.SkipNext, rig.Session.ReplyMode);
        Assert.Equal("", rig.Run("CLIENT REPLY OFF"));
        Assert.Equal("", rig.Run("CLIENT REPLY SKIP"));
        Assert.Equal(ReplyMode.Off, rig.Session.ReplyMode);
        Assert.Equal("+OK", rig.Run("CLIENT REPLY ON"));
        Assert.Equal(ReplyMode.On, rig.Session.ReplyMode);
    }

    [Fact]
    public void An_error_cannot_be_broken_out_of_by_what_it_names()
    {
        using var rig = new CommandRig();
        byte[] reply = rig.Run([.. CommandRig.Words("EXPIRE k 10"), "a\r\n+OK\0hidden"u8.ToArray()]);
        Assert.Equal("-ERR Unsupported option a  +OK\r\n"u8.ToArray(), reply);
    }
}
