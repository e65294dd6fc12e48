using System.Diagnostics;

namespace Redoubt.Loadbench;

/// <summary>A thread that measures or loads while something else happens, until it is told to stop. What it throws comes out of <see cref="Finish"/>.</summary>
internal abstract class Background : IDisposable
{
    private readonly Thread _thread;
    private Exception? _failure;

    protected Background(string name) => _thread = new Thread(Guarded) { IsBackground = true, Name = name, Priority = ThreadPriority.Highest };

    protected bool Stopping => Volatile.Read(ref _stopping);

    private bool _stopping;

    protected static double NowMs => Stopwatch.GetTimestamp() * 1000.0 / Stopwatch.Frequency;

    public void Start() => _thread.Start();

    public void Finish()
    {
        Volatile.Write(ref _stopping, true);
        if (_thread.IsAlive)
            _thread.Join();
        if (_failure is not null)
            throw new InvalidOperationException($"{_thread.Name}: {_failure.Message}", _failure);
    }

    public void Dispose()
    {
        Volatile.Write(ref _stopping, true);
        if (_thread.IsAlive)
            _thread.Join();
    }

    protected abstract void Run();

    private void Guarded()
    {
        try
        {
            Run();
        }
        catch (Exception error)
        {
            _failure = error;
        }
    }
}

/// <summary>PING, then GET of a random key, every millisecond; how long each took. Allocates nothing while it runs.</summary>
internal sealed class Probe(int port, int keys) : Background("probe")
{
    private readonly double[] _latencies = new double[4_000_000];
    private int _count;

    public ReadOnlySpan<double> LatenciesMs => _latencies.AsSpan(0, _count);

    protected override void Run()
    {
        using var link = new Link(port);
        var random = new Random(1);
        byte[] ping = Link.Encode("PING");
        byte[][] gets = [.. Enumerable.Range(0, 1000).Select(_ => Link.Encode("GET", $"key:{random.Next(keys):d12}"))];
        double due = NowMs;
        for (int turn = 0; !Stopping && _count + 2 < _latencies.Length; turn++)
        {
            Time(link, ping);
            Time(link, gets[turn % gets.Length]);
            // After a stall it does not hurry to catch up: that would be a load, not a probe.
            due = Math.Max(due + 1, NowMs - 2);
            double left = due - NowMs;
            if (left > 0)
                Thread.Sleep(TimeSpan.FromMilliseconds(left)); // its pace
        }
    }

    private void Time(Link link, byte[] command)
    {
        double began = NowMs;
        link.Send(command);
        link.Skip(1);
        _latencies[_count++] = NowMs - began;
    }
}

/// <summary>Random SETs at a steady rate, in pipelines of a millisecond's worth; catches up after a stall.</summary>
internal sealed class PacedWriter(int port, int perSecond, int keys, int valueBytes) : Background("paced writer")
{
    private long _written;
    private int _errors;
    private double _elapsedMs;

    public double PerSecond => _written * 1000.0 / _elapsedMs;

    public int Errors => _errors;

    protected override void Run()
    {
        int perTurn = Math.Max(1, perSecond / 1000);
        byte[][] ready = Commands(perTurn);
        using var link = new Link(port);
        double began = NowMs;
        for (long turn = 0; !Stopping; _elapsedMs = NowMs - began)
        {
            if (turn * perTurn >= (NowMs - began) * perSecond / 1000)
            {
                Thread.Sleep(TimeSpan.FromMilliseconds(0.3)); // its pace
                continue;
            }

            link.Send(ready[turn++ % ready.Length]);
            _errors += link.Skip(perTurn);
            _written += perTurn;
        }
    }

    private byte[][] Commands(int perTurn)
    {
        var random = new Random(2);
        var output = new MemoryStream();
        byte[][] ready = new byte[500][];
        for (int i = 0; i < ready.Length; i++)
        {
            output.SetLength(0);
            for (int command = 0; command < perTurn; command++)
                Dataset.AppendSet(output, random.Next(keys), valueBytes);
            ready[i] = output.ToArray();
        }

        return ready;
    }
}

/// <summary>How far a server's memory rises above what it was: its RSS, and the pages that its child processes have to themselves.</summary>
internal sealed class MemoryWatch(ServerUnderTest server) : Background("memory watch")
{
    private readonly long _base = server.ResidentBytes;

    public long ExtraBytes { get; private set; }

    protected override void Run()
    {
        while (!Stopping)
        {
            ExtraBytes = Math.Max(ExtraBytes, server.ResidentBytes - _base + ProcessFigures.ChildrensOwnBytes(server.ProcessId));
            Thread.Sleep(50); // samples
        }
    }
}
