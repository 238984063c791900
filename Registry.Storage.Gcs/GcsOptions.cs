namespace Registry.Storage.Gcs;

/// <summary>The options of the Google Cloud Storage backend: section <c>Gcs</c> of the configuration.</summary>
public sealed class GcsOptions
{
    /// <summary>The name of the section.</summary>
    public const string Section = "Gcs";

    /// <summary>
    /// The top-level setting that Google's libraries and emulators share: see <see cref="EmulatorHost"/>.
    /// </summary>
    public const string EmulatorSetting = "STORAGE_EMULATOR_HOST";

    /// <summary>
    /// The top-level setting that Google's libraries share: see <see cref="DefaultCredentialsFile"/>.
    /// </summary>
    public const string DefaultCredentialsSetting = "GOOGLE_APPLICATION_CREDENTIALS";

    /// <summary>The bucket, which must exist: <c>GCS__BUCKET</c>. Required.</summary>
    public string Bucket { get; set; } = "";

    /// <summary>
    /// The folder within the bucket that prefixes every object name, so that the bucket can be shared:
    /// <c>GCS__PREFIX</c>. At most <see cref="GcsNames.MaxPrefixBytes"/> of <c>A-Z a-z 0-9 . _ - /</c>. A missing slash
    /// at the end is added.
    /// </summary>
    /// <value>Empty: the whole bucket.</value>
    public string Prefix { get; set; } = "";

    /// <summary>
    /// A JSON file with credentials, such as a service account key: <c>GCS__CREDENTIALSFILE</c>. Null for Application
    /// Default Credentials: <c>GOOGLE_APPLICATION_CREDENTIALS</c>, the result of <c>gcloud auth application-default
    /// login</c>, or the identity of the machine or pod.
    /// </summary>
    public string? CredentialsFile { get; set; }

    /// <summary>
    /// The file in <see cref="DefaultCredentialsSetting"/>, the default of Google's libraries. Null for none.
    /// </summary>
    public string? DefaultCredentialsFile { get; internal set; }

    /// <summary>The URL of the service: <c>GCS__ENDPOINT</c>. Change it for a private endpoint.</summary>
    /// <value><c>https://storage.googleapis.com</c></value>
    public string Endpoint { get; set; } = "https://storage.googleapis.com";

    /// <summary>
    /// <c>host:port</c> or the URL of an emulator: <c>STORAGE_EMULATOR_HOST</c>. It is used instead of
    /// <see cref="Endpoint"/>, without credentials. Null for the real service.
    /// </summary>
    public string? EmulatorHost { get; internal set; }

    /// <summary>
    /// The local folder where uploads are staged: <c>GCS__STAGINGFOLDER</c>. Created at startup if missing. Needs space
    /// for all packages that are pushed at the same time.
    /// </summary>
    /// <value><c>registry-gcs</c> in the folder for temporary files</value>
    public string StagingFolder { get; set; } = Path.Combine(Path.GetTempPath(), "registry-gcs");

    /// <summary>
    /// The timeout of a call with all its attempts, except transfers of blobs, in seconds: <c>GCS__DEADLINESECONDS</c>.
    /// </summary>
    /// <value>10</value>
    public double DeadlineSeconds { get; set; } = 10;

    /// <summary>
    /// How long a transfer of a blob may make no progress, with all attempts, in seconds:
    /// <c>GCS__TRANSFERIDLESECONDS</c>.
    /// </summary>
    /// <value>30</value>
    public double TransferIdleSeconds { get; set; } = 30;

    /// <summary>The pause before the first retry; it doubles each time. Set by tests.</summary>
    internal TimeSpan FirstPause { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// The size, in bytes, up to which a blob is uploaded in one request. Larger blobs use resumable uploads. Set by
    /// tests.
    /// </summary>
    internal int ChunkBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>
    /// The size of a request of a resumable upload, which is buffered in memory, in bytes; a multiple of 256 KiB. Set
    /// by tests.
    /// </summary>
    internal int UploadBufferBytes { get; set; } = 2 * 1024 * 1024;

    /// <summary>
    /// The maximum number of bytes that one request of a copy moves, so that it ends well before its timeout; a
    /// multiple of 1 MiB. It applies only where a copy has to move bytes, such as between storage classes. Set by
    /// tests.
    /// </summary>
    internal long RewriteBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>The URL that requests are sent to, without a slash at the end.</summary>
    internal string Address => EmulatorAddress ?? Endpoint.TrimEnd('/');

    /// <summary>
    /// The credentials file and the setting that names it; null when the credentials come from the environment.
    /// </summary>
    internal (string Path, string Setting)? Key =>
        !string.IsNullOrWhiteSpace(CredentialsFile) ? (CredentialsFile, "GCS__CREDENTIALSFILE")
        : !string.IsNullOrWhiteSpace(DefaultCredentialsFile) ? (DefaultCredentialsFile, DefaultCredentialsSetting)
        : null;

    internal string? EmulatorAddress => string.IsNullOrWhiteSpace(EmulatorHost)
        ? null
        : (EmulatorHost.Contains("://", StringComparison.Ordinal) ? EmulatorHost : $"http://{EmulatorHost}").Trim()
            .TrimEnd('/');
}
