using Redoubt.Failover.Names;
using Redoubt.Operations.Groups;

namespace Redoubt.Operations.Names;

/// <summary>From the word in the group file to what keeps the name.</summary>
public static class NameProviders
{
    /// <summary>The words the group file may use.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["rfc2136", "hosts", "exec", "none"];

    /// <summary>Makes the group's provider; connects to nothing yet.</summary>
    /// <exception cref="GroupDefinitionException">A secret of it cannot be read.</exception>
    public static INameProvider Create(NameSettings settings) => settings.Provider switch
    {
        "none" => new NoName(),
        "hosts" when settings.File is null => throw new GroupDefinitionException("the provider 'hosts' needs 'file': a file in hosts syntax"),
        "hosts" => new HostsName(settings),
        "exec" => new ProgramName(settings),
        "rfc2136" => new DynamicUpdateName(settings),
        _ => throw new GroupDefinitionException($"'{settings.Provider}' is no provider of names"),
    };
}
