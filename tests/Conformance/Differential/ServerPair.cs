using Redoubt.Testing;

namespace Redoubt.Conformance.Differential;

/// <summary>The judge and the judged, started alike. Shared by the tests of a class; each test begins from an empty dataset.</summary>
public sealed class ServerPair : IDisposable
{
    /// <summary>Limits are small, so that short sequences of commands cross them.</summary>
    public ServerPair()
        : this(["--enable-debug-command", "yes", "--stream-node-max-entries", "5", "--list-max-listpack-size", "4", "--list-compress-depth", "1"])
    {
    }

    private ServerPair(string[] arguments)
    {
        Redis = RedisServers.Redis(arguments);
        try
        {
            Redoubt = RedisServers.Redoubt(arguments);
        }
        catch
        {
            Redis.Dispose();
            throw;
        }
    }

    /// <summary>A pair with the same directives on both sides.</summary>
    public static ServerPair With(params string[] arguments) => new(arguments);

    public ServerProcess Redis { get; }

    public ServerProcess Redoubt { get; }

    public void Flush()
    {
        Redis.Call("FLUSHALL").OrThrow();
        Redoubt.Call("FLUSHALL").OrThrow();
    }

    public void Dispose()
    {
        Redoubt.Dispose();
        Redis.Dispose();
    }
}
