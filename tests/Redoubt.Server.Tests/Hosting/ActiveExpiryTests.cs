using System.Text;
using Redoubt.Commands;
using Redoubt.Keyspace;
using Redoubt.Native.Memory;
using Redoubt.Replication;
using Redoubt.Server.Dispatch;
using Redoubt.Server.Hosting;
using Redoubt.Server.Loop;

namespace Redoubt.Server.Tests.Hosting;

/// <summary>What one tick of the search for expired keys does, without a clock that could end it.</summary>
public sealed class ActiveExpiryTests : IDisposable
{
    private const int Keys = 300_000;

    private readonly SlabHeap _heap = new();
    private readonly Redoubt.Keyspace.Keyspace _keyspace;
    private readonly ActiveExpiry _expiry;

    public ActiveExpiryTests()
    {
        _keyspace = new Redoubt.Keyspace.Keyspace(_heap, 1, new Random(7)) { NowMs = Clock.UnixMs };
        ServerState state = new();
        ReplicationStream stream = new(64 * 1024);
        DeletionNotes notes = new(_keyspace, new CommandSettings());
        _expiry = new ActiveExpiry(_keyspace, state, new Propagator(stream, new StreamEncoder(stream), state), notes);
        for (int i = 0; i < Keys; i++)
        {
            // Five of a hundred have expired: an effort of 1 accepts that.
            long expireAtMs = _keyspace.NowMs + (i % 20 == 0 ? -1 : 3_600_000);
            _keyspace[0].Load(_keyspace.KeyOf(Encoding.ASCII.GetBytes($"key:{i}")), "v"u8, isInteger: false, integer: 0, expireAtMs);
        }
        while (_keyspace.MoveSlice(1000))
        {
        }
    }

    public void Dispose()
    {
        _keyspace.Dispose();
        _heap.Dispose();
    }

    [Fact]
    public void A_tick_of_little_effort_looks_at_some_keys_and_accepts_that_others_have_expired()
    {
        _expiry.Tick(hz: 10, effort: 1);
        Assert.False(_expiry.Slice(long.MaxValue));
        // Some thousand keys are looked at.
        Assert.InRange(Removed, 20, 120);
    }

    [Fact]
    public void A_tick_of_much_effort_looks_at_several_times_as_many()
    {
        _expiry.Tick(hz: 10, effort: 10);
        while (_expiry.Slice(long.MaxValue))
        {
        }
        Assert.InRange(Removed, 180, Keys / 20);
    }

    [Fact]
    public void Nothing_is_removed_while_it_is_off_or_expiry_is_a_masters_business()
    {
        _expiry.IsOn = false;
        _expiry.Tick(hz: 10, effort: 10);
        Assert.False(_expiry.Slice(long.MaxValue));
        _expiry.IsOn = true;
        _keyspace.ExpiryMode = ExpiryMode.Hide;
        Assert.False(_expiry.Slice(long.MaxValue));
        Assert.Equal(0, Removed);
    }

    private long Removed => Keys - _keyspace[0].Count;
}
