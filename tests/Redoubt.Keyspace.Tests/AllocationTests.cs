using Redoubt.Native.Memory;

namespace Redoubt.Keyspace.Tests;

public sealed class AllocationTests
{
    public static TheoryData<string, Action<Keyspace, byte[]>> Operations => new()
    {
        { "read", (k, key) => Assert.False(k[0].Read(k.KeyOf(key)).Bytes.IsEmpty) },
        { "read integer", (k, _) => Assert.False(k[0].Read(k.KeyOf("n"u8)).Bytes.IsEmpty) },
        { "set", (k, key) => k[0].SetString(k.KeyOf(key), "some value"u8) },
        { "set other length", (k, key) => { k[0].SetString(k.KeyOf(key), "a"u8); k[0].SetString(k.KeyOf(key), "a longer value"u8); } },
        { "set with expiry", (k, key) => { k[0].SetString(k.KeyOf(key), "v"u8, 1_900_000_000_000); k[0].SetString(k.KeyOf(key), "v"u8); } },
        { "increment", (k, _) => k[0].Increment(k.KeyOf("n"u8), 3, out long _) },
        { "append", (k, key) => { k[0].SetString(k.KeyOf(key), "v"u8); k[0].Append(k.KeyOf(key), "tail"u8, 1000, out int _); } },
        { "expire and persist", (k, key) => { k[0].SetExpiry(k.KeyOf(key), 1_900_000_000_000); k[0].Persist(k.KeyOf(key)); } },
        { "delete and set", (k, key) => { k[0].Delete(k.KeyOf(key)); k[0].SetString(k.KeyOf(key), "some value"u8); } },
        { "rename", (k, key) => { k[0].Rename(k.KeyOf(key), k.KeyOf("t"u8)); k[0].Rename(k.KeyOf("t"u8), k.KeyOf(key)); } },
        { "random key", (k, _) => k[0].TryRandomKey(out ReadOnlySpan<byte> _) },
        { "sweep", (k, _) => k[0].Sweep(100, 100) },
        { "slices", (k, _) => Assert.False(k.MoveSlice(8) | k.FreeSlice(8)) },
    };

    [Theory]
    [MemberData(nameof(Operations))]
    public void Warm_operations_allocate_nothing_on_the_collected_heap(string name, Action<Keyspace, byte[]> operation)
    {
        Assert.NotEmpty(name);
        using SlabHeap heap = new();
        using Keyspace keyspace = new(heap, 16, new Random(1)) { NowMs = 1_700_000_000_000 };
        byte[] key = "some:key:1"u8.ToArray();
        keyspace[0].SetString(keyspace.KeyOf(key), "some value"u8);
        keyspace[0].SetInteger(keyspace.KeyOf("n"u8), 12);
        long allocated = 0;
        for (int round = 0; round < 300; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            operation(keyspace, key);
            if (round >= 100)
                allocated += GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Assert.Equal(0, allocated);
    }
}
