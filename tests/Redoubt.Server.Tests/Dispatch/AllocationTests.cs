using System.Text;
using Redoubt.Commands;
using Redoubt.Native.Memory;
using Redoubt.Replication;
using Redoubt.Resp;
using Redoubt.Server.Blocking;
using Redoubt.Server.Configuration;
using Redoubt.Server.Connections;
using Redoubt.Server.Dispatch;
using Redoubt.Server.Hosting;
using Redoubt.Topology;

namespace Redoubt.Server.Tests.Dispatch;

/// <summary>The path of a simple command, from received bytes to reply and stream, does not allocate: nothing of it is ever collected.</summary>
public sealed class AllocationTests : IDisposable
{
    private const int Rounds = 10_000;

    private readonly SlabHeap _heap = new();
    private readonly Redoubt.Keyspace.Keyspace _keyspace;
    // Full after the warm-up: from then on its blocks go round.
    private readonly ReplicationStream _stream = new(64 * 1024);
    private readonly RespWriter _reply = new(1024 * 1024);
    private readonly Dispatcher _dispatcher;
    private readonly ClientConnection _client = new() { Id = 1, Channel = null!, IsAuthenticated = true };

    public AllocationTests()
    {
        ServerState state = new();
        ServerConfig config = ServerConfig.Load(["--save", "", "--slowlog-log-slower-than", "-1"]).Config!;
        _keyspace = new Redoubt.Keyspace.Keyspace(_heap, 16, new Random(1));
        CommandSettings settings = new();
        DeletionNotes notes = new(_keyspace, settings);
        _keyspace.Observer = notes;
        ErrorStatistics errors = new();
        _dispatcher = new Dispatcher(_keyspace, state, new Gate(state, config, new DiskErrors(config, null!)), new Propagator(_stream, new StreamEncoder(_stream), state), _reply)
        {
            Notes = notes,
            Errors = errors,
        };
        ConnectionTable connections = new(state, config, null!, _dispatcher, _reply);
        KeyWaits waits = new(_keyspace, new BlockedClients(connections, errors));
        _dispatcher.KeyWaits = waits;
        Watches watches = new(_keyspace);
        notes.Watches = watches;
        _dispatcher.Watches = watches;
        ServerPorts ports = new()
        {
            Errors = errors,
            Clients = null!,
            Configuration = null!,
            Status = null!,
            Persistence = null!,
            Migration = null!,
            Replication = null!,
            Lifecycle = null!,
            Transactions = _dispatcher,
            Blocking = waits,
            PubSub = null!,
            Tracking = null!,
            Serialization = null!,
            Settings = settings,
        };
        _dispatcher.Context = new CommandContext(_keyspace, _reply, ports);
        _dispatcher.Observers = new CallObservers(state, config.Monitoring, ports.SlowLog, ports.Latency, new Monitors(connections, _reply, null!));
        _ = _dispatcher.Observers.Configure();
    }

    public void Dispose()
    {
        _keyspace.Dispose();
        _heap.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Simple_commands_allocate_nothing(bool isPropagating)
    {
        if (isPropagating)
            _stream.Create(new ReplicationOffset(0));
        // Alone, as an interactive client sends them, and as a pipeline, which takes the path that looks ahead.
        byte[][] inputs =
        [
            Request("PING"), Request("SET", "key:1", "value"), Request("GET", "key:1"), Request("INCR", "counter"), Request("EXPIRE", "key:1", "1000"),
            Request("DEL", "gone"), Request("EXISTS", "key:1"), Request("TTL", "key:1"), Request("APPEND", "log", ""), Request("MGET", "key:1", "counter"),
            [.. Request("SET", "key:2", "value"), .. Request("GET", "key:2"), .. Request("INCR", "counter"), .. Request("SET", "key:1", "12345"), .. Request("PING")],
            Encoding.ASCII.GetBytes("GET key:1\r\nPING\r\n"),
        ];
        for (int i = 0; i < 2_000; i++)
            RunAll(inputs);

        // A collection that another test causes makes this thread give up the rest of its allocation buffer, which counts as allocated.
        long least = long.MaxValue;
        for (int attempt = 0; attempt < 5 && least > 0; attempt++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < Rounds; i++)
                RunAll(inputs);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }

    [Fact]
    public void Requests_are_answered_and_propagated_on_this_path()
    {
        _stream.Create(new ReplicationOffset(0));
        Run(Request("SET", "a", "1"));
        Run(Request("INCR", "a"));
        Run(Request("GET", "a"));
        Assert.Equal("+OK\r\n:2\r\n$1\r\n2\r\n", Encoding.ASCII.GetString(_reply.Written));
        Assert.Equal(Request("SELECT", "0").Length + Request("SET", "a", "1").Length + Request("INCR", "a").Length, _stream.Offset.Value);
    }

    private void RunAll(byte[][] inputs)
    {
        foreach (byte[] input in inputs)
            Run(input);
        _reply.Clear();
    }

    private void Run(byte[] input)
    {
        if (_dispatcher.Execute(_client, input, input.Length) != input.Length)
            Assert.Fail("input was left over");
    }

    private static byte[] Request(params string[] words) =>
        Encoding.ASCII.GetBytes($"*{words.Length}\r\n{string.Concat(words.Select(w => $"${w.Length}\r\n{w}\r\n"))}");
}
