namespace Redoubt.Commands.Tests;

public sealed class AllocationTests
{
    [Theory]
    [InlineData("PING")]
    [InlineData("GET k")]
    [InlineData("GET missing")]
    [InlineData("SET k value")]
    [InlineData("SET k value EX 100")]
    [InlineData("SET k value KEEPTTL GET")]
    [InlineData("SETEX k 100 value")]
    [InlineData("SETNX k value")]
    [InlineData("INCR n")]
    [InlineData("INCRBY n 5")]
    [InlineData("EXPIRE k 100")]
    [InlineData("PEXPIREAT k 4000000000000 NX")]
    [InlineData("TTL k")]
    [InlineData("EXISTS k n")]
    [InlineData("MGET k n missing")]
    [InlineData("GETRANGE k 0 2")]
    [InlineData("STRLEN k")]
    [InlineData("DEL missing")]
    [InlineData("TYPE k")]
    [InlineData("SELECT 0")]
    public void Simple_commands_allocate_nothing(string line)
    {
        using var rig = new CommandRig();
        rig.Run("SET k value");
        rig.Run("SET n 1");
        rig.Run(line);
        int index = rig.Aim(CommandRig.Words(line));
        Repeat(rig, index, 100);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Repeat(rig, index, 10_000);
        // Anything that allocates once per command shows as at least 240,000 bytes.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000);
    }

    private static void Repeat(CommandRig rig, int index, int count)
    {
        for (int i = 0; i < count; i++)
        {
            rig.Context.Reply.Clear();
            rig.Context.Propagate.Reset();
            CommandTable.Execute(index, rig.Context);
        }
    }
}
