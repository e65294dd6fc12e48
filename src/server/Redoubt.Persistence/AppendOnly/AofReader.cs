// Reads one append-only file: whole commands in chunks, for whoever executes them.
//
// How: the file is read in pieces into a buffer that grows with the longest command; what is incomplete at the end of a piece moves to the
// front. Annotations are taken out, so that a chunk holds commands alone, one after the other, in the form in which a client
// would send them. Nothing is executed here, and nothing is decided: `End` says how the file ended, and the owner knows whether it may be
// cut there.
//
// A transaction counts when its EXEC is there: `ValidUpTo` stands before a MULTI without one.
// Threads: one, which blocks while it reads. Failure: reported by `End`; damaged bytes never throw.
using Microsoft.Win32.SafeHandles;

namespace Redoubt.Persistence.AppendOnly;

public enum AofEnd
{
    /// <summary>There is more.</summary>
    None,

    /// <summary>After a whole command, or a whole transaction.</summary>
    Whole,

    /// <summary>In the middle of a command.</summary>
    Cut,

    /// <summary>In the middle of a transaction, after a whole command of it.</summary>
    CutTransaction,

    /// <summary>What stands at <see cref="AofReader.DamagedAt"/> is no command.</summary>
    Damaged,

    /// <summary>The system could not read on.</summary>
    Unreadable,
}

/// <summary>Commands that follow one another.</summary>
public sealed class AofChunk
{
    public byte[] Bytes { get; internal set; } = new byte[AofReader.PieceBytes];

    public int Length { get; internal set; }

    /// <summary>Where in the file the last of them ends.</summary>
    public long EndsAt { get; internal set; }

    internal void Add(ReadOnlySpan<byte> bytes)
    {
        if (Bytes.Length - Length < bytes.Length)
        {
            byte[] larger = GC.AllocateUninitializedArray<byte>(Math.Max(Length + bytes.Length, (int)Math.Min(2L * Bytes.Length, Array.MaxLength)));
            Bytes.AsSpan(0, Length).CopyTo(larger);
            Bytes = larger;
        }
        bytes.CopyTo(Bytes.AsSpan(Length));
        Length += bytes.Length;
    }
}

public sealed class AofReader : IDisposable
{
    internal const int PieceBytes = 128 * 1024;

    private readonly SafeFileHandle _file;
    private readonly AofScanner _scanner = new();
    private byte[] _buffer = GC.AllocateUninitializedArray<byte>(PieceBytes);
    private int _length;
    private long _bufferAt;

    /// <summary>Opens the file; throws what <see cref="File.OpenHandle"/> throws.</summary>
    /// <param name="from">Where the commands begin: behind an RDB preamble.</param>
    public AofReader(string path, long from)
    {
        _file = File.OpenHandle(path, options: FileOptions.SequentialScan);
        _bufferAt = from;
        ValidUpTo = from;
    }

    public AofEnd End { get; private set; }

    /// <summary>The end of the last command outside of a transaction, or of the last whole transaction.</summary>
    public long ValidUpTo { get; private set; }

    public long DamagedAt { get; private set; }

    /// <summary>What the system said, when it could not read.</summary>
    public string Cause { get; private set; } = "";

    /// <summary>The place in the history at the end of what was read; null when it is not known.</summary>
    public AofStamp? Stamp { get; private set; }

    /// <summary>Commands were read, whether or not a stamp follows them.</summary>
    public bool HasCommands { get; private set; }

    /// <summary>What was read ends inside a transaction.</summary>
    public bool IsInTransaction => _scanner.IsInTransaction;

    /// <summary>Fills the chunk; false at the end.</summary>
    public bool Read(AofChunk chunk)
    {
        chunk.Length = 0;
        while (End == AofEnd.None && chunk.Length == 0)
        {
            int got;
            try
            {
                got = RandomAccess.Read(_file, _buffer.AsSpan(_length), _bufferAt + _length);
            }
            catch (Exception failure) when (StorageError.IsExpected(failure))
            {
                Cause = StorageError.SystemText(failure);
                End = AofEnd.Unreadable;
                break;
            }
            _length += got;
            int done = Take(chunk, _buffer.AsSpan(0, _length));
            if (got == 0 && End == AofEnd.None)
                End = done < _length ? AofEnd.Cut : _scanner.IsInTransaction ? AofEnd.CutTransaction : AofEnd.Whole;
            Shift(done);
        }
        chunk.EndsAt = _bufferAt;
        return chunk.Length > 0;
    }

    private int Take(AofChunk chunk, ReadOnlySpan<byte> bytes)
    {
        int done = 0;
        int runStart = 0;
        while (true)
        {
            AofItem item = _scanner.Next(bytes[done..], out int length);
            if (item == AofItem.Incomplete || item == AofItem.Damaged)
            {
                chunk.Add(bytes[runStart..done]);
                if (item == AofItem.Damaged)
                {
                    DamagedAt = _bufferAt + done;
                    End = AofEnd.Damaged;
                }
                return done;
            }
            if (item == AofItem.Annotation)
            {
                chunk.Add(bytes[runStart..done]);
                if (AofStamp.TryParse(bytes.Slice(done, length), out AofStamp stamp))
                    Stamp = stamp;
                runStart = done + length;
            }
            else
            {
                Stamp = null;
                HasCommands = true;
            }
            done += length;
            if (!_scanner.IsInTransaction)
                ValidUpTo = _bufferAt + done;
        }
    }

    private void Shift(int done)
    {
        _length -= done;
        _bufferAt += done;
        _buffer.AsSpan(done, _length).CopyTo(_buffer);
        if (_length < _buffer.Length)
            return;
        byte[] larger = GC.AllocateUninitializedArray<byte>((int)Math.Min(2L * _buffer.Length, Array.MaxLength));
        _buffer.AsSpan(0, _length).CopyTo(larger);
        _buffer = larger;
    }

    public void Dispose() => _file.Dispose();
}
