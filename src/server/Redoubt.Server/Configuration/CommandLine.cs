using System.Globalization;
using System.Text;

namespace Redoubt.Server.Configuration;

/// <summary>
/// The arguments of the process, in redis-server's grammar: an optional file first, <c>-</c> for standard input, and <c>--directive value ...</c>,
/// which become lines that are read after the file.
/// </summary>
/// <remarks>
/// An argument that begins with two dashes is a directive, unless the directive before it still waits for its first value: that is how
/// <c>--proc-title-template --my--title</c> works. <c>--save</c> alone means no snapshots, because scripts that build a command line from an empty list
/// produce it. Everything after a directive's name is quoted, so that a value arrives as it was given.
/// </remarks>
internal sealed record CommandLine(string? ConfigFile, bool ReadsStandardInput, string Options)
{
    public static CommandLine Parse(ReadOnlySpan<string> arguments)
    {
        var first = 0;
        string? file = null;
        if (arguments.Length > 0 && !arguments[0].StartsWith('-'))
        {
            file = arguments[0];
            first = 1;
        }

        var options = new StringBuilder();
        var readsStandardInput = false;
        var expectsName = true;
        for (var i = first; i < arguments.Length; i++)
        {
            var argument = ConfigText.FromText(arguments[i]);
            if (argument == "-" && (i == 0 || i == arguments.Length - 1))
            {
                readsStandardInput = true;
            }
            else if (expectsName && argument.StartsWith("--", StringComparison.Ordinal))
            {
                var next = i + 1 < arguments.Length ? arguments[i + 1] : null;
                expectsName = AppendName(options, argument, next);
            }
            else
            {
                options.Append(ConfigText.Quote(argument)).Append(' ');
                expectsName = true;
            }
        }
        return new CommandLine(file, readsStandardInput, options.ToString());
    }

    /// <summary>Returns whether the next argument may be a name again.</summary>
    private static bool AppendName(StringBuilder options, string argument, string? next)
    {
        if (options.Length > 0) options.Append('\n');
        options.Append(argument, 2, argument.Length - 2).Append(' ');

        var holdsItsValue = ConfigText.SplitArguments(argument) is not { Count: 1 };
        if (holdsItsValue) return true;
        if (argument.Equals("--save", StringComparison.OrdinalIgnoreCase)
            && (next is null || next.StartsWith("--", StringComparison.Ordinal)))
        {
            options.Append("\"\"");
            return true;
        }
        return false;
    }

    /// <summary>Answers the arguments that want a text and no server; null for all others.</summary>
    public static LoadResult? AnswerWithoutServer(ReadOnlySpan<string> arguments)
    {
        foreach (var argument in arguments)
        {
            if (argument == "--sentinel")
            {
                return LoadResult.Stop(1, error:
                    "This server has no Sentinel mode. Run redis-sentinel beside it: it watches Redoubt servers as it watches Redis ones.\n");
            }
        }
        if (arguments.Length == 0) return null;
        return arguments[0] switch
        {
            "-v" or "--version" => LoadResult.Stop(0, output: Version),
            "-h" or "--help" => LoadResult.Stop(1, error: Usage),
            "--test-memory" when arguments.Length == 2 => LoadResult.Stop(1, error:
                "This server does not test memory: most of it is out of reach of a running process. Use memtester, or memtest86+ before boot.\n"),
            "--test-memory" => LoadResult.Stop(1, error:
                "Please specify the amount of memory to test in megabytes.\nExample: ./redoubt-server --test-memory 4096\n\n"),
            "--check-system" => SystemCheck.Run(),
            _ => null,
        };
    }

    // The beginning is what tools that look for a redis-server parse; the build of Redoubt stands at the end.
    private static string Version => string.Create(CultureInfo.InvariantCulture,
        $"Redis server v={ServerVersion.Redis} sha=00000000:0 malloc=redoubt bits={nint.Size * 8} build={ServerVersion.Build} redoubt={ServerVersion.Redoubt}\n");

    private const string Usage = """
        Usage: ./redoubt-server [/path/to/redis.conf] [options] [-]
               ./redoubt-server -            (reads the configuration from standard input)
               ./redoubt-server -v or --version
               ./redoubt-server -h or --help
               ./redoubt-server --test-memory <megabytes>
               ./redoubt-server --check-system

        Options are the directives of redis.conf, and come after those of the file:
               ./redoubt-server                                    (default configuration, port 6379)
               echo 'maxclients 200' | ./redoubt-server -
               ./redoubt-server /etc/redis/6379.conf
               ./redoubt-server --port 7777 --replicaof 127.0.0.1 8888
               ./redoubt-server /etc/redis/6379.conf --loglevel verbose --save ''
               ./redoubt-server --io portable                      (the event loop of the .NET library)

        """;
}
