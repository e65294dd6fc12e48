using System.Globalization;
using Redoubt.Failover;
using Redoubt.Operations.Names;
using Redoubt.Topology;

namespace Redoubt.Operations.Groups;

// Which keys a group file has, and what each may say. The form is described in docs/operating/group-file.md; a key is known exactly
// when it is read here.

/// <summary>Reads group files.</summary>
public static class GroupDefinitionReader
{
    private static readonly string[] HookMoments = ["pre_switchover", "post_switchover", "pre_failover", "post_failover", "on_failed", "notify"];

    /// <summary>Reads a file.</summary>
    /// <exception cref="GroupDefinitionException">It cannot be read, or says something it may not.</exception>
    public static GroupDefinition Load(string path)
    {
        try
        {
            return Parse(File.ReadAllText(path), path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new GroupDefinitionException($"the group file cannot be read: {error.Message}");
        }
    }

    /// <summary>Reads a file's text; <paramref name="file"/> is what errors call it.</summary>
    /// <exception cref="GroupDefinitionException">It says something it may not.</exception>
    public static GroupDefinition Parse(string text, string file)
    {
        YamlSection root = YamlSection.Parse(text, file);
        string name = root.RequiredText("group");
        if (!IsName(name))
            throw root.Error("group", $"'{name}' is no name of a group: letters, digits, '-', '_' and '.', not at the start");
        var group = new GroupDefinition
        {
            Name = name,
            Nodes = Nodes(root),
            Login = ReadLogin(root.Section("auth")),
            Dns = Dns(root.Section("dns")),
            Gates = Gates(root.Section("gates")),
            Clients = Clients(root.Section("clients")),
            Fence = Fence(root.Section("fence")),
            Evidence = Evidence(root.Section("evidence")),
            Hooks = Hooks(root.Section("hooks")),
            StateFolder = root.Text("state_dir"),
        };
        root.End();
        return group;
    }

    /// <summary>Whether a text may be the name of a group or a node.</summary>
    public static bool IsName(string name) =>
        name.Length is > 0 and <= 64 && name[0] is not ('-' or '.') && name.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.');

    /// <summary>Reads <c>500ms</c>, <c>10s</c>, <c>1.5s</c>, <c>5m</c>, <c>1h</c>, <c>30d</c>; a number alone is no time.</summary>
    public static bool TryParseTime(string text, out TimeSpan time)
    {
        time = default;
        int digits = text.TakeWhile(character => char.IsAsciiDigit(character) || character == '.').Count();
        double? unit = text[digits..] switch { "ms" => 1, "s" => 1000, "m" => 60_000, "h" => 3_600_000, "d" => 86_400_000, _ => null };
        if (unit is not { } factor || !double.TryParse(text[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number) || number * factor > 1e12)
            return false;
        time = TimeSpan.FromMilliseconds(number * factor);
        return true;
    }

    private static List<NodeDefinition> Nodes(YamlSection root)
    {
        List<NodeDefinition> nodes = [];
        foreach (YamlSection section in root.Sections("nodes"))
        {
            string address = section.RequiredText("addr");
            if (!NodeAddress.TryParse(address, out NodeAddress parsed, defaultPort: 6379))
                throw section.Error("addr", $"'{address}' is not an address; expected host:port or [ipv6]:port");
            string name = section.Text("name") ?? parsed.ToString().Replace(':', '-').Trim('[', ']');
            if (!IsName(name))
                throw section.Error("name", $"'{name}' is no name of a node: letters, digits, '-', '_' and '.', not at the start");
            if (nodes.Any(node => string.Equals(node.Name, name, StringComparison.OrdinalIgnoreCase)))
                throw section.Error("name", $"two nodes are called '{name}'");
            if (nodes.Any(node => node.Address == parsed))
                throw section.Error("addr", $"two nodes have the address {parsed}");
            nodes.Add(new NodeDefinition
            {
                Name = name,
                Address = parsed,
                Site = section.Text("site"),
                Promote = section.Word("promote", PromoteRule.Neutral,
                    ("prefer", PromoteRule.Prefer), ("neutral", PromoteRule.Neutral), ("avoid", PromoteRule.Avoid), ("never", PromoteRule.Never)),
                NameValue = section.Text("dns"),
            });
            section.End();
        }

        return nodes.Count > 0 ? nodes : throw root.Error("nodes", "'nodes' has to name at least one node: - { name: a, addr: 10.0.0.1:6379 }");
    }

    private static Login ReadLogin(YamlSection? section)
    {
        if (section is null)
            return new Login();
        // Said outright, because the usual answer to "unknown key" would be to look for the right one.
        if (section.Keys.Contains("password"))
            throw section.Error("password", "a password is never written into the group file: use password_file or password_env");
        var login = new Login { User = section.Text("user"), PasswordFile = section.Text("password_file"), PasswordVariable = section.Text("password_env") };
        if (login is { PasswordFile: not null, PasswordVariable: not null })
            throw section.Error("password_env", "password_file and password_env exclude each other");
        section.End();
        return login;
    }

    private static NameSettings Dns(YamlSection? section)
    {
        if (section is null)
            return new NameSettings();
        string provider = section.RequiredText("provider");
        if (!NameProviders.Kinds.Contains(provider))
            throw section.Error("provider", $"'provider' is one of {string.Join(", ", NameProviders.Kinds)}, not '{provider}'");
        string? server = section.Text("server");
        NodeAddress updates = default;
        if (server is not null && !NodeAddress.TryParse(server, out updates, defaultPort: 53))
            throw section.Error("server", $"'{server}' is not an address; expected host, host:port or [ipv6]:port");
        var settings = new NameSettings
        {
            Name = section.Text("name") ?? (provider == "none" ? "" : throw section.Error("provider", "'name' is missing: the name by which clients find the master")),
            Type = section.Word("type", NameRecordType.A, ("A", NameRecordType.A), ("AAAA", NameRecordType.Aaaa), ("CNAME", NameRecordType.Cname)),
            TtlSeconds = (int)section.Number("ttl", 5, 0, 604_800),
            Provider = provider,
            Server = server is null ? null : updates,
            Zone = section.Text("zone"),
            Tsig = Key(section.Section("tsig")),
            File = section.Text("file"),
            Command = section.Texts("command"),
            Verification = Verification(section.Section("verify")),
        };
        if (section.Section("on_failure") is { } rules)
        {
            (string, NameFailureRule)[] words = [("rollback", NameFailureRule.Rollback), ("ask", NameFailureRule.Ask), ("continue", NameFailureRule.Continue)];
            settings = settings with
            {
                OnSwitchoverFailure = rules.Word("switchover", NameFailureRule.Rollback, words),
                OnFailoverFailure = rules.Word("failover", NameFailureRule.Ask, words),
            };
            rules.End();
        }

        section.End();
        return settings;
    }

    private static TransactionKey? Key(YamlSection? section)
    {
        if (section is null)
            return null;
        if (section.Keys.Contains("secret"))
            throw section.Error("secret", "a secret is never written into the group file: use secret_file");
        var key = new TransactionKey(section.RequiredText("name"), section.Text("algorithm") ?? "hmac-sha256", section.RequiredText("secret_file"));
        section.End();
        return key;
    }

    private static NameVerification Verification(YamlSection? section)
    {
        var usual = new NameVerification();
        if (section is null)
            return usual;
        var verification = new NameVerification
        {
            AllAuthoritative = section.Word("authoritative", true, ("all", true), ("none", false)),
            Servers = section.Texts("servers"),
            Resolvers = section.Texts("resolvers"),
            Timeout = section.Time("timeout", usual.Timeout),
        };
        section.End();
        return verification;
    }

    private static GateSettings Gates(YamlSection? section)
    {
        var usual = new GateSettings();
        if (section is null)
            return usual;
        var gates = new GateSettings
        {
            LagBytesMax = section.Bytes("max_lag_bytes", usual.LagBytesMax),
            AcknowledgementAgeMax = section.Time("max_ack_age", usual.AcknowledgementAgeMax),
            PauseMax = section.Time("max_pause", usual.PauseMax),
            Deadline = section.Time("deadline", usual.Deadline),
            NameWait = section.Word("dns_wait", NameWait.Ttl, ("none", NameWait.None), ("authoritative", NameWait.Authoritative), ("ttl", NameWait.Ttl)),
        };
        if (gates.PauseMax < TimeSpan.FromMilliseconds(1))
            throw section.Error("max_pause", "'max_pause' has to be at least 1ms");
        if (gates.Deadline < gates.PauseMax)
            throw section.Error("deadline", "'deadline' covers the whole hand-over, so it cannot be shorter than 'max_pause'");
        section.End();
        return gates;
    }

    private static ClientSettings Clients(YamlSection? section)
    {
        var usual = new ClientSettings();
        if (section is null)
            return usual;
        var clients = new ClientSettings
        {
            Drain = section.Time("drain", usual.Drain),
            AllowedOnReplica = section.Texts("allow_on_replica"),
            Stragglers = section.Word("kill_stragglers", StragglerRule.Ask, ("ask", StragglerRule.Ask), ("always", StragglerRule.Always), ("never", StragglerRule.Never)),
        };
        foreach (string rule in clients.AllowedOnReplica)
        {
            if (!rule.StartsWith("name:", StringComparison.Ordinal) && !rule.StartsWith("user:", StringComparison.Ordinal)
                && !(rule.StartsWith("cidr:", StringComparison.Ordinal) && System.Net.IPNetwork.TryParse(rule[5..], out _)))
            {
                throw section.Error("allow_on_replica", $"'{rule}' is no rule for clients: name:PATTERN, user:PATTERN or cidr:NETWORK/BITS");
            }
        }

        section.End();
        return clients;
    }

    private static FenceSettings Fence(YamlSection? section)
    {
        if (section is null)
            return new FenceSettings();
        IReadOnlyList<string> methods = section.Texts("methods");
        var hooks = new Dictionary<string, FenceHook>();
        if (section.Section("hooks") is { } all)
        {
            foreach (string name in all.Keys)
            {
                YamlSection hook = all.Section(name) ?? throw all.Error(name, $"the hook '{name}' says nothing");
                hooks[name] = new FenceHook(hook.Texts("on"), hook.Texts("off"), hook.Texts("verify"));
                if (hooks[name].On.Count == 0)
                    throw all.Error(name, $"the hook '{name}' has no 'on': the command that fences");
                hook.End();
            }

            all.End();
        }

        foreach (string method in methods)
        {
            if (method != "min-replicas" && !(method.StartsWith("hook:", StringComparison.Ordinal) && hooks.ContainsKey(method[5..])))
                throw section.Error("methods", $"'{method}' is no method of fencing: min-replicas, or hook:NAME with NAME under 'hooks'");
        }

        section.End();
        return new FenceSettings { Methods = methods.Count > 0 ? methods : new FenceSettings().Methods, Hooks = hooks };
    }

    private static EvidenceSettings Evidence(YamlSection? section)
    {
        var usual = new EvidenceSettings();
        if (section is null)
            return usual;
        var evidence = new EvidenceSettings
        {
            TailBytes = section.Bytes("tail_bytes", usual.TailBytes),
            Snapshot = section.Word("snapshot", SnapshotRule.Auto, ("auto", SnapshotRule.Auto), ("always", SnapshotRule.Always), ("never", SnapshotRule.Never)),
        };
        section.End();
        return evidence;
    }

    private static HookSettings Hooks(YamlSection? section)
    {
        var usual = new HookSettings();
        if (section is null)
            return usual;
        var hooks = new HookSettings
        {
            Commands = HookMoments.ToDictionary(moment => moment, section.TextLists),
            Timeout = section.Time("timeout", usual.Timeout),
        };
        section.End();
        return hooks;
    }
}
