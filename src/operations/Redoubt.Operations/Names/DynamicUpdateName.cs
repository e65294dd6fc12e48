using System.Net;
using System.Net.Sockets;
using ARSoft.Tools.Net;
using ARSoft.Tools.Net.Dns;
using ARSoft.Tools.Net.Dns.DynamicUpdate;
using Redoubt.Failover.Names;
using Redoubt.Operations.Groups;

namespace Redoubt.Operations.Names;

// RFC 2136 lets the sender say what must be there for the update to happen: "the records of this name and type are exactly these". That
// makes a change a compare-and-swap, decided by the primary and by nobody before it: two operators, or one and a forgotten script, cannot both win. The
// rest is reading the answer. NXRRSET means that something else is there, and it may be just what was wanted, from an attempt whose answer
// was lost. An answer that is not signed with our key proves nothing, however good its news.

/// <summary>A name in a zone that takes dynamic updates: BIND, Knot, PowerDNS, Windows.</summary>
public sealed class DynamicUpdateName : INameProvider
{
    // Documentation addresses: no zone has them, so deleting one changes nothing.
    private static readonly IPAddress NowhereV4 = IPAddress.Parse("192.0.2.255");
    private static readonly IPAddress NowhereV6 = IPAddress.Parse("2001:db8::ffff");

    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(3);

    private readonly NameSettings _settings;
    private readonly NameServers _servers;
    private readonly byte[]? _secret;
    private readonly TSigAlgorithm _algorithm;

    /// <exception cref="GroupDefinitionException">The key cannot be read, or the settings lack something.</exception>
    public DynamicUpdateName(NameSettings settings)
    {
        if (settings.Server is null)
            throw new GroupDefinitionException("the provider 'rfc2136' needs 'server': where updates go");
        _settings = settings;
        _servers = new NameServers(settings);
        if (settings.Tsig is { } key)
        {
            _algorithm = AlgorithmOf(key.Algorithm);
            _secret = ReadSecret(key.SecretFile);
        }
    }

    public string Name => _settings.Name;

    public string Kind => "rfc2136";

    public Task<IReadOnlyList<NameAnswer>> ShowAsync(CancellationToken cancellation) => _servers.AskAllAsync(cancellation);

    public Task<NameVerdict> VerifyAsync(string wanted, TimeSpan limit, CancellationToken cancellation) => _servers.VerifyAsync(wanted, limit, cancellation);

    public async Task<NameChange> ChangeAsync(string expected, string wanted, CancellationToken cancellation)
    {
        DomainName name = DomainName.Parse(Name);
        if (Record(name, wanted, _settings.TtlSeconds) is not { } after)
            return new NameChange(NameChangeOutcome.Refused, $"'{wanted}' is no value for a record of type {_settings.Type}");
        PrequisiteBase condition = new RecordNotExistsPrequisite(name, TypeOf(_settings.Type));
        if (expected.Length > 0)
        {
            if (Record(name, expected, 0) is not { } before)
                return new NameChange(NameChangeOutcome.Refused, $"'{expected}' is no value for a record of type {_settings.Type}");
            condition = new RecordExistsValueDependantPrequisite(before);
        }

        NameChange change = await SendAsync([condition], [new DeleteAllRecordsUpdate(name, TypeOf(_settings.Type)), new AddRecordUpdate(after)], cancellation).ConfigureAwait(false);
        if (change.Outcome != NameChangeOutcome.Conflict)
            return change;
        IReadOnlyList<NameAnswer> answers = await _servers.AskAllAsync(cancellation).ConfigureAwait(false);
        if (answers.Any(answer => answer.IsAuthoritative && answer.Is(wanted)))
            return new NameChange(NameChangeOutcome.Changed, $"{_settings.Server} says {wanted} already");
        string seen = string.Join("; ", answers.Select(answer => $"{answer.Server}: {answer.Failure ?? string.Join(' ', answer.Values)}"));
        return change with { Evidence = $"it is not {(expected.Length == 0 ? "absent" : expected)} any more ({seen})" };
    }

    public async Task<NameChange?> RehearseAsync(CancellationToken cancellation)
    {
        DomainName name = DomainName.Parse(Name);
        DnsRecordBase nothing = _settings.Type switch
        {
            NameRecordType.A => new ARecord(name, 0, NowhereV4),
            NameRecordType.Aaaa => new AaaaRecord(name, 0, NowhereV6),
            _ => new CNameRecord(name, 0, DomainName.Parse("rehearsal.redoubt.invalid.")),
        };
        // A prerequisite alone is answered to anybody; only a deletion is checked against the key's rights.
        NameChange change = await SendAsync([], [new DeleteRecordUpdate(nothing)], cancellation).ConfigureAwait(false);
        return change.Outcome == NameChangeOutcome.Changed ? change with { Evidence = $"{_settings.Server} would accept a change of {Name}" } : change;
    }

    private async Task<NameChange> SendAsync(PrequisiteBase[] conditions, UpdateBase[] updates, CancellationToken cancellation)
    {
        try
        {
            var message = new DnsUpdateMessage { ZoneName = DomainName.Parse(await _servers.ZoneAsync(cancellation).ConfigureAwait(false)) };
            message.Prequisites.AddRange(conditions);
            message.Updates.AddRange(updates);
            if (_settings.Tsig is { } key)
            {
                message.TransactionID = (ushort)Random.Shared.Next(1, ushort.MaxValue);
                message.TSigOptions = new TSigRecord(DomainName.Parse(key.Name), _algorithm, DateTime.UtcNow, TimeSpan.FromMinutes(5), message.TransactionID, ReturnCode.NoError, [], _secret!);
            }

            IPEndPoint server = (await NameServers.AddressesAsync(_settings.Server!.Value, cancellation).ConfigureAwait(false))[0];
            using var client = new ARSoft.Tools.Net.Dns.DnsClient([server.Address], [new TcpClientTransport(server.Port)], true, (int)AnswerLimit.TotalMilliseconds);
            return Judge(await client.SendUpdateAsync(message, cancellation).ConfigureAwait(false));
        }
        catch (NameServerException error)
        {
            return new NameChange(NameChangeOutcome.Refused, error.Message);
        }
        catch (SocketException error)
        {
            return new NameChange(NameChangeOutcome.Refused, $"{_settings.Server}: {error.Message}");
        }
    }

    private NameChange Judge(DnsUpdateMessage? answer)
    {
        if (answer is null)
            return new NameChange(NameChangeOutcome.Unknown, $"{_settings.Server} did not answer the update");
        ReturnCode? signature = answer.TSigOptions is { } signed ? (signed.Error != ReturnCode.NoError ? signed.Error : signed.ValidationResult) : null;
        switch (answer.ReturnCode)
        {
            case ReturnCode.NoError when _secret is not null && signature != ReturnCode.NoError:
                return new NameChange(NameChangeOutcome.Unknown, $"{_settings.Server} says yes, but its answer is not signed with the key {_settings.Tsig!.Name}");
            case ReturnCode.NoError:
                return new NameChange(NameChangeOutcome.Changed, $"{_settings.Server} accepted the update");
            case ReturnCode.NXRRSet or ReturnCode.YXRRSet:
                return new NameChange(NameChangeOutcome.Conflict, "the record is not what was expected");
            default:
                string why = answer.ReturnCode switch
                {
                    ReturnCode.Refused => "REFUSED: its policy does not let this key change the name",
                    ReturnCode.NotAuthoritive when signature is { } code => $"{code.ToString().ToUpperInvariant()}: it does not accept the key {_settings.Tsig?.Name} (its secret, its rights, or the clock)",
                    ReturnCode.NotAuthoritive => "NOTAUTH: it is not the primary of the zone, or it does not accept the key",
                    var other => other.ToString().ToUpperInvariant(),
                };
                return new NameChange(NameChangeOutcome.Refused, $"{_settings.Server}: {why}");
        }
    }

    private DnsRecordBase? Record(DomainName name, string value, int ttl) => _settings.Type switch
    {
        NameRecordType.A => IPAddress.TryParse(value, out IPAddress? v4) && v4.AddressFamily == AddressFamily.InterNetwork ? new ARecord(name, ttl, v4) : null,
        NameRecordType.Aaaa => IPAddress.TryParse(value, out IPAddress? v6) && v6.AddressFamily == AddressFamily.InterNetworkV6 ? new AaaaRecord(name, ttl, v6) : null,
        _ => IPAddress.TryParse(value, out _) ? null : new CNameRecord(name, ttl, DomainName.Parse(value)),
    };

    private static RecordType TypeOf(NameRecordType type) => type switch
    {
        NameRecordType.A => RecordType.A,
        NameRecordType.Aaaa => RecordType.Aaaa,
        _ => RecordType.CName,
    };

    private static TSigAlgorithm AlgorithmOf(string word) => word.TrimEnd('.').ToLowerInvariant() switch
    {
        "hmac-sha256" => TSigAlgorithm.Sha256,
        "hmac-sha384" => TSigAlgorithm.Sha384,
        "hmac-sha512" => TSigAlgorithm.Sha512,
        "hmac-sha1" => TSigAlgorithm.Sha1,
        _ => throw new GroupDefinitionException($"'{word}' is no algorithm for a transaction key: hmac-sha256, hmac-sha384, hmac-sha512, hmac-sha1"),
    };

    private static byte[] ReadSecret(string file)
    {
        try
        {
            return Convert.FromBase64String(File.ReadAllText(file).Trim());
        }
        catch (FormatException)
        {
            throw new GroupDefinitionException($"{file} does not hold a secret in base64");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new GroupDefinitionException($"the transaction key cannot be read: {error.Message}");
        }
    }
}
