namespace Redoubt.Server.Configuration;

/// <summary>A command that rename-command gave another name; an empty name takes it away.</summary>
internal readonly record struct RenamedCommand(string From, string To);

/// <summary>Who sends a CONFIG SET, and when.</summary>
internal readonly record struct ConfigCaller(bool IsLocal, bool IsLoading = false);
