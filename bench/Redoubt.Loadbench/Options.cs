namespace Redoubt.Loadbench;

/// <summary>A server to measure: the name for the table, and how it is started.</summary>
internal sealed record ServerChoice(string Name, string Program, IReadOnlyList<string> Arguments);

/// <summary>What is asked for on the command line.</summary>
internal sealed record Options
{
    public const string Usage = """
        usage: dotnet run -c Release --project bench/Redoubt.Loadbench -- [options]

          --servers name=command,...   the first is what the others are compared with
                                       (redis=/usr/bin/redis-server,redoubt=artifacts/redoubt-server)
          --only a,b                   of: throughput, memory, fullsync, bgsave, failover, idle
          --quick                      a fifth of the sizes, fewer rounds: minutes, and rough
          --record                     append the figures as one JSON line to bench/history/
        """;

    public static readonly string[] Names = ["throughput", "memory", "fullsync", "bgsave", "failover", "idle"];

    public IReadOnlyList<ServerChoice> Servers { get; init; } = [];

    public IReadOnlyList<string> Only { get; init; } = Names;

    public bool Quick { get; init; }

    public bool Record { get; init; }

    /// <summary>A size or a number of operations, as large as this run wants it.</summary>
    public int Scaled(int full) => Quick ? full / 5 : full;

    /// <exception cref="FormatException">The arguments make no sense; the message says why.</exception>
    public static Options Parse(IReadOnlyList<string> arguments, string root)
    {
        var options = new Options { Servers = ServersOf("redis=/usr/bin/redis-server,redoubt=artifacts/redoubt-server", root) };
        for (int i = 0; i < arguments.Count; i++)
        {
            string Value() => ++i < arguments.Count ? arguments[i] : throw new FormatException($"{arguments[i - 1]} wants a value");
            options = arguments[i] switch
            {
                "--quick" => options with { Quick = true },
                "--record" => options with { Record = true },
                "--only" => options with { Only = NamesOf(Value()) },
                "--servers" => options with { Servers = ServersOf(Value(), root) },
                string other => throw new FormatException($"unknown option '{other}'"),
            };
        }

        return options;
    }

    private static string[] NamesOf(string list)
    {
        string[] names = list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return names.FirstOrDefault(name => !Names.Contains(name)) is { } unknown
            ? throw new FormatException($"there is no measurement '{unknown}'; there are: {string.Join(", ", Names)}")
            : [.. Names.Where(names.Contains)];
    }

    private static ServerChoice[] ServersOf(string list, string root)
    {
        List<ServerChoice> servers = [];
        foreach (string part in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            int mark = part.IndexOf('=', StringComparison.Ordinal);
            string[] words = part[(mark + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (mark <= 0 || words.Length == 0)
                throw new FormatException($"'{part}' is not name=command");
            servers.Add(new ServerChoice(part[..mark], Path.GetFullPath(words[0], root), words[1..]));
        }

        return servers.Count > 0 ? [.. servers] : throw new FormatException("--servers names none");
    }
}
