namespace Redoubt.Commands.Tests;

public sealed class StringLimitTests
{
    private const string TooLong = "-ERR string exceeds maximum allowed size (proto-max-bulk-len)";

    [Theory]
    [InlineData("APPEND k 1234567", TooLong)]
    [InlineData("APPEND k 123456", ":10")]
    [InlineData("SETRANGE k 8 123", TooLong)]
    [InlineData("SETRANGE k 8 12", ":10")]
    [InlineData("SETRANGE nokey 9223372036854775807 12", TooLong)]
    public void A_string_grows_up_to_the_limit(string command, string reply)
    {
        using var rig = new CommandRig();
        rig.Context.Ports.Settings.StringLengthMax = 10;
        rig.Run("SET k 1234");
        Assert.Equal(reply, rig.Run(command));
    }

    [Fact]
    public void The_stream_of_the_master_is_not_held_to_the_limit()
    {
        using var rig = new CommandRig();
        rig.Context.Ports.Settings.StringLengthMax = 3;
        rig.Session.IsMasterLink = true;
        rig.Run("SET k abc");
        Assert.Equal(":6", rig.Run("APPEND k def"));
        Assert.Equal(":8", rig.Run("SETRANGE k 5 xyz"));
    }
}
