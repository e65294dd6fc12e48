namespace Redoubt.Replication;

// A diskless master does not know how long its snapshot will be, so it announces `$EOF:<mark>` with forty random characters
// and ends the payload with the same forty. The payload arrives in pieces cut anywhere, also within the mark. The scanner
// hands on every byte as soon as it is certain that it is not part of the mark: it holds back only the longest tail that
// is a beginning of the mark (39 bytes at most), and copies nothing else.

/// <summary>Finds the end of a payload that is closed by a 40-byte mark.</summary>
public sealed class EofMarkScanner
{
    /// <summary>Length of the mark in bytes.</summary>
    public const int MarkLength = 40;

    private readonly byte[] _mark = new byte[MarkLength];
    private readonly byte[] _released = new byte[2 * MarkLength];
    // So many bytes of the stream are held back; they equal the beginning of the mark.
    private int _held;

    /// <summary>Takes the mark of the announcement.</summary>
    public EofMarkScanner(ReadOnlySpan<byte> mark)
    {
        if (mark.Length != MarkLength)
            throw new ArgumentException($"The mark has {MarkLength} bytes, not {mark.Length}.", nameof(mark));
        mark.CopyTo(_mark);
    }

    /// <summary>True once the whole mark has been seen.</summary>
    public bool Finished { get; private set; }

    /// <summary>Takes the next piece. Payload bytes come out in two spans, to be used in this order and before the next call:
    /// <paramref name="earlier"/> (held back from former pieces) and <paramref name="direct"/> (part of this piece).
    /// Returns how much of the piece belongs to payload or mark; less than all only when the mark ended in it.</summary>
    public int Scan(ReadOnlySpan<byte> piece, out ReadOnlySpan<byte> earlier, out ReadOnlySpan<byte> direct)
    {
        earlier = default;
        direct = default;
        if (Finished)
            return 0;
        if (_held > 0)
        {
            // A mark that began in the held bytes ends within the first 39 of this piece.
            Span<byte> seam = stackalloc byte[2 * MarkLength];
            int fromPiece = Math.Min(piece.Length, MarkLength - 1);
            _mark.AsSpan(0, _held).CopyTo(seam);
            piece[..fromPiece].CopyTo(seam[_held..]);
            seam = seam[..(_held + fromPiece)];
            int at = seam.IndexOf(_mark);
            if (at >= 0)
            {
                Finished = true;
                earlier = Release(seam[..at]);
                return at + MarkLength - _held;
            }

            if (fromPiece == piece.Length)
            {
                int start = BeginningOfMark(seam);
                earlier = Release(seam[..start]);
                _held = seam.Length - start;
                return piece.Length;
            }

            earlier = Release(seam[.._held]);
            _held = 0;
        }

        int mark = piece.IndexOf(_mark);
        if (mark >= 0)
        {
            Finished = true;
            direct = piece[..mark];
            return mark + MarkLength;
        }

        int tail = BeginningOfMark(piece);
        direct = piece[..tail];
        _held = piece.Length - tail;
        return piece.Length;
    }

    private ReadOnlySpan<byte> Release(scoped ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_released);
        return _released.AsSpan(0, bytes.Length);
    }

    // Where the longest tail begins that could become the mark; the length when there is none.
    private int BeginningOfMark(ReadOnlySpan<byte> bytes)
    {
        for (int start = Math.Max(0, bytes.Length - (MarkLength - 1)); start < bytes.Length; start++)
        {
            if (_mark.AsSpan().StartsWith(bytes[start..]))
                return start;
        }

        return bytes.Length;
    }
}
