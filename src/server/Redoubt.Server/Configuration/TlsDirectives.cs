using static Redoubt.Server.Configuration.Traits;

namespace Redoubt.Server.Configuration;

internal enum TlsClientAuth
{
    No,
    Yes,
    Optional,
}

/// <summary>
/// TLS. As long as nothing listens with TLS, switching it on at run time fails as it does in a Redis whose certificates can't be loaded:
/// an operator must never believe that a link is encrypted when it is not.
/// </summary>
internal sealed class TlsDirectives
{
    private const string NotAvailable = "Unable to update TLS configuration. Check server logs.";

    public TlsDirectives(DirectiveTable table)
    {
        Port = table.Number("tls-port", 0, 0, 65535, NotInEffect);
        Replication = table.Switch("tls-replication", false, NotInEffect);
        Cluster = table.Switch("tls-cluster", false, NotInEffect);
        AuthClients = table.Choice("tls-auth-clients", TlsClientAuth.Yes,
            [("no", TlsClientAuth.No), ("yes", TlsClientAuth.Yes), ("optional", TlsClientAuth.Optional)], NotInEffect);
        CertFile = table.Text("tls-cert-file", AlwaysApplied | NotInEffect);
        KeyFile = table.Text("tls-key-file", AlwaysApplied | NotInEffect);
        KeyFilePass = table.Text("tls-key-file-pass", NotInEffect);
        ClientCertFile = table.Text("tls-client-cert-file", AlwaysApplied | NotInEffect);
        ClientKeyFile = table.Text("tls-client-key-file", AlwaysApplied | NotInEffect);
        ClientKeyFilePass = table.Text("tls-client-key-file-pass", NotInEffect);
        CaCertFile = table.Text("tls-ca-cert-file", AlwaysApplied | NotInEffect);
        CaCertDir = table.Text("tls-ca-cert-dir", AlwaysApplied | NotInEffect);
        DhParamsFile = table.Text("tls-dh-params-file", AlwaysApplied | NotInEffect);
        Protocols = table.Text("tls-protocols", NotInEffect);
        Ciphers = table.Text("tls-ciphers", NotInEffect);
        CipherSuites = table.Text("tls-ciphersuites", NotInEffect);
        PreferServerCiphers = table.Switch("tls-prefer-server-ciphers", false, NotInEffect);
        SessionCaching = table.Switch("tls-session-caching", true, NotInEffect);
        SessionCacheSize = table.Number("tls-session-cache-size", 20480, 0, int.MaxValue, NotInEffect);
        SessionCacheTimeout = table.Number("tls-session-cache-timeout", 300, 0, int.MaxValue, NotInEffect);

        Func<string?> refuseIfOn = () => Port.Value != 0 || Replication.Value || Cluster.Value ? NotAvailable : null;
        Port.Apply = refuseIfOn;
        Replication.Apply = refuseIfOn;
        Cluster.Apply = refuseIfOn;
    }

    public NumberDirective Port { get; }

    public SwitchDirective Replication { get; }

    public SwitchDirective Cluster { get; }

    public ChoiceDirective<TlsClientAuth> AuthClients { get; }

    public TextDirective CertFile { get; }

    public TextDirective KeyFile { get; }

    public TextDirective KeyFilePass { get; }

    public TextDirective ClientCertFile { get; }

    public TextDirective ClientKeyFile { get; }

    public TextDirective ClientKeyFilePass { get; }

    public TextDirective CaCertFile { get; }

    public TextDirective CaCertDir { get; }

    public TextDirective DhParamsFile { get; }

    public TextDirective Protocols { get; }

    public TextDirective Ciphers { get; }

    public TextDirective CipherSuites { get; }

    public SwitchDirective PreferServerCiphers { get; }

    public SwitchDirective SessionCaching { get; }

    public NumberDirective SessionCacheSize { get; }

    public NumberDirective SessionCacheTimeout { get; }
}
