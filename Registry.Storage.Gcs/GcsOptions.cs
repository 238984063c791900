namespace Registry.Storage.Gcs;

/// <summary>
/// Which bucket of Google Cloud Storage the registry keeps everything in: section <c>Gcs</c> of the configuration.
/// </summary>
public sealed class GcsOptions
{
    /// <summary>The name of the section.</summary>
    public const string Section = "Gcs";

    /// <summary>
    /// The plain setting, outside the section, that Google's own libraries and emulators share: see
    /// <see cref="EmulatorHost"/>.
    /// </summary>
    public const string EmulatorSetting = "STORAGE_EMULATOR_HOST";

    /// <summary>
    /// The plain setting that Google's own libraries share: see <see cref="DefaultCredentialsFile"/>.
    /// </summary>
    public const string DefaultCredentialsSetting = "GOOGLE_APPLICATION_CREDENTIALS";

    /// <summary>The bucket, which must exist: <c>GCS__BUCKET</c>. Required.</summary>
    public string Bucket { get; set; } = "";

    /// <summary>
    /// The folder within the bucket that every object's name begins with, so that a bucket can be shared:
    /// <c>GCS__PREFIX</c>. At most <see cref="GcsNames.MaxPrefixBytes"/> of <c>A-Z a-z 0-9 . _ - /</c>; a slash at the
    /// end is added where there is none.
    /// </summary>
    /// <value>Empty: the bucket is the registry's own.</value>
    public string Prefix { get; set; } = "";

    /// <summary>
    /// A JSON file with the credentials, such as the key of a service account: <c>GCS__CREDENTIALSFILE</c>. Null for
    /// Application Default Credentials: <c>GOOGLE_APPLICATION_CREDENTIALS</c>, what <c>gcloud auth application-default
    /// login</c> left, or the identity of the machine or pod.
    /// </summary>
    public string? CredentialsFile { get; set; }

    /// <summary>
    /// The file that <see cref="DefaultCredentialsSetting"/> names, which every library of Google takes where no other
    /// is named. Null for none.
    /// </summary>
    public string? DefaultCredentialsFile { get; internal set; }

    /// <summary>Where the service answers: <c>GCS__ENDPOINT</c>. Another address for a private endpoint.</summary>
    /// <value><c>https://storage.googleapis.com</c></value>
    public string Endpoint { get; set; } = "https://storage.googleapis.com";

    /// <summary>
    /// <c>host:port</c> or the address of an emulator: <c>STORAGE_EMULATOR_HOST</c>. It is spoken to instead of
    /// <see cref="Endpoint"/>, and without credentials. Null for the real service.
    /// </summary>
    public string? EmulatorHost { get; internal set; }

    /// <summary>
    /// The local folder where uploads wait until they are whole: <c>GCS__STAGINGFOLDER</c>. Made at start when it is
    /// not there; needs room for all packages that are pushed at the same time.
    /// </summary>
    /// <value><c>registry-gcs</c> in the folder for temporary files</value>
    public string StagingFolder { get; set; } = Path.Combine(Path.GetTempPath(), "registry-gcs");

    /// <summary>
    /// How many seconds any call may take with all its tries, but for the bytes of blobs: <c>GCS__DEADLINESECONDS</c>.
    /// </summary>
    /// <value>10</value>
    public double DeadlineSeconds { get; set; } = 10;

    /// <summary>
    /// For how many seconds the bytes of a blob may not move, with all tries, before it is given up:
    /// <c>GCS__TRANSFERIDLESECONDS</c>.
    /// </summary>
    /// <value>30</value>
    public double TransferIdleSeconds { get; set; } = 30;

    /// <summary>The pause before the first retry; it doubles with each. For tests.</summary>
    internal TimeSpan FirstPause { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// The size of what is uploaded in one request: smaller blobs go in one, larger ones resumably, in as many as it
    /// takes. For tests.
    /// </summary>
    internal int ChunkBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>
    /// How much of a resumable upload is in memory and goes in one request, in bytes; a multiple of 256 KiB. For tests.
    /// </summary>
    internal int UploadBufferBytes { get; set; } = 2 * 1024 * 1024;

    /// <summary>The address that requests go to; ends without a slash.</summary>
    internal string Address => EmulatorAddress ?? Endpoint.TrimEnd('/');

    /// <summary>
    /// The file with the credentials and the setting that names it; null where they come from the environment.
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
