using System.Globalization;

namespace Redoubt.Server.Configuration;

/// <summary>
/// The configuration of a running server.
/// </summary>
/// <remarks>
/// <para>Why: about two hundred parameters with four kinds of access (file, command line, CONFIG GET/SET, the code that obeys them) go wrong when
/// each is written four times. Here each is declared once, in the section it belongs to (<see cref="NetworkDirectives"/>,
/// <see cref="ReplicationDirectives"/>, ...), with the names, bounds, defaults and error texts of Redis 7.0: whatever drives a Redis can
/// drive this server, including what is only stored so far (<see cref="NotInEffect"/> lists it, so that nobody is deceived).</para>
/// <para>How: a value is read from words by its <see cref="Directive"/>, which also prints it and writes it back. CONFIG SET is all or nothing: every
/// value is stored, then every hook of <see cref="WhenSet"/> runs; when one refuses, all values return and the hooks run again.</para>
/// <para>Threads: written by the keyspace thread alone. Others may read the numbers and switches, which are single machine words, and
/// must not expect several of them to be of one moment.</para>
/// <para>Text: values are bytes in strings (see <see cref="ConfigText"/>); the properties below give decoded text, full paths and numbers.</para>
/// </remarks>
internal sealed class ServerConfig
{
    public ServerConfig(string? configFilePath, string currentDirectory)
    {
        ConfigFilePath = configFilePath;
        Network = new NetworkDirectives(Table);
        Process = new ProcessDirectives(Table, currentDirectory);
        Security = new SecurityDirectives(Table);
        Persistence = new PersistenceDirectives(Table);
        Replication = new ReplicationDirectives(Table);
        Memory = new MemoryDirectives(Table);
        Encoding = new EncodingDirectives(Table);
        Monitoring = new MonitoringDirectives(Table);
        Cluster = new ClusterDirectives(Table);
        Tls = new TlsDirectives(Table);
    }

    public static LoadResult Load(ReadOnlySpan<string> arguments, LoadSurroundings? surroundings = null) =>
        ConfigLoader.Load(arguments, surroundings ?? new LoadSurroundings());

    public DirectiveTable Table { get; } = new();

    public NetworkDirectives Network { get; }

    public ProcessDirectives Process { get; }

    public SecurityDirectives Security { get; }

    public PersistenceDirectives Persistence { get; }

    public ReplicationDirectives Replication { get; }

    public MemoryDirectives Memory { get; }

    public EncodingDirectives Encoding { get; }

    public MonitoringDirectives Monitoring { get; }

    public ClusterDirectives Cluster { get; }

    public TlsDirectives Tls { get; }

    /// <summary>The file the server was started with, as a full path.</summary>
    public string? ConfigFilePath { get; }

    /// <summary>The words after each <c>user</c>.</summary>
    public List<string[]> Users { get; } = [];

    public List<RenamedCommand> RenamedCommands { get; } = [];

    // The values that the server reads, most of them often.
    public int Port => Network.Port.Int;

    public IReadOnlyList<string> Bind => Network.Bind.Value;

    public IoLoop Io => Network.Io.Value;

    public int MaxClients => (int)Math.Min(Network.MaxClients.Value, int.MaxValue);

    public int TimeoutSeconds => Network.Timeout.Int;

    public int TcpKeepAliveSeconds => Network.TcpKeepAlive.Int;

    public int TcpBacklog => Network.TcpBacklog.Int;

    public long ProtoMaxBulkLen => Network.ProtoMaxBulkLen.Value;

    public long ClientQueryBufferLimit => Network.ClientQueryBufferLimit.Value;

    public OutputBufferDirective ClientOutputBufferLimit => Network.ClientOutputBufferLimit;

    public bool ProtectedMode => Network.ProtectedMode.Value;

    public string Dir => Process.Dir.Value;

    /// <summary>The full path of the log, or empty for standard output.</summary>
    public string LogFile => Process.LogFile.Text is { Length: > 0 } name ? PathInDir(name) : "";

    public Logging.LogLevel LogLevel => Process.LogLevel.Value;

    public bool AlwaysShowLogo => Process.AlwaysShowLogo.Value;

    public int Databases => Process.Databases.Int;

    public int Hz => Process.Hz.Int;

    public int ShutdownTimeoutSeconds => Process.ShutdownTimeout.Int;

    public string PidFile => Process.PidFile.Text;

    public string DbFilename => Persistence.DbFilename.Text;

    public IReadOnlyList<SavePoint> SavePoints => Persistence.Save.Value;

    public bool RdbCompression => Persistence.RdbCompression.Value;

    public bool RdbChecksum => Persistence.RdbChecksum.Value;

    public bool StopWritesOnBgsaveError => Persistence.StopWritesOnBgsaveError.Value;

    public int RdbKeySaveDelay => Persistence.RdbKeySaveDelay.Int;

    public int KeyLoadDelay => Persistence.KeyLoadDelay.Int;

    /// <summary>The master to follow; null for a master. REPLICAOF changes it.</summary>
    public MasterAddress? ReplicaOf
    {
        get => Replication.ReplicaOf.Value;
        set => Replication.ReplicaOf.Value = value;
    }

    public byte[]? MasterUser => Replication.MasterUser.Bytes;

    public byte[]? MasterAuth => Replication.MasterAuth.Bytes;

    public byte[]? RequirePass => Security.RequirePass.Bytes;

    public bool ReplicaReadOnly => Replication.ReadOnly.Value;

    public bool ReplicaServeStaleData => Replication.ServeStaleData.Value;

    public int ReplicaPriority => Replication.Priority.Int;

    public bool ReplicaAnnounced => Replication.Announced.Value;

    public string ReplicaAnnounceIp => Replication.AnnounceIp.Text;

    public int ReplicaAnnouncePort => Replication.AnnouncePort.Int;

    public int ReplTimeoutSeconds => Replication.TimeoutSeconds.Int;

    public int ReplPingReplicaPeriodSeconds => Replication.PingPeriodSeconds.Int;

    public long ReplBacklogSize => Replication.BacklogSize.Value;

    public long ReplBacklogTtlSeconds => Replication.BacklogTtlSeconds.Value;

    public bool ReplDisklessSync => Replication.DisklessSync.Value;

    public int ReplDisklessSyncDelaySeconds => Replication.DisklessSyncDelaySeconds.Int;

    public int ReplDisklessSyncMaxReplicas => Replication.DisklessSyncMaxReplicas.Int;

    public int MinReplicasToWrite => Replication.MinReplicasToWrite.Int;

    public int MinReplicasMaxLagSeconds => Replication.MinReplicasMaxLagSeconds.Int;

    public bool ReplicaIgnoreMaxMemory => Replication.IgnoreMaxMemory.Value;

    public bool LazyFreeExpire => Memory.LazyFreeExpire.Value;

    public bool LazyFreeServerDel => Memory.LazyFreeServerDel.Value;

    public bool LazyFreeUserDel => Memory.LazyFreeUserDel.Value;

    public bool LazyFreeUserFlush => Memory.LazyFreeUserFlush.Value;

    public bool ReplicaLazyFlush => Replication.LazyFlush.Value;

    public int ActiveExpireEffort => Memory.ActiveExpireEffort.Int;

    public Permission EnableDebugCommand => Security.EnableDebugCommand.Value;

    /// <summary>A name that is relative to <see cref="Dir"/>, as a full path.</summary>
    public string PathInDir(string name) => Path.GetFullPath(name, Dir);

    /// <summary>The full path of the RDB file.</summary>
    public string RdbPath => PathInDir(DbFilename);

    /// <summary>
    /// Names a delegate that makes new values of these directives take effect. It returns null, or the reason why it can't, in words for the client; then
    /// the old values are back before it is called once more.
    /// </summary>
    public void WhenSet(Func<string?> apply, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            var directive = Table.Find(name) ?? throw new ArgumentException($"There is no directive '{name}'.");
            directive.Apply = apply;
        }
    }

    /// <summary>The names of directives that have a value other than their default and that this server does not obey yet.</summary>
    public IEnumerable<string> NotInEffect() =>
        Table.InOrder.Where(directive => directive.Has(Traits.NotInEffect) && !directive.IsDefault).Select(directive => directive.Name);

    /// <summary>
    /// CONFIG GET: every directive that one of the patterns names, once, with its value. A plain name is answered in the spelling of the
    /// question, as Redis does; a hidden one is found only by its name.
    /// </summary>
    public List<KeyValuePair<string, string>> Get(params ReadOnlySpan<string> patterns)
    {
        var found = new List<KeyValuePair<string, string>>();
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var pattern in patterns)
        {
            if (!ConfigPattern.IsPattern(pattern))
            {
                if (Table.Find(pattern) is { } one && seen.Add(pattern)) found.Add(new(pattern, one.Printed));
                continue;
            }
            foreach (var (name, directive) in Table.ByName)
            {
                if (directive.Has(Traits.Hidden) || !ConfigPattern.Matches(pattern, name, ignoreCase: true) || !seen.Add(name)) continue;
                found.Add(new(name, directive.Printed));
            }
        }
        return found;
    }

    /// <summary>True where a value must not be shown in logs, MONITOR or the slow log.</summary>
    public bool IsSecret(string name) => Table.Find(name)?.Has(Traits.Sensitive) == true;

    /// <summary>CONFIG SET: all pairs or none. Returns null or the error reply.</summary>
    public string? Set(ReadOnlySpan<KeyValuePair<string, string>> pairs, ConfigCaller caller = default)
    {
        var directives = new Directive[pairs.Length];
        if (FindAll(pairs, caller, directives) is { } refusal) return refusal;

        var old = Array.ConvertAll(directives, directive => directive.Capture());
        var context = new SetContext(fromFile: false, Dir);
        var changed = new List<(string Name, Func<string?> Apply)>();
        for (var i = 0; i < pairs.Length; i++)
        {
            var directive = directives[i];
            var before = directive.Printed;
            var value = pairs[i].Value;
            string[] words = !directive.TakesWords ? [value] : value.Length == 0 ? [] : value.Split(' ');
            if (directive.Set(words, context) is { } reason)
            {
                RestoreAll(directives, old);
                return Failed(pairs[i].Key.ToLowerInvariant(), reason);
            }
            if (directive.Apply is not { } apply || changed.Exists(each => each.Apply == apply)) continue;
            if (directive.Printed != before || directive.Has(Traits.AlwaysApplied)) changed.Add((pairs[i].Key.ToLowerInvariant(), apply));
        }

        foreach (var (name, apply) in changed)
        {
            if (apply() is not { } reason) continue;
            RestoreAll(directives, old);
            foreach (var each in changed) each.Apply();
            return Failed(name, reason);
        }
        return null;
    }

    /// <summary>CONFIG REWRITE. Returns null or the error reply.</summary>
    /// <param name="everything">Values that are the default are written, too.</param>
    public string? Rewrite(bool everything = false)
    {
        if (ConfigFilePath is not { } path) return "ERR The server is running without a config file";
        try
        {
            var old = File.Exists(path) ? ConfigText.FromBytes(File.ReadAllBytes(path)) : "";
            var rewrite = new ConfigRewrite(old, Table, everything);
            foreach (var directive in Table.InOrder) directive.Rewrite(rewrite);
            return ConfigRewrite.Replace(path, rewrite.Text()) is { } reason ? $"ERR Rewriting config file: {reason}" : null;
        }
        catch (Exception e) when (FileErrors.IsOne(e))
        {
            return $"ERR Rewriting config file: {FileErrors.Reason(e, path)}";
        }
    }

    private string? FindAll(ReadOnlySpan<KeyValuePair<string, string>> pairs, ConfigCaller caller, Directive[] into)
    {
        for (var i = 0; i < pairs.Length; i++)
        {
            var name = pairs[i].Key;
            if (Table.Find(name) is not { } directive) return $"ERR Unknown option or number of arguments for CONFIG SET - '{name}'";
            if (directive.Has(Traits.Immutable)) return Failed(name, "can't set immutable config");
            if (directive.Has(Traits.Protected) && !IsAllowed(Security.EnableProtectedConfigs.Value, caller.IsLocal))
            {
                return Failed(name, "can't set protected config");
            }
            if (caller.IsLoading && directive.Has(Traits.NotWhileLoading)) return "LOADING Redis is loading the dataset in memory";
            for (var j = 0; j < i; j++)
            {
                // The two names of one directive are two parameters to Redis; the later one wins.
                if (name.Equals(pairs[j].Key, StringComparison.OrdinalIgnoreCase)) return Failed(name, "duplicate parameter");
            }
            into[i] = directive;
        }
        return null;
    }

    public static bool IsAllowed(Permission permission, bool isLocal) =>
        permission == Permission.Yes || (permission == Permission.Local && isLocal);

    private static void RestoreAll(Directive[] directives, object?[] old)
    {
        // Backwards: a directive that was named twice, by both names, must end with what it had before the first.
        for (var i = directives.Length - 1; i >= 0; i--) directives[i].Restore(old[i]);
    }

    private static string Failed(string name, string reason) => string.Create(CultureInfo.InvariantCulture,
        $"ERR CONFIG SET failed (possibly related to argument '{name}') - {reason}");
}
