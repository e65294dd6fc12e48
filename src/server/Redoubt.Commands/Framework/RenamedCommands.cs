// rename-command: names that mean another command than the generated table says, or none at all.
//
// Old installations hide dangerous commands by it: FLUSHALL under a name that only they know, or under none. So a list of
// a few names is asked before the table; where nothing is renamed, there is no list.

using System.Text;

namespace Redoubt.Commands;

public sealed class RenamedCommands
{
    private readonly List<(byte[] Name, CommandDescriptor? Command)> _names = [];

    /// <summary>The command goes by the new name from now on; by none when that is empty.</summary>
    public void Rename(string from, string to)
    {
        byte[] oldName = Encoding.Latin1.GetBytes(from);
        CommandDescriptor? command = TryFind(oldName, out CommandDescriptor? renamed) ? renamed : CommandTable.Find(oldName);
        Put(oldName, null);
        if (to.Length > 0)
            Put(Encoding.Latin1.GetBytes(to), command);
    }

    /// <summary>True when the name is a new one, or one that means nothing any more; then <paramref name="command"/> is null.</summary>
    public bool TryFind(ReadOnlySpan<byte> name, out CommandDescriptor? command)
    {
        foreach ((byte[] known, CommandDescriptor? meant) in _names)
        {
            if (!Ascii.EqualsIgnoreCase(known, name))
                continue;
            command = meant;
            return true;
        }
        command = null;
        return false;
    }

    /// <summary>Whether any name leads to it.</summary>
    public bool IsReachable(CommandDescriptor command)
    {
        int bar = command.Name.IndexOf('|', StringComparison.Ordinal);
        string own = bar < 0 ? command.Name : command.Name[..bar];
        return !TryFind(Encoding.Latin1.GetBytes(own), out CommandDescriptor? meant) || meant?.Name == own
            || _names.Exists(each => each.Command?.Name == own);
    }

    private void Put(byte[] name, CommandDescriptor? command)
    {
        _names.RemoveAll(each => Ascii.EqualsIgnoreCase(each.Name, name));
        _names.Add((name, command));
    }
}
