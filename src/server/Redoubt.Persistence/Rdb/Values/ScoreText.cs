using System.Buffers.Text;
using System.Text;

namespace Redoubt.Persistence.Rdb;

/// <summary>Scores in the texts that Redis writes for them: decimal, or inf and -inf.</summary>
internal static class ScoreText
{
    public static bool TryParse(ReadOnlySpan<byte> text, out double score)
    {
        score = 0;
        if (text.IsEmpty)
            return false;
        bool negative = text[0] == '-';
        ReadOnlySpan<byte> word = negative || text[0] == '+' ? text[1..] : text;
        if (Ascii.EqualsIgnoreCase(word, "inf"u8) || Ascii.EqualsIgnoreCase(word, "infinity"u8))
        {
            score = negative ? double.NegativeInfinity : double.PositiveInfinity;
            return true;
        }
        return Utf8Parser.TryParse(text, out score, out int consumed) && consumed == text.Length && !double.IsNaN(score);
    }
}
