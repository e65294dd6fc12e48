// From bytes to executed commands: the hot path of the server.
//
// One call serves everything that arrived from one client: requests are parsed in batches; the keys of a batch are asked
// from memory before the first command needs one; then each request is looked up, passes the gate, runs, and is propagated.
// Replies go to the shared reply buffer; the loop sends them.
//
// Nothing here allocates for a simple command: one context, one batch and one reply buffer serve all clients in turn.
//
// A client that is held back (WAIT, a pause) stops in the middle of its input: `Execute` then returns where it stopped,
// and the rest is kept by the connection until it may go on.

using System.Text;
using Redoubt.Commands;
using Redoubt.Keyspace;
using Redoubt.Resp;
using Redoubt.Server.Blocking;
using Redoubt.Server.Configuration;
using Redoubt.Server.Connections;
using Redoubt.Server.Crash;
using Redoubt.Server.Loop;

namespace Redoubt.Server.Dispatch;

internal sealed class Dispatcher : ITransactions
{
    public const int BatchMax = 32;

    // A few bytes of input can ask for gigabytes. A turn ends here, so that what it produced can be sent, or the client held back.
    private const int ReplyBytesPerTurn = 1024 * 1024;

    // What is so large is not brief, whatever its command is otherwise.
    private const int LargeRequestBytes = 16 * 1024;

    private readonly Redoubt.Keyspace.Keyspace _keyspace;
    private readonly ServerState _state;
    private readonly Gate _gate;
    private readonly Propagator _propagator;
    private readonly RespWriter _reply;
    private readonly RequestBatch _ownBatch = new(BatchMax);
    private RequestBatch _batch;
    private readonly CommandDescriptor?[] _found = new CommandDescriptor?[BatchMax];
    private readonly ulong[] _hashes = new ulong[BatchMax];
    private readonly CommandTexts _texts = new();
    private readonly RespWriter _replyToWaiting = new(4096);
    private Request _currentRequest;
    private byte[] _currentBuffer = [];
    private long _errorsCounted;
    private int _replyKept;
    private bool _isForgetting;
    private int _running;
    private int _replyStart;
    private long _heldClients;

    public Dispatcher(Redoubt.Keyspace.Keyspace keyspace, ServerState state, Gate gate, Propagator propagator, RespWriter reply)
    {
        _keyspace = keyspace;
        _state = state;
        _gate = gate;
        _propagator = propagator;
        _reply = reply;
        _batch = _ownBatch;
    }

    /// <summary>The one context; set by the composition root, which knows the ports.</summary>
    public CommandContext Context { get; set; } = null!;

    /// <summary>Where deletions of expired keys are noted: the running command's propagation.</summary>
    public Hosting.DeletionNotes Notes { get; set; } = null!;

    /// <summary>The errors that were answered, by which failed calls are told from others.</summary>
    public ErrorStatistics Errors { get; set; } = null!;

    /// <summary>Who waits for keys; served after each command.</summary>
    public KeyWaits KeyWaits { get; set; } = null!;

    /// <summary>Who waits for a snapshot; set by the composition root.</summary>
    public LargeWrites LargeWrites { get; set; } = null!;

    /// <summary>Clients that cache what they read; set by the composition root.</summary>
    public Tracking.KeyTracking Tracking { get; set; } = null!;

    /// <summary>The last commands, for crash reports.</summary>
    public RecentCommands Recent { get; } = new();

    /// <summary>What clients let expire on a replica that they may write to.</summary>
    public OwnExpiries OwnExpiries { get; set; } = null!;

    /// <summary>Are told of each command that has run.</summary>
    public CallObservers Observers { get; set; } = null!;

    /// <summary>The keys that clients watch.</summary>
    public Watches Watches { get; set; } = null!;

    /// <summary>Is told of each command that is obeyed, once it is applied: those of the master's stream, or of the append-only file.</summary>
    public ICommandSource? Source { get; set; }

    /// <summary>Executes the append-only file: what is run here has been counted when it was run first, and wakes nobody.</summary>
    public bool IsForReplay { get; init; }

    /// <summary>The link to the master, for who waits until it is caught up with.</summary>
    public Replicas.MasterLink? MasterLink { get; set; }

    /// <summary>The client whose requests are being executed, or null.</summary>
    public ClientConnection? Serving { get; private set; }

    /// <summary>What happens now, such as an eviction, goes before the next command and before its reply.</summary>
    public bool IsBeforeCommand => _isForgetting || _gate.IsMakingRoom;

    /// <summary>
    /// Executes the requests in <paramref name="buffer"/>[..<paramref name="length"/>] and returns how many bytes are done with. When
    /// the replies have become long it stops in between, and says so by <see cref="ClientConnection.HasMoreInput"/>.
    /// </summary>
    /// <param name="ahead">The first requests, if another thread has parsed them already.</param>
    public int Execute(ClientConnection client, byte[] buffer, int length, ParsedAhead? ahead = null)
    {
        Serving = client;
        client.BytesInService = length;
        try
        {
            return ExecuteAll(client, buffer, length, ahead);
        }
        finally
        {
            client.BytesInService = 0;
            Serving = null;
            _batch = _ownBatch;
        }
    }

    private int ExecuteAll(ClientConnection client, byte[] buffer, int length, ParsedAhead? ahead)
    {
        int position = 0;
        int replyMax = _reply.Length + ReplyBytesPerTurn;
        _keyspace.NowMs = Clock.UnixMs;
        if (_state.IsReplica)
            _keyspace.ExpiryMode = client.IsMasterLink ? ExpiryMode.Ignore : ExpiryMode.Hide;
        _reply.Protocol = client.Protocol;
        RequestParser parser = client.Parser;
        while (true)
        {
            ParseStatus status;
            if (ahead is not null)
            {
                _batch = ahead.Batch;
                (status, position) = (ahead.Status, ahead.Position);
                ahead = null;
            }
            else
            {
                _batch = _ownBatch;
                _batch.Clear();
                status = parser.Parse(buffer.AsSpan(0, length), ref position, _batch);
            }
            Anticipate(client, buffer);
            bool isWatched = _batch.Count > 1 && Observers.SlowNanoseconds != long.MaxValue;
            if (isWatched)
                _state.Timings.BeginBatch();
            int done = RunBatch(client, buffer, length, replyMax);
            if (isWatched && _state.Timings.UntimedOfBatch() is var untimed && untimed >= Observers.SlowNanoseconds)
                ReportUntimed(client, buffer, untimed);
            if (done >= 0)
                return done;
            if (status == ParseStatus.ProtocolError)
            {
                RefuseProtocol(client, parser.Error!);
                return length;
            }
            if (status == ParseStatus.NeedMore)
                return position;
        }
    }

    /// <summary>Runs the requests of the batch. Returns -1, or how much of the input is done with when it ends here.</summary>
    private int RunBatch(ClientConnection client, byte[] buffer, int length, int replyMax)
    {
        for (_running = 0; _running < _batch.Count; _running++)
        {
            ref readonly Request request = ref _batch[_running];
            _replyStart = _reply.Length;
            if (!TryRun(client, buffer, _running))
            {
                client.Parser.Restart(buffer);
                return request.RawStart;
            }
            if (client.IsClosed || client.IsAborted || client.CloseAfterReply || _reply.IsOverflown)
                return length;
            if (client.IsBlocked || _reply.Length > replyMax)
            {
                int done = request.RawStart + request.RawLength;
                client.HasMoreInput = !client.IsBlocked && done < length;
                client.Parser.Restart(buffer);
                return done;
            }
        }
        return -1;
    }

    /// <summary>
    /// A batch took long, and not by those of its commands that were timed. So it was one of the others, since any two that are as slow are
    /// rarer still: the one that brought most bytes, or the last, if that answered with even more (a long reply ends the turn).
    /// </summary>
    private void ReportUntimed(ClientConnection client, byte[] buffer, long nanoseconds)
    {
        int last = Math.Min(_running, _batch.Count - 1);
        int culprit = last;
        int most = _reply.Length - _replyStart;
        for (int i = 0; i <= last; i++)
        {
            if (_batch[i].RawLength <= most || _found[i] is null)
                continue;
            most = _batch[i].RawLength;
            culprit = i;
        }
        if (_found[culprit] is not { } command)
            return;
        Context.Aim(buffer, _batch.ArgumentArray, _batch[culprit].FirstArgument, _batch[culprit].ArgumentCount);
        Context.Command = command;
        Observers.ReportSlow(Context, client, command, nanoseconds);
    }

    /// <summary>After a command that was given up in the middle: no transaction is open any more.</summary>
    public void Abandon()
    {
        Context.IsInTransaction = false;
        Context.Propagate.Reset();
        _propagator.EndUnit();
    }

    /// <summary>Looks up the commands of the batch and asks the memory for their keys.</summary>
    private void Anticipate(ClientConnection client, byte[] buffer)
    {
        ArgumentRange[] arguments = _batch.ArgumentArray;
        Database database = _keyspace[client.DatabaseIndex];
        bool prefetch = _batch.Count > 1;
        for (int i = 0; i < _batch.Count; i++)
        {
            ref readonly Request request = ref _batch[i];
            ArgumentRange name = arguments[request.FirstArgument];
            CommandDescriptor? command = CommandTable.Find(buffer.AsSpan(name.Start, name.Length));
            _found[i] = command;
            _hashes[i] = 0;
            if (!prefetch || command is null || command.FirstKey == 0 || command.FirstKey >= request.ArgumentCount)
                continue;
            ArgumentRange key = arguments[request.FirstArgument + command.FirstKey];
            ulong hash = _keyspace.HashOf(buffer.AsSpan(key.Start, key.Length));
            _hashes[i] = hash;
            database.PrefetchBucket(hash);
        }
        if (!prefetch)
            return;
        for (int i = 0; i < _batch.Count; i++)
        {
            if (_hashes[i] != 0)
                database.PrefetchEntry(_hashes[i]);
        }
    }

    /// <summary>Runs one request of the batch; false when the client must wait before it.</summary>
    private bool TryRun(ClientConnection client, byte[] buffer, int index)
    {
        ref readonly Request request = ref _batch[index];
        CommandContext c = Context;
        c.Aim(buffer, _batch.ArgumentArray, request.FirstArgument, request.ArgumentCount);
        CommandDescriptor? command = _found[index];
        if (command is null && IsOfBrowser(c[0]))
        {
            client.IsAborted = true;
            return true;
        }
        int replyStart = _reply.Length;
        if (client.ReplyMode == ReplyMode.SkipNext)
            client.ReplyMode = ReplyMode.Skip;
        if (command is { Subcommands.Length: > 0 } && c.Count > 1)
            command = CommandTable.FindSubcommand(command, c[1]) ?? command;
        c.Session = client;
        client.LastCommand = command is { Subcommands.Length: > 0 } && c.Count > 1 ? null : command;
        if (command is null || (command.Subcommands.Length > 0 && c.Count > 1) || !command.AcceptsCount(c.Count))
        {
            if (!client.IsMasterLink)
                RefuseForm(client, command);
            else if (!Source!.MayLeaveOut(c[0]))
                return true;
        }
        else
        {
            if (_gate.IsNarrow || _keyspace.Snapshot is not null || IsSpecial(client, command))
            {
                ReadOnlySpan<byte> refusal = _gate.Refusal(client, command);
                if (!refusal.IsEmpty)
                {
                    Refuse(client, command, refusal);
                    FinishReply(client, replyStart);
                    return true;
                }
                if (client.IsClosed)
                    return true;
                if (MustHold(client, command))
                {
                    client.IsBlocked = true;
                    client.HeldAs = ++_heldClients;
                    return false;
                }
            }
            if (_keyspace.TracksModifications)
                ForgetSurplus();
            if (client.Transaction is { } transaction && !RunsInsideMulti(command))
            {
                QueueCommand(client, transaction, command);
            }
            else
            {
                _currentRequest = request;
                _currentBuffer = buffer;
                c.HashedArgument = _hashes[index] != 0 ? command.FirstKey : 0;
                c.ArgumentHash = _hashes[index];
                Call(client, command, request, buffer);
                if (KeyWaits.HasReady && !IsForReplay)
                    ServeWaiting();
            }
        }
        if (client.IsMasterLink)
            TellSource(client, command, buffer.AsSpan(request.RawStart, request.RawLength), replyStart);
        FinishReply(client, replyStart);
        // CLIENT CACHING is good for one command, or for one transaction.
        if (client.Tracking is { IsCachingGiven: true } tracking && client.Transaction is null && command?.Name != "client|caching")
            tracking.IsCachingGiven = false;
        return true;
    }

    /// <summary>
    /// Whether the client waits before this command: a pause holds it back, a snapshot needs what it would change, or it promotes us and the master's last
    /// words are not read yet.
    /// </summary>
    private bool MustHold(ClientConnection client, CommandDescriptor command)
    {
        if (_gate.IsPaused(client, command))
            return true;
        if (_keyspace.Snapshot is not null && !IsForReplay && LargeWrites.Hold(Context, client, command))
            return true;
        if (!_state.IsReplica || client.IsMasterLink || !Promotion.IsAskedBy(Context, client, command))
            return false;
        if (client.AwaitsMasterStream)
        {
            client.AwaitsMasterStream = false;
            return false;
        }
        return MasterLink!.HoldUntilCaughtUp(client);
    }

    /// <summary>What clients have cached beyond the limit is forgotten before the next command, be it only queued.</summary>
    private void ForgetSurplus()
    {
        _isForgetting = true;
        Tracking.ForgetSurplus();
        _isForgetting = false;
    }

    /// <summary>A command that is obeyed has been applied, or has failed.</summary>
    private void TellSource(ClientConnection client, CommandDescriptor? command, ReadOnlySpan<byte> raw, int replyStart)
    {
        if (_reply.Length > replyStart && _reply.Written[replyStart] == (byte)'-')
            Source!.Failed(command?.Name ?? "", Encoding.Latin1.GetString(_reply.Written[(replyStart + 1)..^2]));
        Source!.Applied(raw, client.Transaction is not null);
    }

    /// <summary>The gate has something to say about this client or this command, whatever the state of the server.</summary>
    private static bool IsSpecial(ClientConnection client, CommandDescriptor command) =>
        !client.IsAuthenticated || client.IsReplica || client.IsMonitor || client.Subscriptions is not null || command.Has(CommandFlags.Protected);

    /// <summary>Executes a command that has passed every check, and propagates what it did.</summary>
    private void Call(ClientConnection client, CommandDescriptor command, in Request request, byte[] buffer)
    {
        CommandContext c = Context;
        c.Command = command;
        int database = client.DatabaseIndex;
        c.Database = _keyspace[database];
        long dirty = _keyspace.Dirty;
        Notes.Deletions = c.Propagate;
        Recent.Note(command, client.Id);
        long begun = IsForReplay ? 0 : _state.Timings.Begin(command, _batch.Count == 1 || request.RawLength >= LargeRequestBytes);
        CommandTable.Execute(command.Index, c);
        long nanoseconds = begun == 0 ? -1 : _state.Timings.End(command, begun, isWaiting: client.IsBlocked);
        if (client.Tracking is not null)
            Tracking.Remember(client, c);
        if (!IsForReplay)
        {
            command.Calls++;
            _state.CommandsProcessed++;
            client.CommandsProcessed++;
        }
        if (Errors.Total != _errorsCounted)
            CountFailure(command);
        if (_keyspace.Dirty != dirty || c.Propagate.CommandCount > 0 || c.Propagate.IsForced)
            PropagateEffects(c, database, request, buffer, _keyspace.Dirty != dirty);
        else if (c.Propagate.IsReplaced)
            c.Propagate.Reset();
        if (nanoseconds >= Observers.SlowNanoseconds || Observers.HasMonitors)
            Observers.Observe(c, client, command, nanoseconds);
    }

    /// <summary>An EXEC does not fail with the commands it ran: what they answered has been counted with them.</summary>
    private void CountFailure(CommandDescriptor command)
    {
        if (Errors.Total > _errorsCounted)
            command.FailedCalls++;
        _errorsCounted = Errors.Total;
    }

    private void PropagateEffects(CommandContext c, int database, in Request request, byte[] buffer, bool changed)
    {
        // A command that changed nothing itself may still have met an expired key: then only the deletion travels.
        if (!c.Propagate.IsForced && (!c.Command.Has(CommandFlags.Write) || (!changed && !c.Propagate.IsReplaced)))
            c.Propagate.Nothing();
        if (changed && _state.IsReplica && !c.Session.IsMasterLink)
            OwnExpiries.Remember(c, database);
        _propagator.Propagate(c, database, request, buffer);
        ((ClientConnection)c.Session).WrittenUpTo = _propagator.Offset;
    }

    private void FinishReply(ClientConnection client, int replyStart)
    {
        if (client.IsMasterLink || client.ReplyMode is ReplyMode.Off or ReplyMode.Skip)
        {
            // A transaction that turned replies off had some before. A master gets no reply whatever it sends.
            _reply.Truncate(client.IsMasterLink ? replyStart : Math.Max(replyStart, _replyKept));
            // The reply that is skipped may be still to come.
            if (client.ReplyMode == ReplyMode.Skip && !client.IsBlocked)
                client.ReplyMode = ReplyMode.On;
        }
        if (client.PushesAfterReply is { Length: > 0 } pushes)
        {
            _reply.Raw(pushes.Written);
            pushes.Clear();
        }
        _replyKept = 0;
        _reply.Protocol = client.Protocol;
    }

    // ---- clients that wait for keys ---------------------------------------------------------------------------------

    /// <summary>Looks after the clients that wait for what the last commands brought, and for what of it is there still: those may have taken long.</summary>
    public void ServeWaiting()
    {
        _keyspace.NowMs = Clock.UnixMs;
        Context.Reply = _replyToWaiting;
        ExpiryMode mode = _keyspace.ExpiryMode;
        if (mode == ExpiryMode.Ignore)
            _keyspace.ExpiryMode = ExpiryMode.Hide;
        KeyWaits.ServeReady();
        _keyspace.ExpiryMode = mode;
        Context.Reply = _reply;
    }

    /// <summary>The type of the key, or null; a key that is found expired is propagated as deleted.</summary>
    public ValueType? TypeOf(int database, ReadOnlySpan<byte> key)
    {
        Notes.Deletions = Context.Propagate;
        EntryView entry = _keyspace[database].Peek(_keyspace.KeyOf(key));
        if (Context.Propagate.CommandCount > 0)
            _propagator.PropagateAside(Context.Propagate, database);
        return entry.Exists ? entry.Type : null;
    }

    /// <summary>Runs the command that a client was blocked with; it is not counted as a call again. The reply is good until the next such command.</summary>
    /// <param name="readyKey">The key that woke the client.</param>
    public ReadOnlySpan<byte> RunAgain(ClientConnection client, in QueuedCommand queued, byte[] readyKey)
    {
        CommandContext c = Context;
        ClientConnection? before = Serving;
        Serving = client;
        _replyToWaiting.Clear();
        _replyToWaiting.Trim(64 * 1024);
        _replyToWaiting.Protocol = client.Protocol;
        c.Session = client;
        c.Command = queued.Command;
        c.Database = _keyspace[client.DatabaseIndex];
        c.Aim(queued.Buffer, queued.Arguments, 0, queued.Arguments.Length);
        c.ReadyKey = readyKey;
        Notes.Deletions = c.Propagate;
        KeyspaceStatistics statistics = _keyspace.Statistics;
        (long hits, long misses, long dirty) = (statistics.Hits, statistics.Misses, _keyspace.Dirty);
        long begun = _state.Timings.Begin(queued.Command, isAlone: true);
        try
        {
            CommandTable.Execute(queued.Command.Index, c);
        }
        catch (ReplyTooLongException)
        {
            Abandon();
            client.CloseAfterReply = true;
            _replyToWaiting.Clear();
        }
        c.ReadyKey = null;
        long nanoseconds = _state.Timings.End(queued.Command, begun, isWaiting: _replyToWaiting.Length == 0);
        if (nanoseconds >= Observers.SlowNanoseconds && _replyToWaiting.Length > 0)
            Observers.ObserveServed(c, client, nanoseconds);
        (statistics.Hits, statistics.Misses) = (hits, misses);
        if (Errors.Total != _errorsCounted)
            CountFailure(queued.Command);
        if (_keyspace.Dirty != dirty || c.Propagate.CommandCount > 0)
            PropagateEffects(c, client.DatabaseIndex, default, queued.Buffer, _keyspace.Dirty != dirty);
        else
            c.Propagate.Reset();
        Serving = before;
        return _replyToWaiting.Written;
    }

    // ---- refusals ---------------------------------------------------------------------------------------------------

    private void RefuseForm(ClientConnection client, CommandDescriptor? command) => Refuse(client, client.LastCommand, _texts.WrongForm(Context, command));

    /// <summary>A transaction does not survive a command that could not be queued; an EXEC that may not run ends it at once.</summary>
    private void Refuse(ClientConnection client, CommandDescriptor? command, ReadOnlySpan<byte> error)
    {
        if (command is not null)
            command.RejectedCalls++;
        if (command?.Name == "exec")
        {
            EndTransaction(client);
            Context.Error([.. "EXECABORT Transaction discarded because of: "u8, .. error.StartsWith("ERR "u8) ? error[4..] : error]);
        }
        else
        {
            if (client.Transaction is { } transaction)
                transaction.IsSpoiled = true;
            Context.Error(error);
        }
        _errorsCounted = Errors.Total;
    }

    /// <summary>
    /// The first words of a web request. A page in somebody's browser can send one to this port with commands in its body; the connection
    /// ends before those are read.
    /// </summary>
    private static bool IsOfBrowser(ReadOnlySpan<byte> name) =>
        Ascii.EqualsIgnoreCase(name, "post"u8) || Ascii.EqualsIgnoreCase(name, "host:"u8);

    private void RefuseProtocol(ClientConnection client, string error)
    {
        _reply.Protocol = client.Protocol;
        Context.Error(Encoding.Latin1.GetBytes("ERR " + error.Replace('\r', ' ').Replace('\n', ' ')));
        _errorsCounted = Errors.Total;
        client.CloseAfterReply = true;
    }

    // ---- MULTI, EXEC, DISCARD ---------------------------------------------------------------------------------------

    private static bool RunsInsideMulti(CommandDescriptor command) =>
        command.Name is "exec" or "discard" or "multi" or "watch" or "quit" or "reset";

    private void QueueCommand(ClientConnection client, Transaction transaction, CommandDescriptor command)
    {
        if (command.Has(CommandFlags.NoMulti))
        {
            Refuse(client, command, "ERR Command not allowed inside a transaction"u8);
            return;
        }
        if (!transaction.IsSpoiled && !client.IsWatchBroken)
            transaction.Add(QueuedCommand.Copy(Context, command, []));
        transaction.Promotes |= Promotion.IsNamedBy(Context, command);
        _reply.SimpleString("QUEUED"u8);
    }

    void ITransactions.Begin(CommandContext c)
    {
        ClientConnection client = (ClientConnection)c.Session;
        if (client.Transaction is not null)
        {
            c.Error("ERR MULTI calls can not be nested"u8);
            return;
        }
        client.Transaction = new Transaction();
        c.Reply.Ok();
    }

    void ITransactions.Watch(CommandContext c)
    {
        ClientConnection client = (ClientConnection)c.Session;
        if (client.Transaction is not null)
        {
            c.Error("ERR WATCH inside MULTI is not allowed"u8);
            return;
        }
        for (int i = 1; i < c.Count && !client.IsWatchBroken; i++)
            Watches.Add(client, client.DatabaseIndex, c[i]);
        c.Reply.Ok();
    }

    void ITransactions.Unwatch(CommandContext c)
    {
        ClientConnection client = (ClientConnection)c.Session;
        Watches.Forget(client);
        client.IsWatchBroken = false;
        c.Reply.Ok();
    }

    /// <summary>Drops what was written since, if the client wants no replies; the length of what stays.</summary>
    private int KeptReply(ClientConnection client, int kept)
    {
        if (client.ReplyMode is ReplyMode.Off or ReplyMode.Skip)
            _reply.Truncate(kept);
        return _reply.Length;
    }

    /// <summary>However a transaction ends, nothing is watched afterwards.</summary>
    private void EndTransaction(ClientConnection client)
    {
        client.Transaction = null;
        client.IsWatchBroken = false;
        Watches.Forget(client);
    }

    void ITransactions.Discard(CommandContext c)
    {
        ClientConnection client = (ClientConnection)c.Session;
        if (client.Transaction is null)
        {
            c.Error("ERR DISCARD without MULTI"u8);
            return;
        }
        EndTransaction(client);
        c.Reply.Ok();
    }

    void ITransactions.Execute(CommandContext c)
    {
        ClientConnection client = (ClientConnection)c.Session;
        if (client.Transaction is not { } transaction)
        {
            c.Error("ERR EXEC without MULTI"u8);
            return;
        }
        bool isUnchanged = Watches.IsUnchanged(client);
        EndTransaction(client);
        if (transaction.IsSpoiled)
        {
            c.Error("EXECABORT Transaction discarded because of previous errors."u8);
            return;
        }
        if (!isUnchanged)
        {
            c.Reply.NullArray();
            return;
        }
        CommandDescriptor exec = c.Command;
        c.IsInTransaction = true;
        _propagator.BeginUnit();
        int kept = _reply.Length;
        _reply.Array(transaction.Commands.Count);
        kept = KeptReply(client, kept);
        foreach (QueuedCommand queued in transaction.Commands)
        {
            c.Aim(queued.Buffer, queued.Arguments, 0, queued.Arguments.Length);
            Call(client, queued.Command, default, queued.Buffer);
            kept = KeptReply(client, kept);
            _reply.Protocol = client.Protocol;
        }
        _replyKept = kept;
        _propagator.EndUnit();
        c.IsInTransaction = false;
        client.WrittenUpTo = _propagator.Offset;
        // EXEC itself is the MULTI/EXEC around what it ran.
        c.Command = exec;
        c.Aim(_currentBuffer, _batch.ArgumentArray, _currentRequest.FirstArgument, _currentRequest.ArgumentCount);
        c.Propagate.Nothing();
    }
}
