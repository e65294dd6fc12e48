using System.Globalization;
using System.Text;
using Redoubt.Conformance.Generation;
using Redoubt.Testing;

namespace Redoubt.Conformance.Replication;

/// <summary>
/// The streams that two masters send their replicas for the same writes. They must be equal command by command: what a replica, an AOF or an
/// audit sees is this stream. Only absolute times differ, because each master made them from its own clock.
/// </summary>
internal static class PropagationComparison
{
    /// <summary>One master gets its requests after the other, and among them are some that wait for its timer.</summary>
    private const long ClockSlackMs = 15_000;
    private const string Marker = "end-of-the-comparison";

    /// <summary>Sends the same requests to both masters and compares what they propagate; gives the number of commands that were.</summary>
    public static int Run(ServerProcess redis, ServerProcess redoubt, IReadOnlyList<Request> requests)
    {
        using ReplicationStream left = ReplicationStream.Open(redis);
        using ReplicationStream right = ReplicationStream.Open(redoubt);
        Write(redis, requests);
        Write(redoubt, requests);
        return Compare(left.Until(Marker), right.Until(Marker));
    }

    /// <summary>Compares what two masters propagated, command by command; gives the number of commands.</summary>
    public static int Compare(List<byte[][]> expected, List<byte[][]> actual)
    {
        for (int i = 0; i < Math.Max(expected.Count, actual.Count); i++)
        {
            if (i >= expected.Count || i >= actual.Count || !Same(expected[i], actual[i]))
            {
                throw new InvalidOperationException($"the streams differ at command {i}:\nRedis:{Around(expected, i)}\nRedoubt:{Around(actual, i)}");
            }
        }

        return expected.Count;
    }

    private static void Write(ServerProcess server, IReadOnlyList<Request> requests)
    {
        using RespConnection connection = server.Connect();
        foreach (Request[] batch in requests.Where(r => r.Recipe.Canonical is null).Chunk(100))
        {
            connection.Pipeline([.. batch.Select(r => (IReadOnlyList<byte[]>)r.Arguments)]);
        }

        connection.Call("SET", Marker, "").OrThrow();
        connection.Call("DEL", Marker).OrThrow();
    }

    private static bool Same(byte[][] expected, byte[][] actual)
    {
        if (expected.Length != actual.Length)
        {
            return false;
        }

        for (int i = 0; i < expected.Length; i++)
        {
            bool same = expected[i].AsSpan().SequenceEqual(actual[i])
                || IsWord(expected, i) && Ascii(expected[i]).Equals(Ascii(actual[i]), StringComparison.OrdinalIgnoreCase)
                || IsTime(expected, i) && IsTime(actual, i) && Math.Abs(Number(expected[i]) - Number(actual[i])) <= ClockSlackMs;
            if (!same)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Command names and options may be spelled in any case; Redis itself passes on some as the client wrote them.</summary>
    private static bool IsWord(byte[][] command, int index) => index == 0 || (index >= 3 && Ascii(command[index]).Length <= 8);

    private static bool IsTime(byte[][] command, int index) => index >= 2 && Number(command[index]) > 1_000_000_000_000
        && (Ascii(command[0]).ToUpperInvariant() is "PEXPIREAT" or "RESTORE" || Ascii(command[index - 1]).ToUpperInvariant() is "PXAT" or "TIME");

    private static string Ascii(byte[] bytes) => Encoding.Latin1.GetString(bytes);

    private static long Number(byte[] bytes) => long.TryParse(bytes, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : -1;

    private static string Around(List<byte[][]> commands, int index) => string.Concat(commands
        .Select((c, i) => $"\n  {(i == index ? "→" : " ")} {i,5} {Wire.ShowCommand(c)}").Skip(Math.Max(0, index - 3)).Take(5));
}
