using System.Collections;
using Redoubt.Native.Processes;

namespace Redoubt.Server.Processes;

/// <summary>Starts the server anew in this process, with the arguments it was given. Descriptors that are open close by themselves.</summary>
internal static class Restarting
{
    /// <summary>Returns only when that fails, with the reason.</summary>
    public static string Now(TimeSpan delay)
    {
        Thread.Sleep(delay);
        string program = Environment.ProcessPath ?? "";
        string[] arguments = [program, .. ArgumentArea.Original[1..]];
        return ChildStart.Become(program, arguments, Variables());
    }

    /// <summary>The environment as a program is given it.</summary>
    public static string[] Variables()
    {
        List<string> variables = [];
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
            variables.Add($"{variable.Key}={variable.Value}");
        return [.. variables];
    }
}
