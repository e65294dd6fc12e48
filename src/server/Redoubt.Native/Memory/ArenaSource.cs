// Where slabs come from: arenas of 4 MB, reserved when they are needed, or a little ahead.
//
// Why ahead: a page of memory is made by the system when it is first touched, and to clear it costs about as much as to fill it.
// While a dataset is loaded that was a third of the keyspace thread's time. A helper makes the pages of the next arenas meanwhile;
// the gain is a core that would have nothing to do.
//
// Threads: the owner's, but for `Make`. An arena is the helper's until it lies in `_ready`.

using System.Collections.Concurrent;

namespace Redoubt.Native.Memory;

internal sealed unsafe class ArenaSource : IDisposable
{
    public const int ArenaBytes = 4 * 1024 * 1024;

    private const int AheadMax = 4;

    private Ahead? _ahead;

    /// <summary>True while arenas are made ahead of their use; at most 16 MB of them.</summary>
    public bool IsAhead
    {
        get => _ahead is not null;
        set
        {
            if (value == IsAhead || Environment.ProcessorCount == 1)
                return;
            if (value)
            {
                _ahead = new Ahead();
                return;
            }
            _ahead!.Stop();
            _ahead = null;
        }
    }

    /// <summary>An arena, aligned to its size, that reads as zero.</summary>
    public byte* Take() => _ahead is { } ahead && ahead.TryTake(out nint arena) ? (byte*)arena : VirtualMemory.Reserve(ArenaBytes, ArenaBytes);

    public void Dispose() => IsAhead = false;

    /// <summary>The helper, from its start to its end.</summary>
    private sealed class Ahead
    {
        private readonly ConcurrentQueue<nint> _ready = new();
        private readonly SemaphoreSlim _room = new(AheadMax);
        private volatile bool _isStopped;

        public Ahead() => new Thread(Make) { IsBackground = true, Name = "redoubt-pages" }.Start();

        public bool TryTake(out nint arena)
        {
            if (!_ready.TryDequeue(out arena))
                return false;
            _room.Release();
            return true;
        }

        public void Stop()
        {
            _isStopped = true;
            _room.Release();
        }

        private void Make()
        {
            ThreadPriorities.LowerThisThread();
            while (true)
            {
                _room.Wait();
                if (_isStopped)
                    break;
                byte* arena;
                try
                {
                    arena = VirtualMemory.Reserve(ArenaBytes, ArenaBytes);
                }
                catch (OutOfMemoryException)
                {
                    // The owner meets the same, and says so.
                    break;
                }
                VirtualMemory.Populate(arena, ArenaBytes);
                _ready.Enqueue((nint)arena);
            }
            while (_ready.TryDequeue(out nint unused))
                VirtualMemory.Release((byte*)unused, ArenaBytes);
        }
    }
}
