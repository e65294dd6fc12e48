namespace Redoubt.Client;

/// <summary>A command on its way, and the task of its reply. All but the task is touched under the connection's lock.</summary>
internal sealed class PendingReply(Command command)
{
    private readonly TaskCompletionSource<Reply> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _missing = command.Replies;
    private Reply? _firstError;

    /// <summary>What was asked.</summary>
    public Command Command { get; } = command;

    /// <summary>The reply, or a <see cref="ClientException"/>.</summary>
    public Task<Reply> Task => _done.Task;

    /// <summary>Set once the first byte may have left.</summary>
    public bool Sent { get; set; }

    /// <summary>Nobody waits any more; the reply still has to be taken off the stream.</summary>
    public bool Abandoned { get; set; }

    /// <summary>RESP3 confirms a subscription by news, not by a reply.</summary>
    public bool IsAnsweredBy(Reply push) =>
        Command.IsSubscription && push.Items.Count > 0 && push[0].ToString().EndsWith("subscribe", StringComparison.Ordinal);

    /// <summary>Takes one reply; true when it was the last. Of several the last one counts, and of a transaction that was refused the
    /// first error, which says why.</summary>
    public bool Take(Reply reply)
    {
        if (reply.Kind == ReplyKind.Error)
        {
            _firstError ??= reply;
            // A subscription that is refused is answered once, however many channels it names.
            if (Command.IsSubscription)
                _missing = 1;
        }

        if (--_missing > 0)
            return false;
        _done.TrySetResult(reply.Kind == ReplyKind.Error ? _firstError! : reply);
        return true;
    }

    /// <summary>No reply will come.</summary>
    public void Fail(ClientException error)
    {
        _done.TrySetException(error);
        // Whoever waited may have left after a timeout; the fault is then observed by nobody, and that is fine.
        _ = _done.Task.Exception;
    }
}
