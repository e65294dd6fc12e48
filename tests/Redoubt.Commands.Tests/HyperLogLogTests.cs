using System.Text;

namespace Redoubt.Commands.Tests;

/// <summary>Sparse HyperLogLogs that others have damaged: what a real server makes of them is the measure.</summary>
public sealed class HyperLogLogTests
{
    private const string Zeros16384 = "\x7F\xFF";

    [Theory]
    [InlineData(Zeros16384 + "\x80")]
    [InlineData(Zeros16384 + "\x80\x00")]
    [InlineData(Zeros16384 + "\x00")]
    [InlineData("\x7F\xFE" + "\x81")]
    [InlineData("\x7F\xFE" + "\x80\x83\x40")]
    [InlineData("\x7F")]
    [InlineData("\x7F\xFE")]
    [InlineData("")]
    [InlineData("\x7F\xFE\x40")]
    public void Runs_beyond_the_last_register_are_taken_as_a_real_server_takes_them(string runs)
    {
        byte[][] set = [.. CommandRig.Words("SET h"), [.. "HYLL\x01"u8, .. new byte[10], 0x80, .. Encoding.Latin1.GetBytes(runs)]];
        string[] lines = ["PFADD h a b c d e f g i j k l m n", "PFCOUNT h", "PFMERGE d h", "PFCOUNT d", "GET h"];
        using var real = new RealRedis();
        using var rig = new CommandRig();
        foreach (int sparseMax in new[] { 3000, 0 })
        {
            real.Run(CommandRig.Words($"CONFIG SET hll-sparse-max-bytes {sparseMax}"));
            rig.Keyspace.Limits.HllSparseMaxBytes = sparseMax;
            real.Run(CommandRig.Words("FLUSHALL"));
            rig.Run("FLUSHALL");
            real.Run(set);
            rig.Run(set);
            foreach (string line in lines)
                Assert.Equal($"{sparseMax} {line} -> {CommandRig.Show(real.Run(CommandRig.Words(line)))}", $"{sparseMax} {line} -> {rig.Run(line)}");
        }
    }
}
