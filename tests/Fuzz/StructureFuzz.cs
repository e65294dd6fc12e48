using Redoubt.Commands.Tests;
using Redoubt.Replication.Tests;

namespace Fuzz;

/// <summary>
/// Structures beside models in plain collections: each step is done to both, then the structure's invariants, its content and the fences of the heap
/// are looked at. Lists and the keyspace have files of their own; the other values, and the listpacks and tables below them, are run in the same
/// way by the tests of Redoubt.Structures, to which alone their insides are shown.
/// </summary>
public class StructureFuzz
{
    [Fact]
    public void Bits_of_strings_do_as_arrays_of_bytes() => Campaign.Run(random =>
    {
        using CommandRig rig = new();
        BitmapModel model = new(rig, random);
        for (int step = random.Next(300); step > 0; step--)
        {
            model.Step();
            model.Compare();
        }
    });

    [Fact]
    public void HyperLogLogs_do_as_rows_of_registers() => Campaign.Run(random =>
    {
        using CommandRig rig = new();
        rig.Context.Keyspace.Limits.HllSparseMaxBytes = random.Next(3) == 0 ? random.Next(4000) : 3000;
        HyperLogLogModel model = new(rig, random);
        for (int step = random.Next(80); step > 0; step--)
        {
            model.Step();
            model.Compare();
        }
    });

    [Fact]
    public void The_backlog_and_its_readers_do_as_one_row_of_bytes() => Campaign.Run(random =>
    {
        ReplicationStreamModel model = new(random);
        for (int step = random.Next(1000); step > 0; step--)
        {
            model.Step();
            model.Compare();
        }
        model.CloseAll();
    });
}
