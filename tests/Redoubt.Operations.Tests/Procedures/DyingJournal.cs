using Redoubt.Failover.Procedures;

namespace Redoubt.Operations.Tests.Procedures;

/// <summary>What a test throws in place of the tool's death.</summary>
internal sealed class ProcessDied : Exception;

/// <summary>Ends the tool once that many records are on the disk.</summary>
internal sealed class DyingJournal(IProcedureJournal inner, int after) : IProcedureJournal
{
    private int _left = after;

    public void Write(JournalMark mark, string step, params ReadOnlySpan<(string Name, string Value)> facts)
    {
        inner.Write(mark, step, facts);
        if (--_left == 0)
            throw new ProcessDied();
    }
}
