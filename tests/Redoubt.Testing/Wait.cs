using System.Diagnostics;

namespace Redoubt.Testing;

/// <summary>
/// Waits for a state of another process that announces itself to nobody. Asks often and gives up with what was last seen, so that
/// a failure says more than "timed out".
/// </summary>
public static class Wait
{
    public static readonly TimeSpan Default = TimeSpan.FromSeconds(20);

    public static void Until(Func<bool> condition, string what, TimeSpan? limit = null, Func<string>? seen = null)
    {
        var clock = Stopwatch.StartNew();
        TimeSpan bound = limit ?? Default;
        while (!condition())
        {
            if (clock.Elapsed > bound)
            {
                throw new TimeoutException($"waited {bound.TotalSeconds:0.#} s in vain for {what}" + (seen is null ? "" : $"; last seen: {seen()}"));
            }

            Thread.Sleep(2); // the condition is in another process, which tells nobody when it comes true
        }
    }

    /// <summary>Waits until <paramref name="read"/> gives <paramref name="expected"/>.</summary>
    public static void For<T>(T expected, Func<T> read, string what, TimeSpan? limit = null)
    {
        T last = default!;
        Until(() => EqualityComparer<T>.Default.Equals(last = read(), expected), $"{what} to be {expected}", limit, () => $"{last}");
    }
}
