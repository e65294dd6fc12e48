using System.Text;
using Redoubt.Conformance.Differential;
using Redoubt.Conformance.Generation;
using Redoubt.Conformance.Replication;
using Redoubt.Testing;

namespace Redoubt.Conformance;

/// <summary>A comparison that cannot fail proves nothing. Here both servers are Redis, and one is altered on its way back.</summary>
public sealed class The_comparison_itself : IDisposable
{
    private readonly ServerProcess _left = RedisServers.Redis();
    private readonly ServerProcess _right = RedisServers.Redis();
    private readonly CuttingProxy _mutant;

    public The_comparison_itself() => _mutant = new CuttingProxy(_right.Port);

    public void Dispose()
    {
        _mutant.Dispose();
        _right.Dispose();
        _left.Dispose();
    }

    [Theory]
    [InlineData("$-1\r\n", "*-1\r\n")]
    [InlineData("ERR value is not an integer or out of range\r\n", "ERR value is not an integer\r\n")]
    [InlineData(":-2\r\n", ":-1\r\n")]
    [InlineData("embstr", "rawraw")]
    public void Finds_a_server_that_answers_otherwise_and_makes_the_case_short(string reply, string altered)
    {
        _mutant.AlterReplies = chunk => Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(chunk).Replace(reply, altered, StringComparison.Ordinal));
        var run = new DifferentialRun(_left.Port, _mutant.Port, protocol: 2);
        string report = Assert.Throws<InvalidOperationException>(() => run.Compare(5_000, Recipes.Mixture)).Message;
        Assert.Contains("REDOUBT_SEED=", report, StringComparison.Ordinal);
        Assert.Matches("[1-9] commands from an empty dataset", report);
    }

    [Fact]
    public void Finds_a_server_that_closes_the_connection()
    {
        int chunks = 0;
        _mutant.AlterReplies = chunk => Interlocked.Increment(ref chunks) == 20 ? throw new ObjectDisposedException("cut here") : chunk;
        var run = new DifferentialRun(_left.Port, _mutant.Port, protocol: 3);
        Assert.Contains("no reply", Assert.Throws<InvalidOperationException>(() => run.Compare(2_000, Recipes.Mixture)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SET", "same", "left", "right")]
    [InlineData("SET", "only-left", "left", null)]
    [InlineData("LPUSH", "list", "a", "b")]
    public void Finds_datasets_that_differ_in_a_value_or_a_key(string command, string key, string left, string? right)
    {
        Fill(_left, 100);
        Fill(_right, 100);
        Assert.Equal(100, Dataset.Compare(_left, _right));
        _left.Call(command, key, left).OrThrow();
        if (right is not null)
        {
            _right.Call(command, key, right).OrThrow();
        }

        Assert.Contains(key, Assert.Throws<InvalidOperationException>(() => Dataset.Compare(_left, _right)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Finds_datasets_that_differ_in_an_expiry_or_a_database()
    {
        _left.Call("SET", "k", "v", "PXAT", "33177117420000").OrThrow();
        _right.Call("SET", "k", "v", "PXAT", "33177117420001").OrThrow();
        Assert.Throws<InvalidOperationException>(() => Dataset.Compare(_left, _right));
        Assert.Equal(1, Dataset.Compare(_left, _right, TimeSpan.FromMilliseconds(1)));
        _right.Call("MOVE", "k", "9").OrThrow();
        Assert.Throws<InvalidOperationException>(() => Dataset.Compare(_left, _right, TimeSpan.FromMilliseconds(1)));
    }

    [Fact]
    public void Finds_streams_that_differ_in_one_command()
    {
        List<Request> requests = Recipes.Mixture([.. StringRecipes.All], 1, 200);
        Assert.True(PropagationComparison.Run(_left, _right, requests) > 20);

        // The second master has a key that the first has not, so SETNX propagates from one only.
        _right.Call("SET", "once", "v").OrThrow();
        var once = new Request(Recipes.Named("SETNX"), Wire.Arguments("SETNX", "once", "v"));
        Assert.Throws<InvalidOperationException>(() => PropagationComparison.Run(_left, _right, [.. requests, once]));
    }

    private static void Fill(ServerProcess server, int keys)
    {
        for (int i = 0; i < keys; i++)
        {
            server.Call("SET", $"key{i}", $"value{i}").OrThrow();
        }
    }
}
