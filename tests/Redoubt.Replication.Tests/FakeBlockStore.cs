namespace Redoubt.Replication.Tests;

/// <summary>A disk that takes its time, is full now and then, and must not be asked for what it does not have.</summary>
internal sealed class FakeBlockStore : IBlockStore
{
    private readonly Dictionary<int, byte[]> _slots = [];
    private readonly Queue<(int Slot, byte[] Bytes, byte[] AsAsked, Action<bool> Done)> _underWay = new();

    public int Writes { get; private set; }

    public bool IsBroken { get; set; }

    public int SlotsInUse => _slots.Count;

    public int UnderWay => _underWay.Count;

    public void Write(int slot, byte[] bytes, int length, Action<bool> done)
    {
        Assert.DoesNotContain(_underWay, other => other.Slot == slot);
        Writes++;
        _underWay.Enqueue((slot, bytes, bytes.AsSpan(0, length).ToArray(), done));
    }

    public bool Read(int slot, Span<byte> bytes)
    {
        if (IsBroken)
            return false;
        _slots[slot].CopyTo(bytes);
        Assert.Equal(_slots[slot].Length, bytes.Length);
        return true;
    }

    public void Clear()
    {
        Assert.Empty(_underWay);
        _slots.Clear();
    }

    /// <summary>The oldest write ends.</summary>
    public void Step(Random? random = null)
    {
        if (!_underWay.TryDequeue(out (int Slot, byte[] Bytes, byte[] AsAsked, Action<bool> Done) write))
            return;
        bool succeeds = !IsBroken && random?.Next(10) != 0;
        if (succeeds)
            _slots[write.Slot] = write.Bytes.AsSpan(0, write.AsAsked.Length).ToArray();
        write.Done(succeeds);
    }

    public void Finish()
    {
        while (_underWay.Count > 0)
            Step();
    }
}
