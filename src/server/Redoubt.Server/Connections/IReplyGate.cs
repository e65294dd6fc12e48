namespace Redoubt.Server.Connections;

/// <summary>What must have happened before replies may leave.</summary>
internal interface IReplyGate
{
    /// <summary>Asked before replies are sent: the mark that must be reached first, or 0 when they may leave at once. Marks only grow.</summary>
    long MarkToAwait();
}
