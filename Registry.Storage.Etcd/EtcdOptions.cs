namespace Registry.Storage.Etcd;

/// <summary>The options of the etcd storage: section <c>Etcd</c> of the configuration.</summary>
public sealed class EtcdOptions
{
    /// <summary>The name of the section.</summary>
    public const string Section = "Etcd";

    /// <summary>
    /// The client URLs of the members, separated by commas: <c>ETCD__ENDPOINTS</c>. All <c>http://</c> or all
    /// <c>https://</c>. One is used until it fails, then the next.
    /// </summary>
    /// <value><c>http://localhost:2379</c></value>
    public string Endpoints { get; set; } = "http://localhost:2379";

    /// <summary>The user name: <c>ETCD__USERNAME</c>. Null when the server requires no authentication.</summary>
    public string? Username { get; set; }

    /// <summary>The password of the user: <c>ETCD__PASSWORD</c>.</summary>
    public string? Password { get; set; }

    /// <summary>
    /// A PEM file with the trusted CA certificates: <c>ETCD__CAFILE</c>. Null for the CAs that the machine trusts.
    /// </summary>
    public string? CaFile { get; set; }

    /// <summary>
    /// A PEM file with the client certificate and its chain: <c>ETCD__CERTIFICATEFILE</c>. Null for none.
    /// </summary>
    public string? CertificateFile { get; set; }

    /// <summary>A PEM file with the private key of the client certificate: <c>ETCD__KEYFILE</c>.</summary>
    public string? KeyFile { get; set; }

    /// <summary>
    /// The host name that the server's certificate must contain: <c>ETCD__SERVERNAME</c>. Null for the host of the
    /// endpoint.
    /// </summary>
    public string? ServerName { get; set; }

    /// <summary>
    /// The prefix of every key, so that the etcd cluster can be shared: <c>ETCD__PREFIX</c>. Ends with a slash.
    /// </summary>
    /// <value><c>registry/</c></value>
    public string Prefix { get; set; } = "registry/";

    /// <summary>The timeout of a call with all its attempts, in seconds: <c>ETCD__TIMEOUTSECONDS</c>.</summary>
    /// <value>5</value>
    public double TimeoutSeconds { get; set; } = 5;

    internal TimeSpan Timeout => TimeSpan.FromSeconds(TimeoutSeconds);
}
