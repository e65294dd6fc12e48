using System.Text;
using Redoubt.Native.Memory;
using Redoubt.Structures.Entries;

namespace Redoubt.Keyspace.Tests;

/// <summary>What a database should hold: values and expiries in plain dictionaries.</summary>
internal sealed record ModelEntry(byte[] Value, long ExpireAtMs);

internal sealed class ByteKeys : IEqualityComparer<byte[]>
{
    public static readonly ByteKeys Instance = new();

    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    public int GetHashCode(byte[] key)
    {
        HashCode hash = default;
        hash.AddBytes(key);
        return hash.ToHashCode();
    }
}

/// <summary>The observer of the tests: counts deletions by expiry and frees large values at once.</summary>
internal sealed class RecordingObserver(NativeHeap heap) : IKeyspaceObserver
{
    public List<(int Database, byte[] Key)> Expirations { get; } = [];

    public List<(int Database, byte[] Key)> Evictions { get; } = [];

    public int FreedElsewhere { get; private set; }

    public void Expired(Database database, ReadOnlySpan<byte> key) => Expirations.Add((database.Index, key.ToArray()));

    public void Evicted(Database database, ReadOnlySpan<byte> key) => Evictions.Add((database.Index, key.ToArray()));

    public void FreeElsewhere(DetachedValue value)
    {
        FreedElsewhere++;
        EntryTable.FreeDetached(heap, value);
    }
}

/// <summary>Collects what a scan reports.</summary>
internal struct Collector(List<byte[]> keys) : IScanVisitor
{
    public readonly bool IsConcernedBy(ReadOnlySpan<byte> expiredKey) => true;

    public readonly void Visit(ReadOnlySpan<byte> key, in EntryView entry) => keys.Add(key.ToArray());
}

/// <summary>A keyspace on the guarded heap beside a model of it; every operation is done to both and compared.</summary>
internal sealed class Rig : IDisposable
{
    public const long StartMs = 1_700_000_000_000;

    public Rig(int seed, int databases = 4)
    {
        Random = new Random(seed);
        Keyspace = new Keyspace(Heap, databases, new Random(seed)) { NowMs = StartMs };
        Observer = new RecordingObserver(Heap);
        Keyspace.Observer = Observer;
        Model = [.. Enumerable.Range(0, databases).Select(_ => new Dictionary<byte[], ModelEntry>(ByteKeys.Instance))];
    }

    public GuardHeap Heap { get; } = new();

    public Keyspace Keyspace { get; }

    public RecordingObserver Observer { get; }

    public Random Random { get; }

    public Dictionary<byte[], ModelEntry>[] Model { get; }

    public long NowMs => Keyspace.NowMs;

    public Key KeyOf(byte[] key) => Keyspace.KeyOf(key);

    public static byte[] Text(long number) => Encoding.ASCII.GetBytes(number.ToString());

    public static byte[] Text(string text) => Encoding.Latin1.GetBytes(text);

    /// <summary>What a key holds for a client in the model.</summary>
    public ModelEntry? Live(int database, byte[] key) =>
        Model[database].TryGetValue(key, out ModelEntry? entry) && !IsExpired(entry) ? entry : null;

    public bool IsExpired(ModelEntry entry) =>
        entry.ExpireAtMs >= 0 && Keyspace.ExpiryMode != ExpiryMode.Ignore && NowMs > entry.ExpireAtMs;

    /// <summary>The whole keyspace as the model has it: every key that is there, expired or not.</summary>
    public void CheckAll()
    {
        ExpiryMode mode = Keyspace.ExpiryMode;
        Keyspace.ExpiryMode = ExpiryMode.Ignore;
        for (int database = 0; database < Model.Length; database++)
        {
            Database actual = Keyspace[database];
            actual.Verify();
            Assert.Equal(Model[database].Count, actual.Count);
            Assert.Equal(Model[database].Values.Count(e => e.ExpireAtMs >= 0), actual.ExpiringCount);
            foreach ((byte[] key, ModelEntry entry) in Model[database])
            {
                EntryView view = actual.Peek(KeyOf(key));
                Assert.True(view.Exists);
                Assert.True(view.Bytes.SequenceEqual(entry.Value));
                Assert.Equal(entry.ExpireAtMs, view.ExpireAtMs);
            }
        }
        Keyspace.ExpiryMode = mode;
        Heap.Verify();
    }

    /// <summary>Drops from the model what the keyspace said it expired; each key once, and none that was not due.</summary>
    public void TakeExpirations()
    {
        foreach ((int database, byte[] key) in Observer.Expirations)
        {
            Assert.True(Model[database].Remove(key, out ModelEntry? entry), "an expired key is told once");
            Assert.True(entry.ExpireAtMs >= 0 && NowMs > entry.ExpireAtMs, "only what is due expires");
        }
        Observer.Expirations.Clear();
    }

    public void Dispose()
    {
        Keyspace.Dispose();
        Heap.AssertEmpty();
        Assert.Equal(0, Heap.UsedBytes);
        Assert.Equal(0, Heap.BlockCount);
        Heap.Dispose();
    }
}
