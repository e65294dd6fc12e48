using Redoubt.Persistence.AppendOnly;

namespace Redoubt.Server.Tests.AppendOnly;

/// <summary>A disk whose writes and synchronisations fail, or wait, when the test wants them to. What is synchronised would survive a power cut.</summary>
internal sealed class FaultyDisk : IAofDisk
{
    private const int NoSpace = 28;
    private const int InputOutput = 5;

    private readonly Lock _lock = new();
    private readonly List<byte> _written = [];
    private int _synced;

    /// <summary>How many bytes have room; more is "No space left on device", after what fits was written.</summary>
    public int Capacity { get; set; } = int.MaxValue;

    public bool FailsToSync { get; set; }

    /// <summary>How long a write takes.</summary>
    public int WriteMs { get; set; }

    /// <summary>A synchronisation waits while this is closed.</summary>
    public ManualResetEventSlim SyncGate { get; } = new(initialState: true);

    public int Syncs { get; private set; }

    public string Written
    {
        get
        {
            lock (_lock)
                return System.Text.Encoding.ASCII.GetString(_written.ToArray());
        }
    }

    public string Synced
    {
        get
        {
            lock (_lock)
                return System.Text.Encoding.ASCII.GetString(_written.ToArray(), 0, _synced);
        }
    }

    public IAofFile Open(string path) => new MemoryFile(this);

    private sealed class MemoryFile(FaultyDisk disk) : IAofFile
    {
        public long Length
        {
            get
            {
                lock (disk._lock)
                    return disk._written.Count;
            }
        }

        public void Append(ReadOnlySpan<byte> bytes)
        {
            if (disk.WriteMs > 0)
                Thread.Sleep(disk.WriteMs); // the disk is slow on purpose
            lock (disk._lock)
            {
                int room = disk.Capacity - disk._written.Count;
                disk._written.AddRange(bytes[..Math.Min(bytes.Length, Math.Max(0, room))]);
                if (room < bytes.Length)
                    throw new IOException("No space left on device", NoSpace);
            }
        }

        public void Sync()
        {
            int length = (int)Length;
            disk.SyncGate.Wait();
            if (disk.FailsToSync)
                throw new IOException("Input/output error", InputOutput);
            lock (disk._lock)
                disk._synced = Math.Max(disk._synced, length);
            disk.Syncs++;
        }

        public void Truncate(long length)
        {
            lock (disk._lock)
                disk._written.RemoveRange((int)length, disk._written.Count - (int)length);
        }

        public void Dispose()
        {
        }
    }
}
