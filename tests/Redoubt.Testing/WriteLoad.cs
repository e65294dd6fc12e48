using System.Globalization;

namespace Redoubt.Testing;

/// <summary>
/// A stream of writes from a thread of its own: strings of all sizes in several databases, counters, collections of every type, renames,
/// deletions, and expiries of which some come due while the test runs. The same seed makes the same writes; how many are made depends on the time.
/// </summary>
public sealed class WriteLoad : IDisposable
{
    private const int KeyCount = 400;
    private static readonly string[] PartOfTheLoad = ["ERR ", "NOGROUP ", "BUSYGROUP "];
    private static readonly string[] Databases = ["0", "1", "5"];
    private readonly Random _random;
    private readonly CollectionWrites _collections;
    private readonly RespConnection _connection;
    private readonly Thread _thread;
    private volatile bool _stopping;
    private Exception? _failure;
    private long _writes;

    private WriteLoad(ServerProcess server, int seed, TimeSpan pause)
    {
        _random = new Random(seed);
        _collections = new CollectionWrites(_random);
        _connection = server.Connect();
        _thread = new Thread(() => Run(pause)) { IsBackground = true, Name = "write load" };
        _thread.Start();
    }

    /// <summary>Writes acknowledged so far.</summary>
    public long Writes => Interlocked.Read(ref _writes);

    /// <param name="server">The master.</param>
    /// <param name="seed">Of the keys and values.</param>
    /// <param name="pauseMs">Between two pipelines of 20, to leave the processor to the servers.</param>
    public static WriteLoad Start(ServerProcess server, int seed, int pauseMs = 1) => new(server, seed, TimeSpan.FromMilliseconds(pauseMs));

    /// <summary>Makes a fixed number of these writes at once, without a thread.</summary>
    public static void Fill(ServerProcess server, int seed, int count)
    {
        using var load = new WriteLoad(server, seed, TimeSpan.Zero);
        load.WaitFor(count);
        load.Stop();
    }

    /// <summary>Waits until this many writes more have been acknowledged.</summary>
    public void WaitFor(int more)
    {
        long goal = Writes + more;
        Wait.Until(() => Writes >= goal || _failure is not null, $"{more} writes");
    }

    /// <summary>Ends the load; throws if the server refused a write.</summary>
    public long Stop()
    {
        _stopping = true;
        _thread.Join();
        return _failure is null ? Writes : throw new InvalidOperationException($"the write load failed after {Writes} writes", _failure);
    }

    public void Dispose()
    {
        _stopping = true;
        _thread.Join();
        _connection.Dispose();
    }

    private void Run(TimeSpan pause)
    {
        try
        {
            while (!_stopping)
            {
                var batch = new List<string[]> { new[] { "SELECT", Databases[_random.Next(Databases.Length)] } };
                batch.AddRange(Enumerable.Range(0, 20).Select(_ => NextWrite()));
                foreach (RespValue reply in _connection.Pipeline(batch))
                {
                    // A rename of a missing key, a counter on text, a group that is not there: refused, and that is part of the load.
                    if (reply.IsError && !PartOfTheLoad.Any(code => reply.Text.StartsWith(code, StringComparison.Ordinal)))
                    {
                        reply.OrThrow();
                    }
                }

                Interlocked.Add(ref _writes, 20);
                if (pause > TimeSpan.Zero)
                {
                    Thread.Sleep(pause); // the load's rate, not a wait
                }
            }
        }
        catch (Exception e)
        {
            _failure = e;
        }
    }

    private string[] NextWrite() => _random.Next(30) switch
    {
        0 => ["SET", Key(), Value(), "PX", Number(_random.Next(100, 1_500))],
        1 => ["SET", Key(), Value(), "EX", Number(_random.Next(1_000, 100_000))],
        2 => ["INCRBY", $"counter:{_random.Next(20)}", Number(_random.Next(-5, 100))],
        3 => ["APPEND", Key(), "+more"],
        4 => ["DEL", Key(), Key()],
        5 => ["MSET", Key(), Value(), Key(), Value()],
        6 => ["SETRANGE", Key(), Number(_random.Next(100)), "range"],
        7 => ["PEXPIRE", Key(), Number(_random.Next(100, 100_000))],
        8 => ["PERSIST", Key()],
        9 => ["GETEX", Key(), "EX", "5000"],
        10 => ["RENAME", Key(), Key()],
        11 => ["INCRBYFLOAT", $"float:{_random.Next(20)}", "0.5"],
        12 => ["GETDEL", Key()],
        13 => ["SET", "\0binary\r\n" + Number(_random.Next(20)), "\xff\0\r\n"],
        < 17 => ["SET", Key(), Value()],
        _ => _collections.Next(),
    };

    private string Key() => $"load:{_random.Next(KeyCount)}";

    private string Value() => new((char)('a' + _random.Next(26)), _random.Next(50) == 0 ? _random.Next(20_000) : _random.Next(80));

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
