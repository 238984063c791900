using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Registry.Storage.Etcd;

/// <summary>The connections to etcd: HTTP/2, in the clear or by TLS as the options say.</summary>
internal static class EtcdTls
{
    /// <summary>
    /// Long enough for a far network, short enough to leave time for the next member within one call.
    /// </summary>
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    /// <summary>
    /// A silent connection with calls under way is pinged so often; etcd takes offence at less than 5 s
    /// (grpc-keepalive-min-time).
    /// </summary>
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(10);

    /// <summary>A ping without an answer for so long ends the connection.</summary>
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(5);

    /// <summary>How much of an answer may be under way, in bytes: two chunks of a blob.</summary>
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

    /// <summary>Null where the options name none.</summary>
    /// <exception cref="CryptographicException">The file holds no certificate.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static X509Certificate2Collection? LoadAuthorities(EtcdOptions options)
    {
        if (string.IsNullOrEmpty(options.CaFile))
            return null;
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(options.CaFile);
        return authorities.Count > 0 ? authorities : throw new CryptographicException("It holds no certificate.");
    }

    /// <summary>Null where the options name none. Throws as <see cref="LoadAuthorities"/> does.</summary>
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
