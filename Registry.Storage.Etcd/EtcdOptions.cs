namespace Registry.Storage.Etcd;

/// <summary>Which etcd the registry keeps everything in: section <c>Etcd</c> of the configuration.</summary>
public sealed class EtcdOptions
{
    /// <summary>The name of the section.</summary>
    public const string Section = "Etcd";

    /// <summary>
    /// The members' client addresses, separated by commas: <c>ETCD__ENDPOINTS</c>. All <c>http://</c> or all
    /// <c>https://</c>. One is used until it fails, then the next.
    /// </summary>
    /// <value><c>http://localhost:2379</c></value>
    public string Endpoints { get; set; } = "http://localhost:2379";

    /// <summary>The user to log in as: <c>ETCD__USERNAME</c>. Null where the server asks for none.</summary>
    public string? Username { get; set; }

    /// <summary>The user's password: <c>ETCD__PASSWORD</c>.</summary>
    public string? Password { get; set; }

    /// <summary>
    /// A PEM file of the authorities that may vouch for the server: <c>ETCD__CAFILE</c>. Null for those that the
    /// machine trusts.
    /// </summary>
    public string? CaFile { get; set; }

    /// <summary>
    /// A PEM file of the certificate, and of the chain above it, that the registry shows to the server:
    /// <c>ETCD__CERTIFICATEFILE</c>. Null for none.
    /// </summary>
    public string? CertificateFile { get; set; }

    /// <summary>A PEM file of that certificate's private key: <c>ETCD__KEYFILE</c>.</summary>
    public string? KeyFile { get; set; }

    /// <summary>
    /// The name that the server's certificate must bear: <c>ETCD__SERVERNAME</c>. Null for the host of the endpoint.
    /// </summary>
    public string? ServerName { get; set; }

    /// <summary>
    /// What every key begins with, so that others may use the same etcd: <c>ETCD__PREFIX</c>. Ends with a slash.
    /// </summary>
    /// <value><c>registry/</c></value>
    public string Prefix { get; set; } = "registry/";

    /// <summary>How long any one call may take, with all its tries, in seconds: <c>ETCD__TIMEOUTSECONDS</c>.</summary>
    /// <value>5</value>
    public double TimeoutSeconds { get; set; } = 5;

    internal TimeSpan Timeout => TimeSpan.FromSeconds(TimeoutSeconds);
}
