using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Registry.Storage.Etcd;

/// <summary>Creates the HTTP/2 connections to etcd, with TLS if configured.</summary>
internal static class EtcdTls
{
    /// <summary>
    /// Long enough for a remote network, short enough to leave time for another member within one call.
    /// </summary>
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    /// <summary>
    /// The ping interval of an idle connection with active calls. etcd rejects intervals below 5 s
    /// (grpc-keepalive-min-time).
    /// </summary>
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(10);

    /// <summary>The time after which an unanswered ping closes the connection.</summary>
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The HTTP/2 stream window in bytes: two chunks of a blob.</summary>
    private const int StreamWindowBytes = 1024 * 1024;

    public static HttpMessageHandler CreateHandler(EtcdOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            EnableMultipleHttp2Connections = true,
            ConnectTimeout = ConnectTimeout,
            KeepAlivePingDelay = PingDelay,
            KeepAlivePingTimeout = PingTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            InitialHttp2StreamWindowSize = StreamWindowBytes,
        };
        if (LoadAuthorities(options) is { } authorities)
        {
            var policy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck
            };
            policy.CustomTrustStore.AddRange(authorities);
            handler.SslOptions.CertificateChainPolicy = policy;
        }

        handler.SslOptions.ClientCertificateContext = LoadCertificate(options);
        return options.ServerName is { Length: > 0 } name ? new ServerNameHandler(name, handler) : handler;
    }

    /// <summary>Loads the trusted CA certificates. Returns null when none are configured.</summary>
    /// <exception cref="CryptographicException">The file contains no certificate.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">Access to the file is denied.</exception>
    public static X509Certificate2Collection? LoadAuthorities(EtcdOptions options)
    {
        if (string.IsNullOrEmpty(options.CaFile))
            return null;
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(options.CaFile);
        return authorities.Count > 0
            ? authorities
            : throw new CryptographicException("The file contains no certificate.");
    }

    /// <summary>
    /// Loads the client certificate. Returns null when none is configured. Throws as <see cref="LoadAuthorities"/>
    /// does.
    /// </summary>
    public static SslStreamCertificateContext? LoadCertificate(EtcdOptions options)
    {
        if (string.IsNullOrEmpty(options.CertificateFile) || string.IsNullOrEmpty(options.KeyFile))
            return null;
        var certificate = X509Certificate2.CreateFromPemFile(options.CertificateFile, options.KeyFile);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(options.CertificateFile);
        return SslStreamCertificateContext.Create(certificate, chain, offline: true);
    }
}
