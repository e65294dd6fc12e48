namespace Redoubt.Resp;

/// <summary>A reply would be longer than 2 GB, which is more than one array can hold. The client that asked for it cannot be answered.</summary>
public sealed class ReplyTooLongException() : Exception("a reply of more than 2 GB cannot be built");
