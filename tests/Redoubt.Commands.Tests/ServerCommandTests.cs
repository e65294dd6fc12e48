namespace Redoubt.Commands.Tests;

public sealed class ServerCommandTests
{
    [Theory]
    [InlineData("CONFIG GET port max*", "*4|$4|port|$4|6379|$5|asked|$9|port max*")]
    [InlineData("CONFIG SET hz 5 port 1", "+OK")]
    [InlineData("CONFIG SET port 1", "-ERR refused")]
    [InlineData("CONFIG REWRITE", "-ERR The server is running without a config file")]
    [InlineData("INFO Server CLIENTS", "$19|info server clients")]
    [InlineData("BGSAVE", "+Background saving started")]
    [InlineData("BGSAVE schedule", "+Background saving scheduled")]
    [InlineData("SAVE", "+OK")]
    [InlineData("LASTSAVE", ":1700000000")]
    [InlineData("SHUTDOWN NOSAVE", "")]
    [InlineData("SHUTDOWN ABORT", "-ERR No shutdown in progress.")]
    public void Server_commands_answer(string command, string reply)
    {
        using var rig = new CommandRig();
        Assert.Equal(reply, rig.Run(command));
    }

    [Theory]
    [InlineData("REPLICAOF NO ONE", "replicaof")]
    [InlineData("SLAVEOF h 1", "replicaof")]
    [InlineData("ROLE", "role")]
    [InlineData("WAIT 1 0", "wait")]
    [InlineData("FAILOVER", "failover")]
    [InlineData("PSYNC ? -1", "sync")]
    [InlineData("SYNC", "sync")]
    [InlineData("REPLCONF ACK 1", "replconf")]
    [InlineData("MULTI", "multi")]
    [InlineData("EXEC", "exec")]
    [InlineData("DISCARD", "discard")]
    [InlineData("FLUSHALL", "flushed")]
    [InlineData("CONFIG RESETSTAT", "resetstat")]
    [InlineData("DEBUG SLEEP 0.5", "sleep 500")]
    [InlineData("DEBUG SET-ACTIVE-EXPIRE 0", "active False")]
    [InlineData("SHUTDOWN SAVE NOW FORCE", "shutdown True True True False")]
    public void Goes_to_the_part_of_the_server_that_does_it(string command, string call)
    {
        using var rig = new CommandRig();
        rig.Run(command);
        Assert.Equal([call], rig.Ports.Calls);
    }

    [Fact]
    public void Help_names_the_command_and_frames_its_lines()
    {
        using var rig = new CommandRig();
        foreach (string command in (string[])["CLIENT", "CONFIG", "OBJECT", "DEBUG"])
        {
            string[] lines = rig.Run($"{command} HELP").Split('|');
            Assert.Equal($"+{command} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:", lines[1]);
            Assert.Equal("+    Prints this help.", lines[^1]);
        }
    }

    [Fact]
    public void Scan_meets_every_key_once_over_many_steps()
    {
        using var rig = new CommandRig();
        rig.Run("DEBUG POPULATE 1000");
        var seen = new List<string>();
        string cursor = "0";
        do
        {
            List<string> bulks = RespText.Bulks(rig.Run(CommandRig.Words($"SCAN {cursor} COUNT 37")));
            cursor = bulks[0];
            seen.AddRange(bulks.Skip(1));
        }
        while (cursor != "0");
        Assert.Equal(1000, seen.Count);
        Assert.Equal(1000, seen.Distinct().Count());
    }
}
