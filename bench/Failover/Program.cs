// What a planned change of master costs those who write.
//
// Two servers, one the replica of the other, and writers that number their writes and wait for each reply. FAILOVER is sent to
// whoever is master, again and again. A writer that is told READONLY goes to the other server at once.
//
// Per run: the longest time between two acknowledgements, over all writers taken together (the service stood still so long) and
// for the unluckiest single writer. At the end every write that was acknowledged must be found on the last master.
//
// usage: dotnet run -c Release --project bench/Failover [RUNS [WRITERS [redis] [tool]]]
// REDOUBT_SERVER names the binary; "redis" measures a pair of redis-servers instead. "tool" changes masters by the whole procedure of
// `redoubt switchover` instead of the bare command.

using System.Diagnostics;
using System.Globalization;
using Redoubt.Failover;
using Redoubt.Failover.Procedures;
using Redoubt.Operations;
using Redoubt.Testing;
using Redoubt.Topology;

int runs = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 50;
int writerCount = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 4;
bool tool = args.Contains("tool");
ServerKind kind = args.Contains("redis") ? ServerKind.Redis : ServerKind.Redoubt;

using ServerProcess first = RedisServers.Start(kind, "--repl-diskless-sync-delay", "0", "--repl-backlog-size", "64mb");
using ServerProcess second = RedisServers.Start(kind, "--repl-diskless-sync-delay", "0", "--repl-backlog-size", "64mb");
second.Follow(first);
first.WaitForReplicas(1);

Writer[] writers = [.. Enumerable.Range(0, writerCount).Select(number => new Writer(number, [first, second]))];
(ServerProcess master, ServerProcess replica) = (first, second);
var standstills = new List<double>();
var unluckiest = new List<double>();
for (int run = 0; run < runs; run++)
{
    long warm = writers.Sum(writer => writer.Acknowledged) + (writerCount * 50);
    Wait.Until(() => writers.Sum(writer => writer.Acknowledged) >= warm, "the writers to be at work");
    Array.ForEach(writers, writer => writer.Begin());
    if (tool)
    {
        using var group = new GroupProbe([new NodeAddress(master.Host, master.Port), new NodeAddress(replica.Host, replica.Port)], new ProbeOptions());
        SwitchoverResult result = await new Switchover(group, new OperationOptions()).RunAsync(new SwitchoverRequest());
        if (result.Outcome != ProcedureOutcome.Done)
            throw new InvalidOperationException($"{result.Summary} {string.Join(' ', result.FollowUps)}");
    }
    else
    {
        master.Call("FAILOVER", "TO", "127.0.0.1", $"{replica.Port}", "TIMEOUT", "10000").OrThrow();
    }

    replica.WaitForRole("master");
    replica.WaitForReplicas(1);
    long after = writers.Sum(writer => writer.Acknowledged) + (writerCount * 50);
    Wait.Until(() => writers.Sum(writer => writer.Acknowledged) >= after, "the writers to go on");
    long[][] times = [.. writers.Select(writer => writer.End())];
    standstills.Add(LongestGapMs([.. times.SelectMany(each => each).Order()]));
    unluckiest.Add(times.Max(LongestGapMs));
    (master, replica) = (replica, master);
}

Array.ForEach(writers, writer => writer.Stop());
replica.WaitUntilCaughtUp(master);
int lost = writers.Sum(writer => writer.LostOn(master));
int different = 0;
try
{
    Dataset.Compare(master, replica);
}
catch (InvalidOperationException difference)
{
    different = 1;
    Console.WriteLine(difference.Message);
}

long fullResyncs = SyncCounts.Of(master).Full + SyncCounts.Of(replica).Full - 1;
Console.WriteLine($"{kind}, {runs} {(tool ? "switchovers by the tool" : "failovers")}, {writerCount} writers, {writers.Sum(writer => writer.Acknowledged)} writes acknowledged");
Console.WriteLine($"lost: {lost}; datasets {(different == 0 ? "equal" : "differ")}; full resyncs: {fullResyncs}");
Console.WriteLine($"nobody acknowledged, ms:  {Figures(standstills)}");
Console.WriteLine($"unluckiest writer, ms:    {Figures(unluckiest)}");
return lost + different == 0 ? 0 : 1;

static double LongestGapMs(long[] times)
{
    long longest = 0;
    for (int i = 1; i < times.Length; i++)
        longest = Math.Max(longest, times[i] - times[i - 1]);
    return longest * 1000.0 / Stopwatch.Frequency;
}

static string Figures(List<double> values)
{
    double[] sorted = [.. values.Order()];
    return string.Create(CultureInfo.InvariantCulture,
        $"min {sorted[0]:0.0}  median {sorted[sorted.Length / 2]:0.0}  p90 {sorted[(int)(sorted.Length * 0.9)]:0.0}  max {sorted[^1]:0.0}");
}

internal sealed class Writer
{
    private readonly ServerProcess[] _servers;
    private readonly int _number;
    private readonly Thread _thread;
    private readonly List<long> _times = [];
    private volatile bool _recording;
    private volatile bool _stopping;
    private int _next;

    public Writer(int number, ServerProcess[] servers)
    {
        _number = number;
        _servers = servers;
        _thread = new Thread(Run) { IsBackground = true };
        _thread.Start();
    }

    public long Acknowledged => Volatile.Read(ref _next);

    public void Begin()
    {
        lock (_times)
            _times.Clear();
        _recording = true;
    }

    public long[] End()
    {
        _recording = false;
        lock (_times)
            return [.. _times];
    }

    public void Stop()
    {
        _stopping = true;
        _thread.Join();
    }

    /// <summary>Writes are numbered without gaps: the numbers below the next one were all acknowledged.</summary>
    public int LostOn(ServerProcess master)
    {
        using RespConnection connection = master.Connect();
        int lost = 0;
        foreach (int[] chunk in Enumerable.Range(0, _next).Chunk(500))
        {
            RespValue[] replies = connection.Pipeline(chunk.Select(number => new[] { "EXISTS", Key(number) }));
            lost += replies.Count(reply => reply.Integer == 0);
        }

        return lost;
    }

    private string Key(int number) => string.Create(CultureInfo.InvariantCulture, $"writer:{_number}:{number}");

    private void Run()
    {
        RespConnection[] connections = [.. _servers.Select(server => server.Connect())];
        int current = 0;
        while (!_stopping)
        {
            RespValue reply = connections[current].Call("SET", Key(_next), "a value of thirty-two bytes long");
            if (reply.IsError)
            {
                current = 1 - current;
                continue;
            }

            Volatile.Write(ref _next, _next + 1);
            if (!_recording)
                continue;
            lock (_times)
                _times.Add(Stopwatch.GetTimestamp());
        }

        Array.ForEach(connections, connection => connection.Dispose());
    }
}
