using System.Globalization;
using System.Text;

namespace Redoubt.Server.Logging;

/// <summary>One line that was written, for whoever watches: tests wait for an event instead of reading a file in a loop.</summary>
internal readonly record struct LogEvent(int Id, LogLevel Level, string Text);

/// <summary>
/// The server's log.
/// </summary>
/// <remarks>
/// <para>Why not a logging library: the lines are an interface. Test suites, init scripts and people match Redis's words and form, so the texts are
/// fixed (<see cref="LogMessages"/>) and the form is one function (<see cref="LogLine"/>).</para>
/// <para>Where to: standard output, flushed with every line, or a file that is opened for append, written and closed for every line. Opening costs some tens
/// of microseconds, which a log at its usual levels does not feel, and buys that the log can be moved, truncated or deleted
/// by logrotate or by hand at any time without a signal: the next line is in a new file. Redis does the same.</para>
/// <para>Threads: any. One lock orders the lines; a line is one write. Failure: a full disk, a folder that vanished or a reader that closed its pipe loses the
/// line and nothing else. The log never throws into its caller and never stops the server.</para>
/// </remarks>
internal sealed class ServerLog : IDisposable
{
    private readonly Lock _lock = new();
    private readonly string _path;
    private readonly Stream? _output;
    private readonly TimeProvider _time;
    private readonly int _pid = Environment.ProcessId;
    private volatile LogLevel _level;
    private volatile char _role = 'C';

    /// <param name="path">The file, or empty for standard output.</param>
    /// <param name="level">What is below it is not written.</param>
    /// <param name="output">Stands in for standard output.</param>
    /// <param name="time">The clock; the system's when null.</param>
    public ServerLog(string path, LogLevel level, Stream? output = null, TimeProvider? time = null)
    {
        _path = path;
        _level = level;
        _output = path.Length > 0 ? null : output ?? Console.OpenStandardOutput();
        _time = time ?? TimeProvider.System;
    }

    /// <summary>Sees every line that is written, on the thread that writes it.</summary>
    public event Action<LogEvent>? Written;

    public LogLevel Level
    {
        get => _level;
        set => _level = value;
    }

    /// <summary>M for a master, S for a replica, C before the server is one.</summary>
    public char Role
    {
        get => _role;
        set => _role = value;
    }

    /// <summary>To save the making of a text that nobody would see.</summary>
    public bool IsOn(LogLevel level) => level >= _level;

    public void Write(LogLevel level, int id, string text)
    {
        if (level < _level) return;
        Emit(LogLine.Format(_pid, _role, _time.GetLocalNow().DateTime, level, text));
        Written?.Invoke(new LogEvent(id, level, text));
    }

    /// <summary>Text without the form of a line: the banner.</summary>
    public void WriteRaw(LogLevel level, int id, string text)
    {
        if (level < _level) return;
        Emit(Encoding.UTF8.GetBytes(text));
        Written?.Invoke(new LogEvent(id, level, text));
    }

    /// <summary>The form of lines that come from a signal: Redis can't format a date there, and what reads its logs knows it.</summary>
    public void WriteFromSignal(LogLevel level, int id, string text)
    {
        if (level < _level) return;
        Emit(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"{_pid}:signal-handler ({_time.GetUtcNow().ToUnixTimeSeconds()}) {text}\n")));
        Written?.Invoke(new LogEvent(id, level, text));
    }

    public void Dispose()
    {
        lock (_lock) _output?.Dispose();
    }

    private void Emit(byte[] bytes)
    {
        try
        {
            lock (_lock)
            {
                if (_output is not null)
                {
                    _output.Write(bytes);
                    _output.Flush();
                    return;
                }
                using var file = new FileStream(_path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
                file.Write(bytes);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            // There is no place left to report to.
        }
    }
}
