using System.Text;
using Redoubt.Keyspace;

namespace Redoubt.Commands.Tests;

/// <summary>A session without a connection.</summary>
internal sealed class FakeSession : ClientSession;

/// <summary>All ports in one, each recording what it was asked.</summary>
internal sealed class FakePorts : IErrorStatistics, IClientDirectory, IConfigurationPort, IServerStatus, IPersistencePort,
    IReplicationPort, ILifecycle, ITransactions, IBlockingPort, ISerialization, IPubSub, ITracking, IMigrationPort
{
    public List<string> Calls { get; } = [];

    /// <summary>What a command does each time is not recorded, for that allocates.</summary>
    public bool IsForgetful { get; set; }

    public string Password { get; set; } = "";

    public bool HasMaster { get; set; }

    public Dictionary<string, int> ErrorCounts { get; } = [];

    public bool IsPasswordRequired => Password.Length > 0;

    public string RedisVersion => "7.0.15";

    public long LastSaveSeconds => 1_700_000_000;

    public ServerPorts ToPorts() => new()
    {
        Errors = this,
        Clients = this,
        Configuration = this,
        Status = this,
        Persistence = this,
        Replication = this,
        Lifecycle = this,
        Transactions = this,
        PubSub = this,
        Tracking = this,
        Blocking = this,
        Serialization = this,
        Migration = this,
    };

    /// <summary>What MIGRATE gets when it asks for a connection, one after the other; then none.</summary>
    public Queue<IMigrationLink> Links { get; } = [];

    public IMigrationLink? Open(ReadOnlySpan<byte> host, ReadOnlySpan<byte> port, long timeoutMs) => Links.TryDequeue(out IMigrationLink? link) ? link : null;

    public void Count(ReadOnlySpan<byte> errorText)
    {
        string code = Encoding.ASCII.GetString(errorText).Split(' ')[0];
        ErrorCounts[code] = ErrorCounts.GetValueOrDefault(code) + 1;
    }

    public void Describe(ClientSession client, StringBuilder target) => target.Append("id=").Append(client.Id);

    public string List(ClientFilter filter) => $"list {Words(filter)}\n";

    public ClientSession? Find(long clientId) => clientId == 7 ? new FakeSession { Id = 7 } : null;

    public bool HasUser(string name) => name == "default";

    public int Kill(ClientFilter filter, ClientSession self)
    {
        Calls.Add($"kill {Words(filter)}");
        return filter.Address == "10.0.0.9:1" || filter.Ids is not null ? 1 : 0;
    }

    public void Pause(long untilMs, bool writesOnly) => Calls.Add($"pause {untilMs} {writesOnly}");

    public void Unpause() => Calls.Add("unpause");

    public bool Unblock(long clientId, bool withError) => clientId == 7;

    public bool Authenticate(ReadOnlySpan<byte> user, ReadOnlySpan<byte> password) =>
        user.SequenceEqual("default"u8) && (!IsPasswordRequired || Encoding.ASCII.GetString(password) == Password);

    public void Monitor(ClientSession client) => Calls.Add("monitor");

    public void Reset(ClientSession client) => Calls.Add("reset");

    public IReadOnlyList<KeyValuePair<string, string>> Get(IReadOnlyList<string> patterns) => [new("port", "6379"), new("asked", string.Join(' ', patterns))];

    public string? Set(IReadOnlyList<KeyValuePair<string, string>> pairs)
    {
        Calls.Add("config " + string.Join(' ', pairs));
        return pairs[0].Key == "port" ? "ERR refused" : null;
    }

    public string? Rewrite(bool everything) => "ERR The server is running without a config file";

    public string? Restart(bool gracefully, TimeSpan delay) => "ERR failed to restart the server. Check server logs.";

    public void Crash(CrashKind kind) => Calls.Add("crash " + kind);

    public void WriteLog(string text) => Calls.Add("log " + text);

    public void ResetStatistics() => Calls.Add("resetstat");

    public bool IsSecret(string name) => name == "requirepass";

    public string Info(IReadOnlyList<string> sections) => "info " + string.Join(' ', sections);

    public string? Save() => null;

    public (bool IsError, string Text) BackgroundSave(bool schedule) => (false, schedule ? "Background saving scheduled" : "Background saving started");

    public void DatasetFlushed() => Calls.Add("flushed");

    public (bool IsError, string Text) RewriteLog() => (false, "Background append only file rewriting started");

    public string? ReloadLog()
    {
        Calls.Add("reload log");
        return null;
    }

    public string? Reload(bool saves, bool flushes, bool merges)
    {
        Calls.Add($"reload {saves} {flushes} {merges}");
        return null;
    }

    public void ReplicaOf(CommandContext c) => Calls.Add("replicaof");

    public void Role(CommandContext c) => Calls.Add("role");

    public void Wait(CommandContext c) => Calls.Add("wait");

    public void WaitAof(CommandContext c) => Calls.Add("waitaof");

    public void Failover(CommandContext c) => Calls.Add("failover");

    public void Sync(CommandContext c) => Calls.Add("sync");

    public void ReplicationConfiguration(CommandContext c) => Calls.Add("replconf");

    public void ChangeId() => Calls.Add("changeid");

    public void SendToReplicas(CommandContext c, int firstWord) => Calls.Add($"replicate {c.Count - firstWord}");

    public string? Shutdown(bool? save, bool now, bool force, bool abort)
    {
        Calls.Add($"shutdown {save} {now} {force} {abort}");
        return abort ? "ERR No shutdown in progress." : null;
    }

    public void Sleep(TimeSpan duration) => Calls.Add($"sleep {duration.TotalMilliseconds}");

    public void PauseTimer(bool isPaused) => Calls.Add($"timer {isPaused}");

    public void SetActiveExpiry(bool isOn) => Calls.Add($"active {isOn}");

    public void Begin(CommandContext c) => Calls.Add("multi");

    public void Execute(CommandContext c) => Calls.Add("exec");

    public void Discard(CommandContext c) => Calls.Add("discard");

    public void Block(CommandContext c, int firstKey, int keyCount, ValueType type, long timeoutMs, bool needsKeys, IReadOnlyList<ReplacedArgument>? replaced) =>
        Calls.Add($"block {firstKey} {keyCount} {type} {timeoutMs}");

    public void SignalReady(Redoubt.Keyspace.Database database, ReadOnlySpan<byte> key, ValueType type)
    {
        if (!IsForgetful)
            Calls.Add($"ready {database.Index} {Encoding.Latin1.GetString(key)} {type}");
    }

    public bool VerifiesChecksums { get; set; } = true;

    /// <summary>The payload of a string is the string.</summary>
    public ReadOnlySpan<byte> Dump(Database database, Key key, EntryView entry) => entry.Bytes;

    public RestoreOutcome Restore(Key key, long expireAtMs, ReadOnlySpan<byte> payload)
    {
        if (payload.SequenceEqual("footer"u8))
            return RestoreOutcome.WrongFooter;
        if (payload.SequenceEqual("format"u8))
            return RestoreOutcome.BadFormat;
        Anteroom!.Load(key, payload, false, 0, expireAtMs);
        return RestoreOutcome.Ok;
    }

    /// <summary>Where values to be restored go.</summary>
    public Database? Anteroom { get; set; }

    public void Watch(CommandContext c) => Calls.Add("watch");

    public void Unwatch(CommandContext c) => Calls.Add("unwatch");

    private static string Words(ClientFilter filter) =>
        $"type={filter.Type} ids={string.Join(',', filter.Ids ?? [])} addr={filter.Address} laddr={filter.LocalAddress} user={filter.User} skip={filter.SkipSelf}";

    public Dictionary<SubscriptionKind, List<string>> Subscriptions { get; } = new()
    {
        [SubscriptionKind.Channel] = [], [SubscriptionKind.Pattern] = [], [SubscriptionKind.ShardChannel] = [],
    };

    public void Subscribe(ClientSession client, SubscriptionKind kind, ReadOnlySpan<byte> name) => Subscriptions[kind].Add(Encoding.UTF8.GetString(name));

    public void Unsubscribe(ClientSession client, SubscriptionKind kind, ReadOnlySpan<byte> name) =>
        Subscriptions[kind].Remove(Encoding.UTF8.GetString(name));

    public IReadOnlyCollection<byte[]> NamesOf(ClientSession client, SubscriptionKind kind) => NamesOf(kind);

    public int CountOf(ClientSession client, SubscriptionKind kind) => Subscriptions[kind].Count;

    public int Publish(CommandContext publisher, SubscriptionKind kind, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> message) =>
        SubscribersOf(kind, channel);

    public IReadOnlyCollection<byte[]> NamesOf(SubscriptionKind kind) => [.. Subscriptions[kind].Select(Encoding.UTF8.GetBytes)];

    public int SubscribersOf(SubscriptionKind kind, ReadOnlySpan<byte> name) => Subscriptions[kind].Contains(Encoding.UTF8.GetString(name)) ? 1 : 0;

    public void Confirm(CommandContext c, ReadOnlySpan<byte> word, ReadOnlySpan<byte> name, bool hasName, int count)
    {
        c.Reply.Push(3);
        c.Reply.Bulk(word);
        if (hasName)
            c.Reply.Bulk(name);
        else
            c.Reply.Null();
        c.Reply.Integer(count);
    }

    public TrackingModes? Modes { get; set; }

    public long Redirection { get; private set; }

    public List<byte[]> Prefixes { get; } = [];

    public bool IsOn(ClientSession client) => Modes is not null;

    public TrackingModes ModesOf(ClientSession client) => Modes ?? TrackingModes.None;

    public bool IsCachingGiven(ClientSession client) => Calls.Contains("caching");

    public void GiveCaching(ClientSession client) => Calls.Add("caching");

    public long RedirectionOf(ClientSession client) => Redirection;

    public bool IsRedirectionBroken(ClientSession client) => false;

    public IReadOnlyCollection<byte[]> PrefixesOf(ClientSession client) => Prefixes;

    public void Enable(ClientSession client, TrackingModes modes, long redirection, IReadOnlyList<byte[]> prefixes)
    {
        Modes = modes;
        Redirection = redirection;
        Prefixes.AddRange(prefixes);
    }

    public void Disable(ClientSession client) => Modes = null;

    public void Flushed() => CachesVoided++;

    /// <summary>How often whatever clients have cached was declared void.</summary>
    public int CachesVoided { get; private set; }
}
