using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Redoubt.Testing;
using Redoubt.Topology;

namespace Redoubt.Client.Tests;

public class TelemetryTests
{
    [Fact]
    public async Task Commands_are_measured_and_traced_and_errors_have_their_kind()
    {
        using ServerProcess server = RedisServers.Redis();
        var measured = new ConcurrentQueue<string>();
        var traced = new ConcurrentQueue<string>();
        using var meters = new MeterListener { InstrumentPublished = (instrument, listener) => Enable(instrument, listener) };
        meters.SetMeasurementEventCallback<double>((instrument, _, tags, _) => measured.Enqueue($"{instrument.Name} {Tag(tags, "db.operation.name")} {Tag(tags, "error.type")}"));
        meters.Start();
        using var activities = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Telemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity => traced.Enqueue($"{activity.DisplayName} {activity.Status}"),
        };
        ActivitySource.AddActivityListener(activities);
        await using var client = new RedoubtClient(new NodeAddress("127.0.0.1", server.Port));
        await client.CommandAsync("LOLWUT");
        await Assert.ThrowsAsync<CommandException>(() => client.CommandAsync("OBJECT", "NOSUCH"));
        Assert.Contains("db.client.operation.duration LOLWUT ", measured);
        Assert.Contains("db.client.operation.duration OBJECT err", measured);
        Assert.Contains("LOLWUT Unset", traced);
        Assert.Contains("OBJECT Error", traced);
    }

    [Fact]
    public async Task With_TLS_the_certificate_has_to_be_the_names()
    {
        using ServerProcess server = RedisServers.Redis();
        using X509Certificate2 certificate = CertificateFor("redis.example.net");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        using var stop = new CancellationTokenSource();
        Task relaying = RelayAsync(listener, certificate, server.Port, stop.Token);
        SslClientAuthenticationOptions Trusting() => new()
        {
            CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { certificate }, RevocationMode = X509RevocationMode.NoCheck },
        };
        var options = new ClientOptions { Tls = Trusting, Resolve = (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]), RetryFor = TimeSpan.Zero };
        await using (var client = new RedoubtClient(new NodeAddress("redis.example.net", port), options))
            Assert.Equal("PONG", (await client.CommandAsync("PING")).ToString());
        await using (var client = new RedoubtClient(new NodeAddress("other.example.net", port), options))
            Assert.Contains("TLS", (await Assert.ThrowsAsync<ConnectException>(() => client.CommandAsync("PING"))).Message);
        await stop.CancelAsync();
        await relaying;
    }

    private static void Enable(Instrument instrument, MeterListener listener)
    {
        if (instrument.Meter.Name == Telemetry.Name)
            listener.EnableMeasurementEvents(instrument);
    }

    private static object? Tag(ReadOnlySpan<KeyValuePair<string, object?>> tags, string name)
    {
        foreach (KeyValuePair<string, object?> tag in tags)
        {
            if (tag.Key == name)
                return tag.Value;
        }

        return null;
    }

    private static X509Certificate2 CertificateFor(string name)
    {
        using RSA key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using X509Certificate2 made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }

    /// <summary>What stunnel does: TLS outside, plain TCP inside.</summary>
    private static async Task RelayAsync(TcpListener listener, X509Certificate2 certificate, int port, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                using Socket accepted = await listener.AcceptSocketAsync(stop);
                try
                {
                    using var outside = new SslStream(new NetworkStream(accepted));
                    await outside.AuthenticateAsServerAsync(certificate);
                    using var inside = new TcpClient("127.0.0.1", port);
                    await Task.WhenAny(outside.CopyToAsync(inside.GetStream(), stop), inside.GetStream().CopyToAsync(outside, stop));
                }
                catch (Exception error) when (error is IOException or System.Security.Authentication.AuthenticationException)
                {
                    // The client refused the certificate; the next one may not.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }
}
