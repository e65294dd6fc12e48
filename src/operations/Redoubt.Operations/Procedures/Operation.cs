using Redoubt.Failover.Procedures;

namespace Redoubt.Operations.Procedures;

/// <summary>One operation's hold on its group: lock, number, journal. Without a folder of state it holds nothing and writes nothing.</summary>
public sealed class Operation : IDisposable
{
    private readonly IDisposable? _lock;
    private readonly JournalWriter? _writer;

    private Operation(int number, IDisposable? held, JournalWriter? writer)
    {
        Number = number;
        _lock = held;
        _writer = writer;
    }

    /// <summary>0 without a folder of state.</summary>
    public int Number { get; }

    /// <summary>Where its records go.</summary>
    public IProcedureJournal Journal => _writer is not null ? _writer : new NoJournal();

    /// <summary>How its connections are named.</summary>
    public string ConnectionName => Number == 0 ? "redoubt" : GroupActs.ConnectionName(Number);

    /// <summary>A new one.</summary>
    /// <exception cref="GroupBusyException">Another one is under way, or was left unfinished.</exception>
    public static Operation Begin(StateFolder? state)
    {
        if (state is null)
            return new Operation(0, null, null);
        IDisposable held = state.Lock();
        if (state.Unfinished() is { } open)
        {
            held.Dispose();
            throw new GroupBusyException($"operation {open.Number} ({open.Kind}) on group {state.Group} was left unfinished. Go on with it: redoubt resume. Undo it: redoubt abort. See it: redoubt journal");
        }

        int number = state.NextNumber;
        return new Operation(number, held, new JournalWriter(state.PathOf(number)));
    }

    /// <summary>The unfinished one, or null when there is none.</summary>
    /// <exception cref="GroupBusyException">A process is at work on it.</exception>
    public static (Operation Operation, JournalFile Past)? Continue(StateFolder state)
    {
        IDisposable held = state.Lock();
        if (state.Unfinished() is { } open)
            return (new Operation(open.Number, held, new JournalWriter(state.PathOf(open.Number))), open);
        held.Dispose();
        return null;
    }

    public void Dispose()
    {
        _writer?.Dispose();
        _lock?.Dispose();
    }
}
