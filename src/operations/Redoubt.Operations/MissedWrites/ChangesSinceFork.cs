using Redoubt.Client;
using Redoubt.Failover;
using Redoubt.Failover.MissedWrites;
using Redoubt.Topology;

namespace Redoubt.Operations.MissedWrites;

// "Unchanged since the fork" is not a comparison of values: a counter that went up and down again is changed, and a key that was deleted and set to the
// same is too. The new master's own stream says which keys were touched; while its backlog reaches back to the fork the answer is
// exact, and afterwards there is none. What a command's keys are is asked of the server, which knows its commands best.

/// <summary>The keys that the new master has touched since it was promoted, kept up to date.</summary>
public sealed class ChangesSinceFork
{
    private readonly NodeProbe _newMaster;
    private readonly ProbeOptions _options;
    private readonly HashSet<KeyPlace> _touched = [];
    private ReplicationOffset _readTo;
    private int? _database;

    /// <summary>Starts at the fork, with nothing read.</summary>
    public ChangesSinceFork(NodeProbe newMaster, ProbeOptions options, ForkPoint fork)
    {
        _newMaster = newMaster;
        _options = options;
        _readTo = fork.Offset;
    }

    /// <summary>Why it cannot be told any more; null while it can.</summary>
    public string? Unknown { get; private set; }

    /// <summary>Whether a key was touched, as far as has been read.</summary>
    public bool Touched(KeyPlace key) => _touched.Contains(key);

    /// <summary>Reads on to the end of the stream as it is now.</summary>
    public async Task ReadOnAsync(CancellationToken cancellation)
    {
        if (Unknown is not null)
            return;
        NodeObservation look = await _newMaster.ObserveReplicationAsync(cancellation).ConfigureAwait(false);
        if (look.Replication is not { Role: Role.Master } info)
        {
            Unknown = look.Failure?.Message ?? $"{_newMaster.Address} is no master any more";
            return;
        }

        if (info.Offset == _readTo)
            return;
        try
        {
            byte[] bytes = info.BacklogActive && info.Backlog.CanContinueFrom(_readTo.NextByte)
                ? await StreamPiece.FetchAsync(_newMaster.Address, _options, info.ReplicationId, _readTo.NextByte, info.Offset, cancellation).ConfigureAwait(false)
                : throw new StreamUnavailableException($"the backlog of {_newMaster.Address} does not reach back to {_readTo.NextByte} any more");
            CommandStream stream = CommandStream.Read(bytes, _readTo.NextByte.Value, _database);
            if (stream.ReadTo != bytes.Length)
                throw new StreamUnavailableException($"the stream of {_newMaster.Address} cannot be read at {_readTo.NextByte + stream.ReadTo}");
            foreach (KeyedCommand command in await KeysAsync(_newMaster, stream.Commands.Where(command => !command.IsNoise), cancellation).ConfigureAwait(false))
            {
                if (command.Keys.Count == 0)
                    throw new StreamUnavailableException($"{command.Command.Name} has changed more than single keys on {_newMaster.Address}");
                _touched.UnionWith(command.Keys);
            }

            _database = stream.Commands.LastOrDefault() is { } last ? (last.Name == "SELECT" ? int.Parse(last.Words[1], System.Globalization.CultureInfo.InvariantCulture) : last.Database) : _database;
            _readTo = info.Offset;
        }
        catch (StreamUnavailableException error)
        {
            Unknown = error.Message;
        }
    }

    /// <summary>The keys of commands, as COMMAND GETKEYS of the server names them.</summary>
    public static async Task<IReadOnlyList<KeyedCommand>> KeysAsync(NodeProbe server, IEnumerable<StreamCommand> commands, CancellationToken cancellation)
    {
        const int atOnce = 512;
        var keyed = new List<KeyedCommand>();
        foreach (StreamCommand[] batch in commands.Chunk(atOnce))
            keyed.AddRange(await Task.WhenAll(batch.Select(command => KeysAsync(server, command, cancellation))).ConfigureAwait(false));
        return keyed;
    }

    private static async Task<KeyedCommand> KeysAsync(NodeProbe server, StreamCommand command, CancellationToken cancellation)
    {
        try
        {
            CommandArgument[] question = ["COMMAND", "GETKEYS", .. command.Words.Select(word => (CommandArgument)word)];
            Reply reply = await server.CommandAsync(new CommandOptions { Cancellation = cancellation }, question).ConfigureAwait(false);
            return new KeyedCommand(command, [.. reply.Items.Select(key => KeyPlace.Of(command.Database ?? 0, key.Bytes.Span)).Distinct()]);
        }
        catch (CommandException)
        {
            // "The command has no key arguments", or one that this server does not know: nothing to go by, either way.
            return new KeyedCommand(command, []);
        }
    }
}
