namespace Redoubt.Commands.Tests;

public sealed class BitsBesideModels
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Bit_commands_do_as_arrays_of_bytes_would(int seed)
    {
        using CommandRig rig = new();
        BitmapModel model = new(rig, new Random(seed));
        for (int step = 0; step < 1500; step++)
        {
            model.Step();
            model.Compare();
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void HyperLogLogs_do_as_rows_of_registers_would_in_either_form(int seed)
    {
        using CommandRig rig = new();
        HyperLogLogModel model = new(rig, new Random(seed));
        for (int step = 0; step < 150; step++)
        {
            model.Step();
            if (step % 4 == 0)
                model.Compare();
        }
        model.Compare();
    }
}
