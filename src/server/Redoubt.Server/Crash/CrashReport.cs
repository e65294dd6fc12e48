// What is written into the log when something has gone wrong that must not: for the person who has to find out why.
//
// Form and headings are Redis's, because people and tools look for them: a start mark, what happened, STACK TRACE, INFO,
// CLIENT LIST, the client whose command runs with its arguments, and the configuration. Redoubt adds the last commands.
//
// Three roads lead here. A signal that was sent from outside (CrashWatch). An exception that nobody expected on the keyspace
// thread, a broken invariant among them. An exception on a helper thread. Then the process ends: by that signal, or by
// SIGABRT, or with code 1 when use-exit-on-panic says so.
//
// What happens once does not happen twice: whoever comes second waits for the end that the first one brings. Each section
// is written as soon as it is made, and one that fails leaves a line instead: half a report is better than none.

using System.Globalization;
using System.Text;
using Redoubt.Commands;
using Redoubt.Native;
using Redoubt.Native.Processes;
using Redoubt.Server.Configuration;
using Redoubt.Server.Connections;
using Redoubt.Server.Dispatch;
using Redoubt.Server.Logging;

namespace Redoubt.Server.Crash;

internal sealed class CrashReport(ServerConfig config, ServerLog log, Dispatcher dispatcher, IServerStatus status, IClientDirectory clients, Action onEnd)
{
    private const int ArgumentBytesMax = 128;
    private const int ArgumentsMax = 32;

    private int _begun;

    /// <summary>A signal arrived. <paramref name="stack"/> is that of the keyspace thread, or why there is none.</summary>
    public void Signal(ArrivedSignal signal, string stack)
    {
        Begin();
        if (config.Process.CrashLogEnabled.Value)
        {
            Line($"Redoubt {ServerVersion.Redoubt} (Redis {ServerVersion.Redis}) crashed by signal: {signal.Number}, si_code: {signal.Code}");
            if (signal.IsFromProcess)
                Line($"Killed by PID: {signal.SenderProcess}, UID: {signal.SenderUser}");
            Body(stack);
        }
        End();
        FatalSignals.DieOf(signal.Number);
    }

    /// <summary>An exception that nobody expected. Does not return.</summary>
    public void Failure(Exception exception)
    {
        Begin();
        if (exception is InvariantException)
        {
            Line("=== ASSERTION FAILED ===");
            Line($"==> {exception.Message}");
        }
        else
        {
            Line("------------------------------------------------");
            Line("!!! Software Failure. Press left mouse button to continue");
            Line($"Guru Meditation: {exception.GetType().Name}: {exception.Message}");
        }
        if (config.Process.CrashLogEnabled.Value)
            Body(exception + "\n");
        End();
        if (config.Process.UseExitOnPanic.Value)
            Environment.Exit(1);
        FatalSignals.DieOf(FatalSignals.Abort);
    }

    private void Begin()
    {
        if (Interlocked.Exchange(ref _begun, 1) != 0)
            Thread.Sleep(Timeout.Infinite); // The first one ends the process.
        Raw("\n\n=== REDIS BUG REPORT START: Cut & paste starting from here ===\n");
    }

    private void Body(string stack)
    {
        Section("STACK TRACE", () => stack);
        Section("INFO OUTPUT", () => status.Info(["all"]));
        Section("CLIENT LIST OUTPUT", () => clients.List(new ClientFilter()));
        Section("CURRENT CLIENT INFO", CurrentClient);
        Section("LAST COMMANDS", LastCommands);
        Section("CONFIG DEBUG OUTPUT", Configuration);
    }

    private void End()
    {
        Raw("\n=== REDIS BUG REPORT END. Make sure to include from START to END. ===\n\n"
            + "       Please report the crash with everything between these two lines.\n\n"
            + "  Memory at fault? memtester tells, or memtest86+ before boot.\n");
        onEnd();
    }

    private void Section(string heading, Func<string> content)
    {
        string text;
        try
        {
            text = content();
        }
        catch (Exception failure)
        {
            // Whatever it is: the other sections are worth more than its cause.
            text = $"(not available: {failure.Message})\n";
        }
        if (text.Length > 0)
            Raw($"\n------ {heading} ------\n{text}");
    }

    private string CurrentClient()
    {
        CommandContext c = dispatcher.Context;
        if (dispatcher.Serving is not { } client)
            return "";
        StringBuilder text = new();
        clients.Describe(client, text);
        text.Append("\n\n");
        bool isSecret = client.LastCommand is { Name: "auth" or "hello" };
        for (int i = 0; i < Math.Min(c.Count, ArgumentsMax); i++)
        {
            string shown = isSecret && i > 0 ? "(redacted)" : Printable(c[i]);
            text.Append(CultureInfo.InvariantCulture, $"argv[{i}]: '{shown}'\n");
        }
        return text.ToString();
    }

    private string LastCommands()
    {
        StringBuilder text = new();
        foreach ((string command, long clientId) in dispatcher.Recent.All())
            text.Append(CultureInfo.InvariantCulture, $"client id={clientId} cmd={command}\n");
        return text.ToString();
    }

    /// <summary>What differs from the defaults, secrets apart.</summary>
    private string Configuration()
    {
        StringBuilder text = new();
        foreach (Directive directive in config.Table.InOrder)
        {
            if (!directive.IsDefault && !directive.Has(Traits.Sensitive))
                text.Append(directive.Name).Append(' ').Append(ConfigText.ToText(directive.Printed)).Append('\n');
        }
        return text.ToString();
    }

    private static string Printable(ReadOnlySpan<byte> argument)
    {
        string quoted = ConfigText.Quote(Encoding.Latin1.GetString(argument[..Math.Min(argument.Length, ArgumentBytesMax)]));
        return argument.Length > ArgumentBytesMax ? $"{quoted}... ({argument.Length} bytes)" : quoted;
    }

    private void Line(string text) => log.Write(LogLevel.Warning, LogMessages.Id.Crash, text);

    private void Raw(string text) => log.WriteRaw(LogLevel.Warning, LogMessages.Id.Crash, text);
}
