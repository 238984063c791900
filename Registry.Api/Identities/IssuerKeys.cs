using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;
using Registry.Api.Files;

namespace Registry.Api.Identities;

/// <summary>
/// The keys with which an issuer signs. They are fetched when they are first needed, and again after an hour or when a
/// token names an unknown key. Requests share a fetch, and a failed one is not repeated at once: an issuer that is
/// down, slow or hostile delays its own callers by a few seconds, and no others.
/// </summary>
internal sealed partial class IssuerKeys(IssuerAddress address, TimeProvider time, ILogger<IssuerKeys> logger)
{
    /// <summary>The maximum size of each document, in bytes. Those of large providers have about 10 KiB.</summary>
    private const int MaxDocumentBytes = 256 * 1024;

    /// <summary>The time for a fetch, from the first byte sent to the last one received.</summary>
    private static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(5);

    /// <summary>After this time keys are fetched again, while requests still use the known ones.</summary>
    private static readonly TimeSpan FreshFor = TimeSpan.FromHours(1);

    /// <summary>After this time without a successful fetch, the known keys are no longer trusted.</summary>
    private static readonly TimeSpan TrustedFor = TimeSpan.FromHours(24);

    /// <summary>The minimum time between two fetches: anyone can send tokens that name an unknown key.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private Task? fetching;
    private long? lastFetch;
    private volatile Fetched? known;

    /// <summary>Returns the keys; null if they are not known and cannot be fetched.</summary>
    /// <param name="unknownTo">
    /// The keys of an earlier call, which lack the key of a token: newer ones are fetched, unless that was tried a
    /// moment ago. Null for any keys.
    /// </param>
    /// <param name="cancellationToken">Cancels the call, but not the fetch, which others may share.</param>
    public async ValueTask<IReadOnlyList<SecurityKey>?> GetAsync(
        IReadOnlyList<SecurityKey>? unknownTo, CancellationToken cancellationToken)
    {
        var current = Trusted();
        var isUsable = current is not null && !ReferenceEquals(current.Keys, unknownTo);
        if (isUsable && time.GetElapsedTime(current!.At) < FreshFor)
            return current.Keys;
        if (StartFetch() is { } fetch && !isUsable)
            await fetch.WaitAsync(cancellationToken);
        return Trusted()?.Keys;
    }

    private Fetched? Trusted() => known is { } keys && time.GetElapsedTime(keys.At) < TrustedFor ? keys : null;

    /// <summary>Returns the running fetch, or a new one; null if the last one has just ended.</summary>
    private Task? StartFetch()
    {
        lock (gate)
        {
            if (fetching is { IsCompleted: false })
                return fetching;
            if (lastFetch is { } last && time.GetElapsedTime(last) < Pause)
                return null;
            lastFetch = time.GetTimestamp();
            return fetching = Task.Run(FetchAsync);
        }
    }

    private async Task FetchAsync()
    {
        try
        {
            var at = time.GetTimestamp();
            using var timeout = new CancellationTokenSource(MaxTime, time);
            using var client = NewClient();
            var uri = address.JwksUri ?? await DiscoverAsync(client, timeout.Token);
            var keys = await FetchKeysAsync(client, uri, timeout.Token);
            known = new Fetched(keys, at);
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or IOException
            or JsonException or FormatException or ArgumentException or CryptographicException
            or UnauthorizedAccessException or InvalidOperationException)
        {
            // JSON text that is not Unicode is an InvalidOperationException.
            LogFailed(address.Issuer, exception.Message);
        }
    }

    /// <summary>Creates a client for one fetch, so that a change of the CA file takes effect.</summary>
    private HttpClient NewClient()
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false };
        try
        {
            if (address.CaFile is { } file)
                handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = TrustOnly(file) };
            return new HttpClient(handler)
            {
                Timeout = Timeout.InfiniteTimeSpan,
                MaxResponseContentBufferSize = MaxDocumentBytes
            };
        }
        catch
        {
            handler.Dispose();
            throw;
        }
    }

    /// <summary>Reads the certificate authorities of a file.</summary>
    /// <exception cref="CryptographicException">It contains no certificate.</exception>
    /// <exception cref="IOException">It cannot be read, or is not a regular file.</exception>
    /// <exception cref="UnauthorizedAccessException">Access to it is denied.</exception>
    internal static X509ChainPolicy TrustOnly(string file)
    {
        if (RegularFile.ProblemOf(file) is { } other)
            throw new IOException($"'{file}' cannot be read: {other}.");
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.ImportFromPemFile(file);
        return policy.CustomTrustStore.Count > 0
            ? policy
            : throw new CryptographicException($"'{file}' contains no certificate.");
    }

    private async Task<Uri> DiscoverAsync(HttpClient client, CancellationToken cancellationToken)
    {
        var uri = new Uri($"{address.Issuer.TrimEnd('/')}/.well-known/openid-configuration");
        using var document = JsonDocument.Parse(await GetAsync(client, uri, cancellationToken));
        var (issuer, keys) = (TextOf(document, "issuer"), TextOf(document, "jwks_uri"));
        if (issuer != address.Issuer)
            throw new FormatException($"{uri} describes the issuer '{issuer}'.");
        return Uri.TryCreate(keys, UriKind.Absolute, out var jwks) && jwks.Scheme == Uri.UriSchemeHttps
            ? jwks
            : throw new FormatException($"{uri} has no jwks_uri with https.");
    }

    private static async Task<IReadOnlyList<SecurityKey>> FetchKeysAsync(
        HttpClient client, Uri uri, CancellationToken cancellationToken)
    {
        IList<SecurityKey> keys =
            new JsonWebKeySet(
                System.Text.Encoding.UTF8.GetString(await GetAsync(client, uri, cancellationToken))).GetSigningKeys();
        return keys.Count > 0 ? [.. keys] : throw new FormatException($"{uri} has no keys for signatures.");
    }

    private static async Task<byte[]> GetAsync(HttpClient client, Uri uri, CancellationToken cancellationToken)
    {
        using var response = await client.GetAsync(uri, cancellationToken);
        return response.StatusCode == HttpStatusCode.OK
            ? await response.Content.ReadAsByteArrayAsync(cancellationToken)
            : throw new HttpRequestException($"{uri} returned status {(int)response.StatusCode}.");
    }

    private static string? TextOf(JsonDocument document, string name) =>
        document.RootElement.ValueKind == JsonValueKind.Object
            && document.RootElement.TryGetProperty(name, out var value)
            && value.ValueKind == JsonValueKind.String
                ? value.GetString()
                : null;

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "Fetching the keys of the issuer {Issuer} failed: {Reason}")]
    private partial void LogFailed(string issuer, string reason);

    private sealed record Fetched(IReadOnlyList<SecurityKey> Keys, long At);
}
