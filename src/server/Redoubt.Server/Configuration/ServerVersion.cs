namespace Redoubt.Server.Configuration;

/// <summary>Which Redis this server stands in for, and which build of Redoubt it is.</summary>
internal static class ServerVersion
{
    /// <summary>What INFO redis_version and <c>--version</c> say: clients and tools choose their features by it.</summary>
    public const string Redis = "7.0.15";

    public static string Redoubt { get; } = typeof(ServerVersion).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    /// <summary>Sixteen hexadecimal digits that differ between builds.</summary>
    public static string Build { get; } = typeof(ServerVersion).Module.ModuleVersionId.ToString("N")[..16];
}
