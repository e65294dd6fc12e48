using System.Text;
using System.Text.RegularExpressions;
using Redoubt.Server.Configuration;
using Redoubt.Server.Logging;
using Redoubt.Server.Tests.Configuration;

namespace Redoubt.Server.Tests.Logging;

public sealed partial class ServerLogTests : IDisposable
{
    private readonly string _folder = RealRedis.NewFolder();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_line_has_redis_form()
    {
        var line = LogLine.Format(42, 'M', new DateTime(2026, 3, 7, 4, 5, 6, 78), LogLevel.Notice, "Ready to accept connections");
        Assert.Equal("42:M 07 Mar 2026 04:05:06.078 * Ready to accept connections\n", Encoding.UTF8.GetString(line));
    }

    [Theory]
    [InlineData("Debug", ".-*#")]
    [InlineData("Verbose", "-*#")]
    [InlineData("Notice", "*#")]
    [InlineData("Warning", "#")]
    public void The_level_hides_what_is_below_it(string level, string marks)
    {
        var output = new MemoryStream();
        var log = new ServerLog("", Enum.Parse<LogLevel>(level), output);
        foreach (var each in Enum.GetValues<LogLevel>()) log.Write(each, 1, "x");
        Assert.Equal(marks, string.Concat(Lines(output).Select(line => LineForm().Match(line).Groups["mark"].Value)));
    }

    [Fact]
    public void The_role_stands_behind_the_process_id()
    {
        var output = new MemoryStream();
        var log = new ServerLog("", LogLevel.Notice, output);
        log.Starting();
        log.Role = 'S';
        log.ServerInitialized();
        Assert.Equal(["C", "C", "S"], Lines(output).Select(line => LineForm().Match(line).Groups["role"].Value));
    }

    [Fact]
    public void A_moved_file_is_followed_by_a_new_one()
    {
        var path = Path.Combine(_folder, "log");
        var log = new ServerLog(path, LogLevel.Notice);
        log.ServerInitialized();
        File.Move(path, path + ".1");
        log.ReadyToAcceptConnections();

        Assert.EndsWith("# Server initialized\n", File.ReadAllText(path + ".1"), StringComparison.Ordinal);
        Assert.EndsWith("* Ready to accept connections\n", File.ReadAllText(path), StringComparison.Ordinal);
        Assert.Single(File.ReadAllLines(path));
    }

    [Fact]
    public void A_full_disk_or_a_lost_folder_is_silent()
    {
        new ServerLog("/dev/full", LogLevel.Notice).ServerInitialized();
        new ServerLog(Path.Combine(_folder, "gone", "log"), LogLevel.Notice).ServerInitialized();
        var closed = new MemoryStream();
        closed.Dispose();
        new ServerLog("", LogLevel.Notice, closed).ServerInitialized();
    }

    [Fact]
    public void Lines_of_many_threads_stay_whole()
    {
        var path = Path.Combine(_folder, "log");
        var log = new ServerLog(path, LogLevel.Notice);
        Parallel.For(0, 400, i => log.Tell(new string((char)('a' + i % 26), 200)));

        var lines = File.ReadAllLines(path);
        Assert.Equal(400, lines.Length);
        Assert.All(lines, line => Assert.Single(LineForm().Match(line).Groups["text"].Value.Distinct()));
    }

    [Fact]
    public void Whoever_watches_sees_the_event_with_its_number()
    {
        var log = new ServerLog("", LogLevel.Notice, new MemoryStream());
        var seen = new List<LogEvent>();
        log.Written += seen.Add;
        log.FullResyncFromMaster("abc", 15);
        log.DatabaseKeys(0, 1, 2, 4);
        Assert.Equal([new LogEvent(LogMessages.Id.FullResync, LogLevel.Notice, "Full resync from master: abc:15")], seen);
    }

    [Fact]
    public void A_signal_is_reported_in_its_own_form()
    {
        var output = new MemoryStream();
        new ServerLog("", LogLevel.Notice, output).SignalReceived("SIGTERM");
        Assert.Matches("^[0-9]+:signal-handler \\([0-9]+\\) Received SIGTERM scheduling shutdown\\.\\.\\.$", Lines(output).Single());
    }

    [Theory]
    [InlineData(false, "yes", true)]
    [InlineData(true, "no", true)]
    [InlineData(false, "no", false)]
    public void The_picture_is_shown_to_people_and_to_who_asked(bool terminal, string always, bool shown)
    {
        var config = ServerConfig.Load(["--always-show-logo", always, "--port", "7001"]).Config!;
        var output = new MemoryStream();
        Banner.Print(new ServerLog("", LogLevel.Notice, output), config, terminal);

        var text = Encoding.UTF8.GetString(output.ToArray());
        Assert.Equal(shown, text.Contains($" PID: {Environment.ProcessId}\n", StringComparison.Ordinal));
        Assert.Equal(shown, text.Contains("Port: 7001\n", StringComparison.Ordinal));
        Assert.Equal(!shown, text.EndsWith("* Running mode=standalone, port=7001.\n", StringComparison.Ordinal));
    }

    [Fact]
    public void A_start_and_a_save_are_told_in_the_words_of_redis_server()
    {
        var (folder, port) = (RealRedis.NewFolder(), RealRedis.FreePort());
        var theirs = Path.Combine(folder, "log");
        using (var redis = RealRedis.StartQuietly(folder, port, "--port", port.ToString(), "--logfile", theirs, "--save", "1 1"))
        {
            redis.Command("SET", "a", "b");
            redis.Command("SAVE");
            redis.CommandThatEnds("SHUTDOWN", "SAVE");

            var output = new MemoryStream();
            var log = new ServerLog("", LogLevel.Notice, output);
            log.Starting();
            log.ConfigurationLoaded();
            log.RunningMode(port);
            log.ServerInitialized();
            log.ReadyToAcceptConnections();
            log.DatabaseSaved();
            log.ShutdownRequested();
            log.FinalSave();
            log.Bye();

            var real = File.ReadAllLines(theirs).Select(line => WithoutPid(LineForm().Match(line).Groups["rest"].Value)).ToHashSet();
            Assert.All(Lines(output), line => Assert.Contains(WithoutPid(LineForm().Match(line).Groups["rest"].Value), real));
        }
    }

    private static string WithoutPid(string line) => Regex.Replace(line, "pid=[0-9]+", "pid=");

    private static string[] Lines(MemoryStream output) =>
        Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    [GeneratedRegex(@"^[0-9]+:(?<role>[A-Z]) [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8}\.[0-9]{3} (?<rest>(?<mark>[.*#-]) (?<text>.*))$")]
    private static partial Regex LineForm();
}
