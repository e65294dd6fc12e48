// Where the stream's blocks go that only a replica in synchronisation still needs (see ReplicationStream): one file in `dir`, made when it is needed and
// without a name from its first moment on, so that nothing is left of it after a crash.
//
// A helper thread writes; the keyspace thread reads, mostly what the system still has in memory, and only as fast as a replica's link takes it. The system
// is asked ahead for what comes next.
//
// Failure: what cannot be written stays in memory, where the output limit of replicas counts it. What cannot be read costs the replica its link.

using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;
using Redoubt.Replication;
using Redoubt.Server.Configuration;
using Redoubt.Server.Logging;
using Redoubt.Server.Loop;

namespace Redoubt.Server.Replicas;

internal sealed class SpillFile(ServerConfig config, ServerLog log, Mailbox mailbox) : IBlockStore
{
    private readonly BlockingCollection<(int Slot, byte[] Bytes, int Length, Action<bool> Done)> _toWrite = [];
    private SafeFileHandle? _file;
    private Thread? _writer;
    private bool _isBroken;

    public void Write(int slot, byte[] bytes, int length, Action<bool> done)
    {
        if (Open() is null)
        {
            mailbox.Post(() => done(false));
            return;
        }
        if (_writer is null)
        {
            _writer = new Thread(WriteAll) { IsBackground = true, Name = "redoubt-spill" };
            _writer.Start();
        }
        _toWrite.Add((slot, bytes, length, done));
    }

    public bool Read(int slot, Span<byte> bytes)
    {
        try
        {
            return _file is { } file && RandomAccess.Read(file, bytes, PlaceOf(slot)) == bytes.Length;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            log.Warn($"The file with what replicas still need cannot be read: {failure.Message}. They begin anew.");
            return false;
        }
    }

    public void Clear()
    {
        // Nothing is being written: whoever holds a slot has not freed it.
        _file?.Dispose();
        _file = null;
    }

    private static long PlaceOf(int slot) => (long)slot * ReplicationStream.BlockBytesMax;

    private SafeFileHandle? Open()
    {
        if (_file is not null)
            return _file;
        string path = config.PathInDir($"temp-{Environment.ProcessId}.sync-stream");
        try
        {
            _file = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.Delete);
            File.Delete(path);
            _isBroken = false;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Complain(failure.Message);
        }
        return _file;
    }

    private void WriteAll()
    {
        foreach ((int slot, byte[] bytes, int length, Action<bool> done) in _toWrite.GetConsumingEnumerable())
        {
            string? error = null;
            try
            {
                RandomAccess.Write(_file!, bytes.AsSpan(0, length), PlaceOf(slot));
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                error = failure.Message;
            }
            mailbox.Post(() =>
            {
                if (error is not null)
                    Complain(error);
                done(error is null);
            });
        }
    }

    private void Complain(string reason)
    {
        if (_isBroken)
            return;
        _isBroken = true;
        log.Warn($"What replicas in synchronisation still need cannot be kept in a file in {config.Dir}: {reason}. It stays in memory, within client-output-buffer-limit. "
            + "Free some space, or set dir to a folder that has it.");
    }
}
