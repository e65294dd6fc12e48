// oom-score-adj: how soon the kernel ends this process when memory runs out, by its role. Replicas go before masters.
//
// The score that was found is remembered when the first one is written, and comes back when the directive is switched off.
// There is no third process class in Redoubt, since no child saves the dataset; its value is kept and has no effect.

using System.Globalization;
using Redoubt.Server.Configuration;
using Redoubt.Server.Dispatch;
using Redoubt.Server.Logging;

namespace Redoubt.Server.Processes;

internal sealed class OomScore(ServerConfig config, ServerState state, ServerLog log)
{
    private const string ScoreFile = "/proc/self/oom_score_adj";
    private const int MasterClass = 0, ReplicaClass = 1;
    private const int ScoreMax = 1000;

    private int? _found;

    /// <summary>Writes the score of the present configuration and role. Returns null or the reason why not, for CONFIG SET.</summary>
    public string? Apply()
    {
        OomScoreAdjust mode = config.Process.OomScoreAdj.Value;
        if (mode == OomScoreAdjust.No)
        {
            if (_found is not { } former)
                return null;
            _found = null;
            return Write(former);
        }
        if (_found is null && !TryRead(out _found))
            return Failed;
        int score = config.Process.OomScoreAdjValues.Value[state.IsReplica ? ReplicaClass : MasterClass];
        if (mode == OomScoreAdjust.Relative)
            score += _found ?? 0;
        return Write(Math.Clamp(score, -ScoreMax, ScoreMax));
    }

    private const string Failed = "Failed to set current oom_score_adj. Check server logs.";

    private bool TryRead(out int? score)
    {
        score = null;
        try
        {
            score = int.Parse(File.ReadAllText(ScoreFile), NumberStyles.Integer, CultureInfo.InvariantCulture);
            return true;
        }
        catch (Exception failure) when (FileErrors.IsOne(failure))
        {
            log.OomScoreFailed("read", FileErrors.Reason(failure, ScoreFile));
            return false;
        }
    }

    private string? Write(int score)
    {
        try
        {
            File.WriteAllText(ScoreFile, score.ToString(CultureInfo.InvariantCulture) + "\n");
            return null;
        }
        catch (Exception failure) when (FileErrors.IsOne(failure))
        {
            log.OomScoreFailed("write", FileErrors.Reason(failure, ScoreFile));
            return Failed;
        }
    }
}
