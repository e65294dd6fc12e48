using System.Text;
using Redoubt.Commands;

namespace Redoubt.Server.Dispatch;

/// <summary>Counts error replies by their first word, as INFO errorstats shows them. Beyond 128 different words all further ones count together.</summary>
internal sealed class ErrorStatistics : IErrorStatistics
{
    private const int KindsMax = 128;

    private readonly Dictionary<string, long> _counts = [];

    public long Total { get; private set; }

    public IReadOnlyDictionary<string, long> Counts => _counts;

    public void Count(ReadOnlySpan<byte> errorText)
    {
        Total++;
        int end = errorText.IndexOf((byte)' ');
        string kind = Encoding.ASCII.GetString(end < 0 ? errorText : errorText[..end]);
        if (!_counts.TryGetValue(kind, out long count) && _counts.Count >= KindsMax)
            kind = "ERRORSTATS_OVERFLOW";
        _counts[kind] = count + 1;
    }

    public void Reset()
    {
        Total = 0;
        _counts.Clear();
    }
}
