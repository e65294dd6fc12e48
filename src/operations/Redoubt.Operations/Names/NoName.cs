using Redoubt.Failover.Names;

namespace Redoubt.Operations.Names;

/// <summary>The provider of a group whose clients find the master in some other way.</summary>
public sealed class NoName : INameProvider
{
    public string Name => "";

    public string Kind => "none";

    public Task<IReadOnlyList<NameAnswer>> ShowAsync(CancellationToken cancellation) => Task.FromResult<IReadOnlyList<NameAnswer>>([]);

    public Task<NameChange> ChangeAsync(string expected, string wanted, CancellationToken cancellation) =>
        Task.FromResult(new NameChange(NameChangeOutcome.Changed, "the group has no name"));

    public Task<NameVerdict> VerifyAsync(string wanted, TimeSpan limit, CancellationToken cancellation) =>
        Task.FromResult(new NameVerdict(true, [], "the group has no name"));

    public Task<NameChange?> RehearseAsync(CancellationToken cancellation) => Task.FromResult<NameChange?>(null);
}
