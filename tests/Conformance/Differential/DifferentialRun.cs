using System.Diagnostics;
using System.Globalization;
using System.Text;
using Redoubt.Conformance.Generation;

namespace Redoubt.Conformance.Differential;

/// <summary>
/// Many episodes over consecutive seeds. It does not stop at the first mismatch: one run tells of as many different ones as fit a screen,
/// each once, made short. Set REDOUBT_SEED to run from another seed; a failure names the seed of its episode.
/// </summary>
internal sealed class DifferentialRun(int redisPort, int redoubtPort, int protocol)
{
    private const int EpisodeLength = 500;
    private const int MismatchesShown = 25;
    private static readonly TimeSpan ShrinkLimit = TimeSpan.FromSeconds(2);

    public static int BaseSeed { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("REDOUBT_SEED"), CultureInfo.InvariantCulture, out int seed) ? seed : 20_250_101;

    /// <summary>Throws with all mismatches found; gives a summary of what was compared otherwise.</summary>
    public string Compare(int commands, Func<int, int, List<Request>> generate)
    {
        var clock = Stopwatch.StartNew();
        var found = new Dictionary<string, string>();
        var episode = new Episode(redisPort, redoubtPort, protocol);
        int seed = BaseSeed;
        int mismatches = 0;
        for (int done = 0; done < commands && found.Count < MismatchesShown; done += EpisodeLength, seed++)
        {
            Mismatch? mismatch = episode.Run(generate(seed, Math.Min(EpisodeLength, commands - done)));
            if (mismatch is null)
            {
                continue;
            }

            mismatches++;
            // One command usually differs in one way; the first examples of it are enough.
            string signature = $"{mismatch.Last.Recipe.Name} {mismatch.Expected.Length > 12} {mismatch.Actual[..Math.Min(mismatch.Actual.Length, 12)]}";
            if (!found.ContainsKey(signature))
            {
                found[signature] = Describe(episode.Shrink(mismatch, ShrinkLimit), seed);
            }
        }

        if (found.Count > 0)
        {
            throw new InvalidOperationException($"{mismatches} episodes over RESP{protocol} ended in a mismatch:\n\n{string.Join("\n\n", found.Values)}");
        }

        return Summary(commands, clock.Elapsed, episode.Explained);
    }

    private string Describe(Mismatch mismatch, int seed)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"REDOUBT_SEED={seed} RESP{protocol}, {mismatch.Requests.Count} commands from an empty dataset:");
        foreach (Request request in mismatch.Requests.TakeLast(12))
        {
            text.Append("\n  > ").Append(request);
        }

        return text.Append("\n  Redis:   ").Append(mismatch.Expected).Append("\n  Redoubt: ").Append(mismatch.Actual).ToString();
    }

    private string Summary(int commands, TimeSpan elapsed, Dictionary<string, int> explained)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{commands} commands over RESP{protocol} in {elapsed.TotalSeconds:0.0} s, no unexplained difference. Explained:");
        foreach ((string reason, int count) in explained.OrderByDescending(e => e.Value))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{count,8}  {reason}");
        }

        return text.ToString();
    }
}
