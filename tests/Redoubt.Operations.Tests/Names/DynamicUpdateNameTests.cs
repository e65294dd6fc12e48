using Redoubt.Failover.Names;
using Redoubt.Operations.Groups;
using Redoubt.Operations.Names;

namespace Redoubt.Operations.Tests.Names;

public class DynamicUpdateNameTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_change_is_made_once_seen_on_every_server_and_refused_when_the_expectation_is_stale()
    {
        using BindPair bind = Bind();
        var name = new DynamicUpdateName(bind.Settings());
        NameVerdict ready = await name.VerifyAsync("10.0.0.1", Limit, default);
        Assert.True(ready.Agreed, ready.Evidence);
        Assert.Equal(2, ready.Answers.Count(answer => answer is { IsAuthoritative: true, TtlSeconds: 5 }));

        NameChange change = await name.ChangeAsync("10.0.0.1", "10.0.0.2", default);
        Assert.Equal((NameChangeOutcome.Changed, $"127.0.0.1:{bind.Port} accepted the update"), (change.Outcome, change.Evidence));
        NameVerdict moved = await name.VerifyAsync("10.0.0.2", Limit, default);
        Assert.True(moved.Agreed, moved.Evidence);

        // Again, as after a lost answer: it is there already.
        Assert.Equal(NameChangeOutcome.Changed, (await name.ChangeAsync("10.0.0.1", "10.0.0.2", default)).Outcome);
        NameChange stale = await name.ChangeAsync("10.0.0.1", "10.0.0.3", default);
        Assert.Equal(NameChangeOutcome.Conflict, stale.Outcome);
        Assert.Contains("10.0.0.2", stale.Evidence);
        await AgreedAsync(name, "10.0.0.2");
    }

    [Fact]
    public async Task It_and_nsupdate_respect_each_others_changes()
    {
        using BindPair bind = Bind();
        var name = new DynamicUpdateName(bind.Settings());
        await AgreedAsync(name, "10.0.0.1");
        (int code, string output) = bind.Update("prereq yxrrset redis.db.example.net. A 10.0.0.1", "update delete redis.db.example.net. A", "update add redis.db.example.net. 5 A 10.0.0.7");
        Assert.True(code == 0, output);
        Assert.Equal(NameChangeOutcome.Conflict, (await name.ChangeAsync("10.0.0.1", "10.0.0.2", default)).Outcome);
        Assert.Equal(NameChangeOutcome.Changed, (await name.ChangeAsync("10.0.0.7", "10.0.0.2", default)).Outcome);
        Assert.Contains("NXRRSET", bind.Update("prereq yxrrset redis.db.example.net. A 10.0.0.7", "update delete redis.db.example.net. A").Output);
        // A second address beside ours is somebody else's doing too.
        Assert.Equal(0, bind.Update("update add redis.db.example.net. 5 A 10.0.0.8").Code);
        NameChange both = await name.ChangeAsync("10.0.0.2", "10.0.0.3", default);
        Assert.Equal(NameChangeOutcome.Conflict, both.Outcome);
        Assert.Contains("10.0.0.8", both.Evidence);
    }

    [Fact]
    public async Task A_wrong_secret_and_a_key_without_rights_are_refused_and_a_rehearsal_tells_so_before()
    {
        using BindPair bind = Bind();
        var name = new DynamicUpdateName(bind.Settings());
        await AgreedAsync(name, "10.0.0.1");
        Assert.Equal(NameChangeOutcome.Changed, (await name.RehearseAsync(default))!.Outcome);

        var wrong = new DynamicUpdateName(bind.Settings(secret: "wrong"));
        NameChange badSignature = await wrong.ChangeAsync("10.0.0.1", "10.0.0.2", default);
        Assert.Equal(NameChangeOutcome.Refused, badSignature.Outcome);
        Assert.Contains("key redoubt", badSignature.Evidence);
        Assert.Equal(NameChangeOutcome.Refused, (await wrong.RehearseAsync(default))!.Outcome);

        var powerless = new DynamicUpdateName(bind.Settings(key: "other"));
        NameChange refused = await powerless.ChangeAsync("10.0.0.1", "10.0.0.2", default);
        Assert.Equal(NameChangeOutcome.Refused, refused.Outcome);
        Assert.Contains("REFUSED", refused.Evidence);
        Assert.Equal(NameChangeOutcome.Refused, (await powerless.RehearseAsync(default))!.Outcome);
        await AgreedAsync(name, "10.0.0.1");
    }

    [Theory]
    [InlineData("redis6.db.example.net.", NameRecordType.Aaaa, "fd00::1", "fd00::2")]
    [InlineData("alias.db.example.net.", NameRecordType.Cname, "a.db.example.net.", "b.db.example.net.")]
    public async Task Other_types_of_records_work_the_same_way(string record, NameRecordType type, string before, string after)
    {
        using BindPair bind = Bind();
        var name = new DynamicUpdateName(bind.Settings(record, type: type));
        await AgreedAsync(name, before);
        Assert.Equal(NameChangeOutcome.Changed, (await name.RehearseAsync(default))!.Outcome);
        Assert.Equal(NameChangeOutcome.Refused, (await name.ChangeAsync(before, "10.0.0.1", default)).Outcome);
        Assert.Equal(NameChangeOutcome.Changed, (await name.ChangeAsync(before, after, default)).Outcome);
        NameVerdict verdict = await name.VerifyAsync(after, Limit, default);
        Assert.True(verdict.Agreed, verdict.Evidence);
        Assert.Equal(NameChangeOutcome.Conflict, (await name.ChangeAsync(before, before, default)).Outcome);
    }

    [Fact]
    public async Task A_secondary_that_is_down_fails_the_verification_and_a_primary_that_is_down_the_change()
    {
        using BindPair bind = Bind();
        var name = new DynamicUpdateName(bind.Settings() with { Zone = "db.example.net." });
        await AgreedAsync(name, "10.0.0.1");
        bind.Kill("secondary");
        Assert.Equal(NameChangeOutcome.Changed, (await name.ChangeAsync("10.0.0.1", "10.0.0.2", default)).Outcome);
        NameVerdict verdict = await name.VerifyAsync("10.0.0.2", TimeSpan.FromMilliseconds(500), default);
        Assert.False(verdict.Agreed);
        Assert.StartsWith($"127.0.0.1:{bind.SecondaryPort}: ", verdict.Evidence);
        Assert.DoesNotContain($"127.0.0.1:{bind.Port}: ", verdict.Evidence);
        bind.Kill("primary");
        Assert.True((await name.ChangeAsync("10.0.0.2", "10.0.0.1", default)).Outcome is NameChangeOutcome.Unknown or NameChangeOutcome.Refused);
        Assert.All(await name.ShowAsync(default), answer => Assert.NotNull(answer.Failure));
    }

    [Fact]
    public async Task The_servers_to_ask_are_those_that_the_zone_names()
    {
        using BindPair bind = Bind();
        var name = new DynamicUpdateName(bind.Settings() with { Verification = new NameVerification { Resolvers = [$"127.0.0.1:{bind.Port}"] } });
        await AgreedAsync(name, "10.0.0.1");
        string[] asked = [.. (await name.ShowAsync(default)).Select(answer => $"{answer.Server} {answer.IsAuthoritative}")];
        string address = $"127.0.0.1:{bind.Port}";
        Assert.Equal([$"ns1.db.example.net. {address} True", $"ns2.db.example.net. {address} True", $"{address} False"], asked.Order().OrderByDescending(text => text.EndsWith("True")));
    }

    [Fact]
    public void A_key_that_cannot_be_used_is_an_error_of_the_group_file()
    {
        string file = Path.GetTempFileName();
        File.WriteAllText(file, "no base64!\n");
        var settings = new NameSettings { Name = "a.", Provider = "rfc2136", Server = new("127.0.0.1", 53), Tsig = new TransactionKey("k", "hmac-sha256", file) };
        Assert.Contains("base64", Assert.Throws<GroupDefinitionException>(() => NameProviders.Create(settings)).Message);
        Assert.Contains("hmac-md5", Assert.Throws<GroupDefinitionException>(() => NameProviders.Create(settings with { Tsig = settings.Tsig with { Algorithm = "hmac-md5" } })).Message);
        Assert.Contains("server", Assert.Throws<GroupDefinitionException>(() => NameProviders.Create(settings with { Server = null })).Message);
        File.Delete(file);
        Assert.Contains("cannot be read", Assert.Throws<GroupDefinitionException>(() => NameProviders.Create(settings)).Message);
    }

    private static async Task AgreedAsync(DynamicUpdateName name, string value)
    {
        NameVerdict verdict = await name.VerifyAsync(value, Limit, default);
        Assert.True(verdict.Agreed, verdict.Evidence);
    }

    private static BindPair Bind()
    {
        Assert.SkipUnless(BindPair.IsInstalled, "BIND is missing: install bind9 and bind9-dnsutils (./test.sh does)");
        return new BindPair();
    }
}
