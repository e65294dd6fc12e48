using System.Text;

namespace Redoubt.Client;

/// <summary>What the caller has subscribed to, so that a new connection can do so again. Messages sent while there is none are lost: that
/// is what PUBLISH promises.</summary>
internal sealed class Subscriptions
{
    private readonly Lock _gate = new();
    private readonly HashSet<(string Verb, string Channel)> _wanted = [];

    public bool Any
    {
        get
        {
            lock (_gate)
                return _wanted.Count > 0;
        }
    }

    /// <summary>Notes a command, SUBSCRIBE or one of its kin, with its channels.</summary>
    public void Note(string command, ReadOnlySpan<CommandArgument> arguments)
    {
        if (arguments.Length < 2)
            throw new ArgumentException($"{command} needs its channels by name.", nameof(arguments));
        int undo = command.IndexOf("UNSUBSCRIBE", StringComparison.Ordinal);
        string verb = undo < 0 ? command : $"{command[..undo]}SUBSCRIBE";
        lock (_gate)
        {
            foreach (CommandArgument channel in arguments[1..])
            {
                // Channels are bytes; Latin-1 keeps every one of them.
                (string, string) key = (verb, Encoding.Latin1.GetString(channel.Bytes));
                if (undo < 0)
                    _wanted.Add(key);
                else
                    _wanted.Remove(key);
            }
        }
    }

    /// <summary>One command per subscription.</summary>
    public Command[] ToCommands()
    {
        lock (_gate)
            return [.. _wanted.Select(one => Command.Of([one.Verb, Encoding.Latin1.GetBytes(one.Channel)]))];
    }
}
