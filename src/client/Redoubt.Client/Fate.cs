namespace Redoubt.Client;

/// <summary>What a failure says about the command that met it.</summary>
internal enum Fate
{
    /// <summary>The answer is final; another attempt would get the same.</summary>
    Answered,

    /// <summary>Certainly not applied, and elsewhere or later it may be.</summary>
    NotApplied,

    /// <summary>Under way when the answer failed to come.</summary>
    MaybeApplied,
}

/// <summary>Sorts failures by <see cref="Fate"/>.</summary>
internal static class Fates
{
    public static Fate Of(ClientException error) => error switch
    {
        ReadOnlyReplicaException or NotReadyException or MovedException or ConnectException => Fate.NotApplied,
        ConnectionLostException lost => lost.MayHaveBeenExecuted ? Fate.MaybeApplied : Fate.NotApplied,
        CommandTimeoutException late => late.MayHaveBeenExecuted ? Fate.MaybeApplied : Fate.NotApplied,
        ProtocolException => Fate.MaybeApplied,
        _ => Fate.Answered,
    };

    /// <summary>One word for a metric's tag.</summary>
    public static string Word(Exception? error) => error switch
    {
        ReadOnlyReplicaException => "readonly",
        CommandException answer => answer.Code.ToLowerInvariant(),
        ConnectException => "connect",
        ConnectionLostException => "lost",
        CommandTimeoutException => "timeout",
        ProtocolException => "protocol",
        MaybeAppliedException maybe => Word(maybe.InnerException),
        null => "none",
        _ => "other",
    };
}
