using System.Security.Cryptography;
using System.Text;
using Registry.Core.Access;

namespace Registry.Api.Access;

/// <summary>
/// The secret of the administrator: a setting, or a file that is read again when it changes. Without either, or while
/// the file is missing or invalid, there is no administrator.
/// </summary>
internal sealed partial class AdministratorSecret : ICredentialVerifier
{
    /// <summary>The minimum length. Shorter secrets can be guessed.</summary>
    public const int MinLength = 16;

    /// <summary>The maximum length of the file, in bytes: enough for every secret.</summary>
    private const int MaxFileBytes = 4096;

    private static readonly Verification Administrator =
        Verification.Of(new CallerIdentity(CallerKind.Administrator, "administrator", ScopeSet.Everything));

    private readonly string? path;
    private readonly ILogger logger;

    /// <summary>The SHA-256 of the secret; null without an administrator.</summary>
    private volatile byte[]? hash;

    /// <summary>What was found in the file last; null before the first time.</summary>
    private string? lastState;

    public AdministratorSecret(AccessOptions access, ILogger<AdministratorSecret> logger)
    {
        (path, this.logger) = (access.AdminTokenFile, logger);
        if (access.AdminToken is { } secret)
            hash = HashOf(secret);
        else
            Reload();
    }

    /// <summary>Whether the secret is in a file, which may change.</summary>
    public bool IsInFile => path is not null;

    /// <summary>Returns what is wrong with a secret, worded to follow its name; null for a valid one.</summary>
    public static string? ProblemOf(string secret) =>
        secret.Length < MinLength ? $"has {secret.Length} characters; expected at least {MinLength}."
        : secret.AsSpan().ContainsAnyExceptInRange('!', '~') ? "contains a character other than printable ASCII."
        : null;

    /// <inheritdoc/>
    public ValueTask<Verification?> VerifyAsync(string secret, HttpContext context) =>
        ValueTask.FromResult(
            hash is { } known && CryptographicOperations.FixedTimeEquals(known, HashOf(secret)) ? Administrator : null);

    /// <summary>
    /// Reads the file again, and logs when it has changed. Does nothing if the secret is not in a file.
    /// </summary>
    public void Reload()
    {
        if (path is null)
            return;
        var (secret, problem) = Read(path);
        var changed = secret is null ? null : HashOf(secret);
        hash = changed;
        var state = problem ?? Convert.ToHexString(changed!);
        if (state == lastState)
            return;
        if (problem is not null)
            LogNone(path, problem);
        else if (lastState is not null)
            LogChanged(path);
        lastState = state;
    }

    private static byte[] HashOf(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    private static (string? Secret, string? Problem) Read(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            var buffer = new byte[MaxFileBytes + 1];
            var length = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            if (length > MaxFileBytes)
                return (null, $"it has more than {MaxFileBytes} bytes");
            var secret = Encoding.UTF8.GetString(buffer, 0, length).Trim();
            return ProblemOf(secret) is { } problem ? (null, $"the secret {problem}") : (secret, null);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return (null, fault.Message);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "There is no administrator: {File} has no valid secret: {Reason}")]
    private partial void LogNone(string file, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The administrator's secret in {File} has changed")]
    private partial void LogChanged(string file);
}
