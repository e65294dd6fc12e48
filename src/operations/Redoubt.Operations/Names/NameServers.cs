using System.Net;
using System.Net.Sockets;
using DnsClient;
using DnsClient.Protocol;
using Redoubt.Failover.Names;
using Redoubt.Topology;

namespace Redoubt.Operations.Names;

// An update that the primary accepted is not yet an answer that clients get: secondaries of a BIND with usual settings lag seconds behind.
// So who set the name asks every server that the zone's NS records list, each by itself and without recursion, and the resolvers that
// the operator has named. The port of the server for updates is taken for the others too; on a real network it is 53 everywhere.

/// <summary>Asks DNS servers, one by one, what a name stands for.</summary>
internal sealed class NameServers(NameSettings settings)
{
    private static readonly TimeSpan PerServer = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(100);

    /// <summary>The addresses of a server that was configured by name or address.</summary>
    public static async Task<IPEndPoint[]> AddressesAsync(NodeAddress server, CancellationToken cancellation)
    {
        if (IPAddress.TryParse(server.Host, out IPAddress? literal))
            return [new IPEndPoint(literal, server.Port)];
        return [.. (await Dns.GetHostAddressesAsync(server.Host, cancellation).ConfigureAwait(false)).Select(address => new IPEndPoint(address, server.Port))];
    }

    /// <summary>The zone the name is in: configured, or found by the SOA record that a server sends with its answer.</summary>
    /// <exception cref="NameServerException">Nobody tells.</exception>
    public async Task<string> ZoneAsync(CancellationToken cancellation)
    {
        if (settings.Zone is { } configured)
            return configured;
        IDnsQueryResponse response = await QueryAsync(await FirstServerAsync(cancellation).ConfigureAwait(false), settings.Name, QueryType.SOA, recursive: settings.Server is null, cancellation).ConfigureAwait(false);
        SoaRecord? soa = response.Answers.SoaRecords().Concat(response.Authorities.SoaRecords()).FirstOrDefault();
        return soa?.DomainName.Value ?? throw new NameServerException($"no server tells which zone {settings.Name} is in; 'zone' says it");
    }

    /// <summary>Every server that has to agree, asked at the same time.</summary>
    public async Task<IReadOnlyList<NameAnswer>> AskAllAsync(CancellationToken cancellation)
    {
        var asked = new List<Task<NameAnswer>>();
        try
        {
            foreach (string server in settings.Verification.Servers)
                asked.Add(AskByTextAsync(server, isAuthoritative: true, cancellation));
            if (asked.Count == 0 && settings.Verification.AllAuthoritative)
            {
                foreach ((string name, IPEndPoint address) in await AuthoritativeAsync(cancellation).ConfigureAwait(false))
                    asked.Add(AskAsync($"{name} {address}", address, isAuthoritative: true, cancellation));
            }
        }
        catch (Exception error) when (error is NameServerException or SocketException)
        {
            asked.Add(Task.FromResult(new NameAnswer(settings.Server?.ToString() ?? "the zone's servers", true, [], null, error.Message)));
        }

        foreach (string resolver in settings.Verification.Resolvers)
            asked.Add(AskByTextAsync(resolver, isAuthoritative: false, cancellation));
        return await Task.WhenAll(asked).ConfigureAwait(false);
    }

    /// <summary>Waits until all agree on a value.</summary>
    public async Task<NameVerdict> VerifyAsync(string wanted, TimeSpan limit, CancellationToken cancellation)
    {
        long began = System.Diagnostics.Stopwatch.GetTimestamp();
        while (true)
        {
            IReadOnlyList<NameAnswer> answers = await AskAllAsync(cancellation).ConfigureAwait(false);
            NameAnswer[] wrong = [.. answers.Where(answer => !answer.Is(wanted))];
            if (wrong.Length == 0)
                return new NameVerdict(true, answers, $"{answers.Count} of {answers.Count} servers answer {wanted}");
            if (System.Diagnostics.Stopwatch.GetElapsedTime(began) > limit)
                return new NameVerdict(false, answers, string.Join("; ", wrong.Select(answer => $"{answer.Server}: {answer.Failure ?? (answer.Values.Count == 0 ? "no such record" : string.Join(' ', answer.Values))}")));
            await Task.Delay(Between, cancellation).ConfigureAwait(false);
        }
    }

    private async Task<(string Name, IPEndPoint Address)[]> AuthoritativeAsync(CancellationToken cancellation)
    {
        IPEndPoint first = await FirstServerAsync(cancellation).ConfigureAwait(false);
        string zone = await ZoneAsync(cancellation).ConfigureAwait(false);
        bool recursive = settings.Server is null;
        IDnsQueryResponse response = await QueryAsync(first, zone, QueryType.NS, recursive, cancellation).ConfigureAwait(false);
        var servers = new List<(string, IPEndPoint)>();
        foreach (NsRecord record in response.Answers.NsRecords())
        {
            string name = record.NSDName.Value;
            IPAddress[] addresses = [.. response.Additionals.AddressRecords().Where(glue => glue.DomainName.Equals(record.NSDName)).Select(glue => glue.Address)];
            if (addresses.Length == 0)
                addresses = await FindAsync(first, name, recursive, cancellation).ConfigureAwait(false);
            servers.AddRange(addresses.Select(address => (name, new IPEndPoint(address, settings.Server?.Port ?? NameServer.DefaultPort))));
        }

        return servers.Count > 0 ? [.. servers] : throw new NameServerException($"{first} names no servers of the zone {zone}");
    }

    private static async Task<IPAddress[]> FindAsync(IPEndPoint server, string name, bool recursive, CancellationToken cancellation)
    {
        IDnsQueryResponse inZone = await QueryAsync(server, name, QueryType.A, recursive, cancellation).ConfigureAwait(false);
        IPAddress[] found = [.. inZone.Answers.ARecords().Select(record => record.Address)];
        return found.Length > 0 ? found : await Dns.GetHostAddressesAsync(name.TrimEnd('.'), cancellation).ConfigureAwait(false);
    }

    private async Task<IPEndPoint> FirstServerAsync(CancellationToken cancellation)
    {
        if (settings.Server is { } server)
            return (await AddressesAsync(server, cancellation).ConfigureAwait(false)).FirstOrDefault() ?? throw new NameServerException($"{server.Host} has no address");
        return NameServer.ResolveNameServers().FirstOrDefault() is { } system
            ? new IPEndPoint(IPAddress.Parse(system.Address), system.Port)
            : throw new NameServerException("this machine has no resolver configured, so the zone's servers cannot be found");
    }

    private async Task<NameAnswer> AskByTextAsync(string server, bool isAuthoritative, CancellationToken cancellation)
    {
        if (!NodeAddress.TryParse(server, out NodeAddress address, defaultPort: NameServer.DefaultPort))
            return new NameAnswer(server, isAuthoritative, [], null, "not an address");
        try
        {
            return await AskAsync(server, (await AddressesAsync(address, cancellation).ConfigureAwait(false))[0], isAuthoritative, cancellation).ConfigureAwait(false);
        }
        catch (SocketException error)
        {
            return new NameAnswer(server, isAuthoritative, [], null, error.Message);
        }
    }

    private async Task<NameAnswer> AskAsync(string shown, IPEndPoint server, bool isAuthoritative, CancellationToken cancellation)
    {
        try
        {
            QueryType type = settings.Type switch { NameRecordType.A => QueryType.A, NameRecordType.Aaaa => QueryType.AAAA, _ => QueryType.CNAME };
            IDnsQueryResponse response = await QueryAsync(server, settings.Name, type, recursive: !isAuthoritative, cancellation).ConfigureAwait(false);
            if (isAuthoritative && !response.Header.HasAuthorityAnswer)
                return new NameAnswer(shown, true, [], null, "it is not authoritative for the name (lame delegation, or the zone has expired there)");
            DnsResourceRecord[] records = [.. response.Answers.Where(record => record.RecordType == (DnsClient.Protocol.ResourceRecordType)type)];
            string[] values = [.. records.Select(record => record is AddressRecord address ? address.Address.ToString() : ((CNameRecord)record).CanonicalName.Value)];
            return new NameAnswer(shown, isAuthoritative, values, records.FirstOrDefault()?.InitialTimeToLive);
        }
        catch (NameServerException error)
        {
            return new NameAnswer(shown, isAuthoritative, [], null, error.Message);
        }
    }

    private static async Task<IDnsQueryResponse> QueryAsync(IPEndPoint server, string name, QueryType type, bool recursive, CancellationToken cancellation)
    {
        var client = new LookupClient(new LookupClientOptions(new NameServer(server)) { UseCache = false, Recursion = recursive, Retries = 1, Timeout = PerServer / 2, ThrowDnsErrors = false });
        try
        {
            IDnsQueryResponse response = await client.QueryAsync(name, type, cancellationToken: cancellation).ConfigureAwait(false);
            // That a name does not exist is an answer.
            return response.HasError && response.Header.ResponseCode != DnsHeaderResponseCode.NotExistentDomain
                ? throw new NameServerException($"{server}: {response.ErrorMessage}")
                : response;
        }
        catch (DnsResponseException error)
        {
            throw new NameServerException($"{server}: {error.Message}");
        }
    }
}

/// <summary>A DNS server gave no answer, or one that leads nowhere.</summary>
public sealed class NameServerException(string message) : Exception(message);
