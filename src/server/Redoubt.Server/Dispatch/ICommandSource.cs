namespace Redoubt.Server.Dispatch;

/// <summary>Where commands come from that are obeyed and not answered: the master's stream, the append-only file.</summary>
internal interface ICommandSource
{
    /// <summary>A command has a form that this server does not know. True when it can be left out; otherwise the source has ended its client.</summary>
    bool MayLeaveOut(ReadOnlySpan<byte> name);

    /// <summary>A command was answered with an error, which it should not have been.</summary>
    void Failed(string command, string error);

    /// <summary>A command has been applied; these were its bytes.</summary>
    void Applied(ReadOnlySpan<byte> bytes, bool isInsideTransaction);
}
