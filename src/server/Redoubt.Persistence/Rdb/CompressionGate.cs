// Decides whether a string is worth an attempt at compression.
//
// Trying every string is what makes full resyncs of incompressible data slow: half the time goes into attempts that fail. So attempts
// are counted by kind. Strings of about the same length (powers of two) and of the same look (pure ASCII or not, judged by the first 32 bytes)
// tend to come from the same writer. When eight of a kind have failed in a row, the next eight are not tried; after each further failure
// the pause doubles, up to 64. One success ends it. So a change in the data is noticed within 64 strings of that kind, and text amid
// random bytes of equal length is always tried. Long strings are tried always: the compressor strides over what does not compress.
using System.Numerics;
using System.Text;

namespace Redoubt.Persistence.Rdb;

internal sealed class CompressionGate
{
    /// <summary>Shorter strings never gain enough to pay for the header.</summary>
    public const int LengthMin = 21;

    private const int AlwaysTriedFrom = 64 * 1024;
    private const int StreakTolerated = 8;
    private const int PauseMax = 64;
    private const int LookedAt = 32;

    private readonly Kind[] _kinds = new Kind[64];

    public bool ShouldTry(ReadOnlySpan<byte> text, out int kindIndex)
    {
        kindIndex = 0;
        if (text.Length < LengthMin)
            return false;
        bool ascii = Ascii.IsValid(text[..Math.Min(text.Length, LookedAt)]);
        kindIndex = BitOperations.Log2((uint)text.Length) * 2 + (ascii ? 1 : 0);
        if (text.Length >= AlwaysTriedFrom)
            return true;
        ref Kind kind = ref _kinds[kindIndex];
        if (kind.ToSkip == 0)
            return true;
        kind.ToSkip--;
        return false;
    }

    public void Report(int kindIndex, bool compressed)
    {
        ref Kind kind = ref _kinds[kindIndex];
        if (compressed)
        {
            kind = default;
        }
        else if (++kind.Failures >= StreakTolerated)
        {
            kind.Pause = Math.Clamp(kind.Pause * 2, StreakTolerated, PauseMax);
            kind.ToSkip = kind.Pause;
        }
    }

    private struct Kind
    {
        public int Failures;
        public int Pause;
        public int ToSkip;
    }
}
