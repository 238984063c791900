using System.Security.Cryptography;
using System.Text;
using Registry.Api.Files;
using Registry.Core.Access;

namespace Registry.Api.Access;

/// <summary>
/// The admin token: a setting, or a file that is read again when it changes. Without either, or while
/// the file is missing or invalid, there is no administrator.
/// </summary>
internal sealed partial class AdministratorSecret : ICredentialVerifier
{
    /// <summary>The minimum length. Shorter secrets can be guessed.</summary>
    public const int MinLength = 16;

    /// <summary>The maximum length of the file, in bytes: enough for every secret.</summary>
    private const int MaxFileBytes = 4096;

    /// <summary>
    /// How long to wait for the file. While the volume hangs, the secret is not accepted: it may have been removed.
    /// </summary>
    private static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(3);

    private readonly string? path;
    private readonly Func<string, SecretInFile> read;
    private readonly TimeProvider time;
    private readonly ILogger logger;

    /// <summary>The read that has not ended yet; null for none.</summary>
    private Task<SecretInFile>? reading;

    /// <summary>The SHA-256 of the secret; null without an administrator.</summary>
    private volatile byte[]? hash;

    /// <summary>The hash or the problem that the last read found; null before the first read.</summary>
    private string? lastState;

    public AdministratorSecret(AccessOptions access, TimeProvider time, ILogger<AdministratorSecret> logger)
        : this(access, Read, time, logger)
    {
    }

    /// <param name="access">The secret, or the path of its file.</param>
    /// <param name="read">Reads the file.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    internal AdministratorSecret(
        AccessOptions access,
        Func<string, SecretInFile> read,
        TimeProvider time,
        ILogger<AdministratorSecret> logger)
    {
        (path, this.read, this.time, this.logger) = (access.AdminTokenFile, read, time, logger);
        hash = access.AdminToken is { } secret ? HashOf(secret) : null;
    }

    /// <summary>The administrator.</summary>
    public static CallerIdentity Identity { get; } =
        new(CallerKind.Administrator, "administrator", ScopeSet.Everything);

    private static CredentialVerification Right { get; } = CredentialVerification.Of(Identity);

    /// <summary>The sha256 of the secret; null without an administrator.</summary>
    public byte[]? SecretHash => hash;

    /// <summary>Whether the secret is in a file, which may change.</summary>
    public bool IsInFile => path is not null;

    /// <summary>Returns what is wrong with a secret, worded to follow its name; null for a valid one.</summary>
    public static string? ProblemOf(string secret) =>
        secret.Length < MinLength ? $"has {secret.Length} characters; expected at least {MinLength}."
        : secret.AsSpan().ContainsAnyExceptInRange('!', '~') ? "contains a character other than printable ASCII."
        : null;

    /// <inheritdoc/>
    public ValueTask<CredentialVerification?> VerifyAsync(string secret, HttpContext context) =>
        ValueTask.FromResult(
            hash is { } known && CryptographicOperations.FixedTimeEquals(known, HashOf(secret)) ? Right : null);

    /// <summary>
    /// Reads the file, and logs when it has changed. Does nothing if the secret is not in a file. Calls must not
    /// overlap.
    /// </summary>
    public async Task ReloadAsync(CancellationToken cancellationToken)
    {
        if (path is null)
            return;
        var (secret, problem) = await ReadAsync(path, cancellationToken);
        var changed = secret is null ? null : HashOf(secret);
        var state = problem ?? Convert.ToHexString(changed!);
        if (problem is not null && state != lastState)
            LogNone(path, problem);
        else if (lastState is not null && state != lastState)
            LogChanged(path);
        lastState = state;
        hash = changed;
    }

    private static byte[] HashOf(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    /// <summary>Reads the file on another thread. While a read hangs, no second one is started.</summary>
    private async Task<SecretInFile> ReadAsync(string file, CancellationToken cancellationToken)
    {
        reading ??= Task.Run(() => read(file), CancellationToken.None);
        try
        {
            var found = await reading.WaitAsync(MaxTime, time, cancellationToken);
            reading = null;
            return found;
        }
        catch (TimeoutException)
        {
            return new SecretInFile(null, $"it did not respond within {MaxTime.TotalSeconds} s");
        }
    }

    private static SecretInFile Read(string path)
    {
        if (RegularFile.ProblemOf(path) is { } other)
            return new SecretInFile(null, other);
        try
        {
            using var file = File.OpenRead(path);
            var buffer = new byte[MaxFileBytes + 1];
            var length = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            if (length > MaxFileBytes)
                return new SecretInFile(null, $"it has more than {MaxFileBytes} bytes");
            var secret = Encoding.UTF8.GetString(buffer, 0, length).Trim();
            return ProblemOf(secret) is { } problem
                ? new SecretInFile(null, $"the secret {problem}")
                : new SecretInFile(secret, null);
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return new SecretInFile(null, exception.Message);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "No administrator: the secret in {File} cannot be used ({Reason})")]
    private partial void LogNone(string file, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The admin token in {File} has changed")]
    private partial void LogChanged(string file);

    /// <summary>What is in the file.</summary>
    /// <param name="Secret">The secret; null if it is not valid.</param>
    /// <param name="Problem">Why there is none; null if there is one.</param>
    internal sealed record SecretInFile(string? Secret, string? Problem);
}
