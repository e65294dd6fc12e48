using Redoubt.Commands;

namespace Redoubt.Server.Crash;

/// <summary>The last commands that began to run, for a crash report: which, and of which client. Costs two stores per command.</summary>
internal sealed class RecentCommands
{
    private const int Kept = 32;

    private readonly CommandDescriptor?[] _commands = new CommandDescriptor?[Kept];
    private readonly long[] _clients = new long[Kept];
    private uint _count;

    public void Note(CommandDescriptor command, long clientId)
    {
        uint at = _count++ % Kept;
        _commands[at] = command;
        _clients[at] = clientId;
    }

    /// <summary>Oldest first.</summary>
    public IEnumerable<(string Command, long ClientId)> All()
    {
        for (uint back = Kept; back > 0; back--)
        {
            uint at = (_count - back) % Kept;
            if (_commands[at] is { } command)
                yield return (command.Name, _clients[at]);
        }
    }
}
