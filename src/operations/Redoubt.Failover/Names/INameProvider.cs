namespace Redoubt.Failover.Names;

// Clients find the master by a name, so moving the role is half done until the name has moved. A procedure knows nothing of how a name is
// kept (RFC 2136, a hosts file, a program of the operator's): it asks for three things, and all of them can be repeated after a crash.
//
//   Show     what every server that is asked answers now; facts for `status`, `doctor` and for resuming
//   Change   old value -> new value in one step, only if the old value is still there; done already counts as done
//   Verify   wait until everyone who has to agrees on a value, or time is up
//
// Change never trusts itself: what it reports is what the keeper of the name said, and Verify asks the servers.

/// <summary>One server's answer to a question for the name.</summary>
/// <param name="Server">Who was asked, as shown to people: an address, a file, a program.</param>
/// <param name="IsAuthoritative">It answers from its own data; a resolver's answer may be a remembered one.</param>
/// <param name="Values">Addresses or target names, in the server's order; empty when there is no such name.</param>
/// <param name="TtlSeconds">How long others may remember the answer; null where there is no such thing.</param>
/// <param name="Failure">Why there is no answer; null when there is one.</param>
public sealed record NameAnswer(string Server, bool IsAuthoritative, IReadOnlyList<string> Values, int? TtlSeconds = null, string? Failure = null)
{
    /// <summary>Answered with exactly this one value.</summary>
    public bool Is(string value) => Failure is null && Values is [var only] && string.Equals(only.TrimEnd('.'), value.TrimEnd('.'), StringComparison.OrdinalIgnoreCase);
}

/// <summary>How a change of the name ended.</summary>
public enum NameChangeOutcome
{
    /// <summary>It has the wanted value now, or had it already.</summary>
    Changed,

    /// <summary>It had neither the expected nor the wanted value, and was left alone: somebody else has changed it.</summary>
    Conflict,

    /// <summary>The keeper of the name refused; nothing was changed.</summary>
    Refused,

    /// <summary>No answer: it may have been changed. Show tells.</summary>
    Unknown,
}

/// <summary>How a change of the name ended, and what was seen.</summary>
public sealed record NameChange(NameChangeOutcome Outcome, string Evidence);

/// <summary>Whether everyone who has to agrees on a value, with the last answers.</summary>
public sealed record NameVerdict(bool Agreed, IReadOnlyList<NameAnswer> Answers, string Evidence);

/// <summary>Keeps the name by which clients find the master.</summary>
public interface INameProvider
{
    /// <summary>The name as people know it; empty when the group has none, and then nothing is ever asked of this.</summary>
    string Name { get; }

    /// <summary>The word that stands for this kind in the group file, such as <c>hosts</c>.</summary>
    string Kind { get; }

    /// <summary>What every server answers now. A server that does not answer is an answer with a failure, never an exception.</summary>
    Task<IReadOnlyList<NameAnswer>> ShowAsync(CancellationToken cancellation);

    /// <summary>Puts the wanted value in the place of the expected one, in one step that fails when the expected one is no longer there.
    /// May be repeated.</summary>
    Task<NameChange> ChangeAsync(string expected, string wanted, CancellationToken cancellation);

    /// <summary>Waits until every server that has to agree answers with the wanted value, at most that long.</summary>
    Task<NameVerdict> VerifyAsync(string wanted, TimeSpan limit, CancellationToken cancellation);

    /// <summary>Whether a change would be allowed, found out without changing anything; null when that cannot be told beforehand.</summary>
    Task<NameChange?> RehearseAsync(CancellationToken cancellation);
}
