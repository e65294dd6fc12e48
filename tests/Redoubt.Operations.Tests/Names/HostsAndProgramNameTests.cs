using Redoubt.Failover.Names;
using Redoubt.Operations.Names;

namespace Redoubt.Operations.Tests.Names;

public sealed class HostsAndProgramNameTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("redoubt-names-").FullName;

    private string HostsPath => Path.Combine(_folder, "hosts");

    [Fact]
    public async Task A_hosts_file_is_changed_only_from_what_was_expected()
    {
        INameProvider name = NameProviders.Create(new NameSettings { Name = "redis.example.net", Provider = "hosts", File = HostsPath });
        Assert.Equal(NameChangeOutcome.Conflict, (await name.ChangeAsync("10.0.0.1", "10.0.0.2", default)).Outcome);
        Assert.Equal(NameChangeOutcome.Changed, (await name.ChangeAsync("", "10.0.0.1", default)).Outcome);
        await File.AppendAllTextAsync(HostsPath, "127.0.0.1 localhost # kept\n");
        Assert.Equal(NameChangeOutcome.Changed, (await name.ChangeAsync("10.0.0.1", "10.0.0.2", default)).Outcome);
        Assert.Equal(NameChangeOutcome.Changed, (await name.ChangeAsync("10.0.0.1", "10.0.0.2", default)).Outcome);
        Assert.Equal(NameChangeOutcome.Conflict, (await name.ChangeAsync("10.0.0.1", "10.0.0.3", default)).Outcome);
        Assert.Equal(NameChangeOutcome.Refused, (await name.ChangeAsync("10.0.0.2", "other.example.net", default)).Outcome);
        Assert.Equal("127.0.0.1 localhost # kept\n10.0.0.2 redis.example.net\n", await File.ReadAllTextAsync(HostsPath));
        Assert.True((await name.VerifyAsync("10.0.0.2", TimeSpan.Zero, default)).Agreed);
        Assert.False((await name.VerifyAsync("10.0.0.1", TimeSpan.Zero, default)).Agreed);
        Assert.True((await name.ShowAsync(default)).Single().Is("10.0.0.2"));
    }

    [Fact]
    public async Task Of_many_who_change_a_hosts_file_at_once_one_wins()
    {
        NameSettings settings = new() { Name = "redis", Provider = "hosts", File = HostsPath };
        await File.WriteAllTextAsync(HostsPath, "10.0.0.1 redis\n");
        NameChange[] changes = await Task.WhenAll(Enumerable.Range(2, 20).Select(i => Task.Run(() => new HostsName(settings).ChangeAsync("10.0.0.1", $"10.0.0.{i}", default))));
        Assert.Single(changes, change => change.Outcome == NameChangeOutcome.Changed);
        Assert.Equal(19, changes.Count(change => change.Outcome == NameChangeOutcome.Conflict));
    }

    [Fact]
    public async Task A_hosts_file_where_none_can_be_written_refuses()
    {
        var name = new HostsName(new NameSettings { Name = "redis", Provider = "hosts", File = Path.Combine(_folder, "no", "such", "hosts") });
        Assert.Equal(NameChangeOutcome.Refused, (await name.ChangeAsync("", "10.0.0.1", default)).Outcome);
        Assert.Equal(NameChangeOutcome.Refused, (await name.RehearseAsync(default))!.Outcome);
    }

    [Fact]
    public async Task A_program_is_asked_in_JSON_and_its_answers_are_taken_by_their_words()
    {
        INameProvider name = Program("""
            state="$(dirname "$0")/state"
            question=$(cat)
            field() { printf '%s' "$question" | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
            if [ "$(field action)" = get ]; then printf '{"values":["%s"],"ttl":5}' "$(cat "$state")"; exit 0; fi
            if [ "$(field expect)" != "$(cat "$state")" ]; then echo '{"outcome":"conflict","evidence":"it is another"}'; exit 0; fi
            field value > "$state"
            echo '{"outcome":"changed","evidence":"done"}'
            """);
        await File.WriteAllTextAsync(Path.Combine(_folder, "state"), "10.0.0.1");
        NameAnswer shown = (await name.ShowAsync(default)).Single();
        Assert.True(shown.Is("10.0.0.1"), shown.Failure);
        Assert.Equal(5, shown.TtlSeconds);
        Assert.Equal(new NameChange(NameChangeOutcome.Changed, "done"), await name.ChangeAsync("10.0.0.1", "10.0.0.2", default));
        Assert.Equal(NameChangeOutcome.Changed, (await name.ChangeAsync("10.0.0.1", "10.0.0.2", default)).Outcome);
        Assert.Equal(NameChangeOutcome.Conflict, (await name.ChangeAsync("10.0.0.1", "10.0.0.3", default)).Outcome);
        Assert.True((await name.VerifyAsync("10.0.0.2", TimeSpan.FromSeconds(5), default)).Agreed);
        Assert.False((await name.VerifyAsync("10.0.0.9", TimeSpan.Zero, default)).Agreed);
    }

    [Theory]
    [InlineData("echo no JSON; exit 0", "no JSON object")]
    [InlineData("echo broken >&2; exit 3", "ended with 3: broken")]
    [InlineData("echo '{\"outcome\":\"perhaps\"}'", "perhaps")]
    public async Task What_a_program_does_not_say_clearly_is_unknown(string script, string evidence)
    {
        NameChange change = await Program(script).ChangeAsync("10.0.0.1", "10.0.0.2", default);
        Assert.Equal(NameChangeOutcome.Unknown, change.Outcome);
        Assert.Contains(evidence, change.Evidence);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private INameProvider Program(string script)
    {
        string path = Path.Combine(_folder, "program.sh");
        File.WriteAllText(path, script + "\n");
        return NameProviders.Create(new NameSettings
        {
            Name = "redis",
            Provider = "exec",
            Command = ["/bin/sh", path],
            Verification = new NameVerification { AllAuthoritative = false },
        });
    }
}
