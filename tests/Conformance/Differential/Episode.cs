using Redoubt.Conformance.Generation;
using Redoubt.Testing;

namespace Redoubt.Conformance.Differential;

/// <summary>The first reply of an episode that nothing explains, with the episode's commands up to it.</summary>
internal sealed record Mismatch(IReadOnlyList<Request> Requests, string Expected, string Actual)
{
    public Request Last => Requests[^1];
}

/// <summary>
/// One comparison from a clean start: both servers flushed, a new connection to each, then the same bytes to both in pipelines of varying
/// length, and reply against reply. Because it starts clean, an episode can be run again, whole or in part, and that is how a
/// mismatch is made short: commands are left out as long as the last one still differs.
/// </summary>
internal sealed class Episode(int redisPort, int redoubtPort, int protocol)
{
    private const int BatchMin = 50;
    private const int BatchMax = 100;

    /// <summary>How often each deliberate difference was needed, by its reason.</summary>
    public Dictionary<string, int> Explained { get; } = [];

    public Mismatch? Run(IReadOnlyList<Request> requests)
    {
        using RespConnection expected = Open(redisPort);
        using RespConnection actual = Open(redoubtPort);
        int position = 0;
        while (position < requests.Count)
        {
            int end = BatchEnd(requests, position);
            Mismatch? mismatch = end == position
                ? CompareCanonical(expected, actual, requests, position++)
                : CompareBatch(expected, actual, requests, position, end);
            if (mismatch is not null)
            {
                return mismatch;
            }

            position = Math.Max(end, position);
        }

        return null;
    }

    /// <summary>A shorter sequence that ends in a mismatch of the same command, found by leaving out ever smaller pieces, within the time.</summary>
    public Mismatch Shrink(Mismatch mismatch, TimeSpan limit)
    {
        DateTime end = DateTime.UtcNow + limit;
        Mismatch best = mismatch;
        for (int size = Math.Max(1, best.Requests.Count / 2); size > 0; size /= 2)
        {
            for (int start = best.Requests.Count - 1 - size; start >= 0 && DateTime.UtcNow < end; start -= size)
            {
                start = Math.Min(start, best.Requests.Count - 1 - size);
                if (start < 0)
                {
                    break;
                }

                List<Request> without = [.. best.Requests.Take(start), .. best.Requests.Skip(start + size)];
                Mismatch? again = Run(without);
                if (again is not null && ReferenceEquals(again.Last, best.Last))
                {
                    best = again;
                }
            }
        }

        return best;
    }

    private RespConnection Open(int port)
    {
        RespConnection connection = RespConnection.Connect(port);
        connection.Call("FLUSHALL").OrThrow();
        connection.Call("HELLO", Draw.Number(protocol)).OrThrow();
        return connection;
    }

    /// <summary>Where the pipeline ends that begins here; here itself if the command must run alone.</summary>
    private static int BatchEnd(IReadOnlyList<Request> requests, int start)
    {
        int length = BatchMin + (start % (BatchMax - BatchMin + 1));
        int end = start;
        while (end < requests.Count && end - start < length && requests[end].Recipe.Canonical is null)
        {
            end++;
        }

        return end;
    }

    private Mismatch? CompareBatch(RespConnection expected, RespConnection actual, IReadOnlyList<Request> requests, int start, int end)
    {
        var bytes = new MemoryStream();
        for (int i = start; i < end; i++)
        {
            Wire.EncodeTo(bytes, requests[i].Arguments);
        }

        ReadOnlySpan<byte> all = bytes.GetBuffer().AsSpan(0, (int)bytes.Length);
        expected.SendRaw(all);
        TrySend(actual, all);
        for (int i = start; i < end; i++)
        {
            RespValue left = expected.ReadReply();
            RespValue? right = TryRead(actual, out string failure);
            if (right is null)
            {
                return new Mismatch([.. requests.Take(i + 1)], Wire.Show(left.Raw), failure);
            }

            if (!left.Raw.AsSpan().SequenceEqual(right.Raw) && !IsExplained(requests[i], left, right))
            {
                return new Mismatch([.. requests.Take(i + 1)], Wire.Show(left.Raw, 1000), Wire.Show(right.Raw, 1000));
            }
        }

        return null;
    }

    private static Mismatch? CompareCanonical(RespConnection expected, RespConnection actual, IReadOnlyList<Request> requests, int index)
    {
        Request request = requests[index];
        string[] arguments = [.. request.Arguments.Select((_, i) => request.Text(i))];
        string left = request.Recipe.Canonical!(expected, arguments);
        string right;
        try
        {
            right = request.Recipe.Canonical!(actual, arguments);
        }
        catch (Exception e)
        {
            right = $"no reply: {e.Message}";
        }

        return left == right ? null : new Mismatch([.. requests.Take(index + 1)], left, right);
    }

    private bool IsExplained(Request request, RespValue expected, RespValue actual)
    {
        Difference? difference = Differences.Explain(request, expected, actual);
        if (difference is null)
        {
            return false;
        }

        Explained[difference.Reason] = Explained.GetValueOrDefault(difference.Reason) + 1;
        return true;
    }

    private static void TrySend(RespConnection connection, ReadOnlySpan<byte> bytes)
    {
        try
        {
            connection.SendRaw(bytes);
        }
        catch (System.Net.Sockets.SocketException)
        {
            // The server closed the connection; reading the replies finds out after which command.
        }
    }

    private static RespValue? TryRead(RespConnection connection, out string failure)
    {
        try
        {
            failure = "";
            return connection.ReadReply();
        }
        catch (Exception e) when (e is IOException or InvalidDataException or TimeoutException or System.Net.Sockets.SocketException)
        {
            failure = $"no reply: {e.Message}";
            return null;
        }
    }
}
