// The title of the process: what `ps` shows, and what /proc/PID/cmdline holds.
//
// Linux has no call for it. It shows the memory in which the process was given its arguments, so a title is written over
// them. Behind the arguments lies the environment; a title that is longer than the arguments needs that room as well. The
// kernel allows this: when the last byte of the arguments is not zero any more, it shows what stands from their start to
// the first zero, wherever that is. So the environment moves first: every variable is set again, which makes the C library
// keep a copy elsewhere.
//
// Where the areas are, /proc/self/stat tells (fields 48 to 51). Call once early: others may read the environment meanwhile.

using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Redoubt.Native.Processes;

public sealed unsafe partial class ArgumentArea
{
    private const int ArgumentsFrom = 48 - 3, ArgumentsTo = 49 - 3, EnvironmentTo = 51 - 3;

    private readonly byte* _area;
    private readonly int _argumentBytes;
    private readonly int _bytes;

    private ArgumentArea(byte* area, int argumentBytes, int bytes)
    {
        _area = area;
        _argumentBytes = argumentBytes;
        _bytes = bytes;
    }

    /// <summary>The arguments as they were given, the program first; what is written over them later does not show here.</summary>
    public static string[] Original { get; } = ReadArguments();

    /// <summary>Null where the system does not show arguments in this way.</summary>
    public static ArgumentArea? Open()
    {
        if (!OperatingSystem.IsLinux())
            return null;
        try
        {
            // The second field is the program's name, in parentheses, and may hold anything.
            string stat = File.ReadAllText("/proc/self/stat");
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            ulong from = ulong.Parse(fields[ArgumentsFrom], CultureInfo.InvariantCulture);
            ulong argumentsEnd = ulong.Parse(fields[ArgumentsTo], CultureInfo.InvariantCulture);
            ulong end = ulong.Parse(fields[EnvironmentTo], CultureInfo.InvariantCulture);
            _ = Original;
            if (from == 0 || argumentsEnd <= from)
                return null;
            MoveEnvironment();
            return new ArgumentArea((byte*)from, (int)(argumentsEnd - from), (int)(Math.Max(end, argumentsEnd) - from));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or FormatException or IndexOutOfRangeException)
        {
            return null;
        }
    }

    /// <summary>Shows this title; one that is too long is cut.</summary>
    public void Show(string title)
    {
        ReadOnlySpan<byte> text = Encoding.UTF8.GetBytes(title);
        text = text[..Math.Min(text.Length, _bytes - 1)];
        Span<byte> area = new(_area, _bytes);
        area.Clear();
        text.CopyTo(area);
        if (text.Length < _argumentBytes - 1)
            area[_argumentBytes - 1] = (byte)'.'; // Never shown: the sign for the kernel to stop at the first zero.
    }

    private static void MoveEnvironment()
    {
        foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
            _ = setenv((string)variable.Key, (string?)variable.Value ?? "", 1);
    }

    private static string[] ReadArguments()
    {
        try
        {
            string[] arguments = Encoding.UTF8.GetString(File.ReadAllBytes("/proc/self/cmdline")).Split('\0');
            return arguments.Length > 1 ? arguments[..^1] : Environment.GetCommandLineArgs();
        }
        catch (IOException)
        {
            return Environment.GetCommandLineArgs();
        }
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);
}
