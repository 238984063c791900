using System.Text.Json;
using Google.Apis.Auth.OAuth2;
using Google.Apis.Auth.OAuth2.Responses;
using Google.Apis.Http;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>Finds the credentials for requests with Google's authentication library.</summary>
internal static class GcsCredentials
{
    /// <summary>
    /// Allows reading and writing objects and reading the bucket. The actual permissions depend on the IAM roles of the
    /// identity.
    /// </summary>
    private const string Scope = "https://www.googleapis.com/auth/devstorage.read_write";

    /// <summary>The maximum size of a credentials file in bytes, far above any real one.</summary>
    private const int MaxFileBytes = 1024 * 1024;

    /// <summary>
    /// How long to wait for the metadata server to start. The library's own search takes 1.5 seconds before that, and
    /// the startup or command has 10 seconds in all.
    /// </summary>
    private static readonly TimeSpan MetadataTimeout = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan MetadataPause = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Returns what is wrong with a credentials file, as the end of a sentence; null when it is valid.
    /// </summary>
    public static string? ErrorOf(string path)
    {
        try
        {
            TypeOf(Read(path));
            return null;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return "which does not exist";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "which cannot be read";
        }
        catch (Exception exception) when (exception is JsonException or FormatException)
        {
            return "which contains no Google Cloud credentials; expected JSON with a 'type', such as a service "
                + "account key";
        }
    }

    /// <summary>Returns the text of a credentials file.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="FormatException">The file is not a credentials file.</exception>
    public static string Read(string path)
    {
        using var file = new StreamReader(path);
        return file.BaseStream.Length <= MaxFileBytes ? file.ReadToEnd() : throw new FormatException();
    }

    /// <summary>Parses the credentials in a file.</summary>
    /// <exception cref="StorageException">The credentials are invalid. The message contains no secret.</exception>
    public static GoogleCredential Parse(string text, string path, string setting)
    {
        try
        {
            return CredentialFactory.FromJson(text, TypeOf(text)).CreateScoped(Scope);
        }
        catch (Exception exception)
        {
            // The library throws many types: InvalidOperationException, JSON exceptions, cryptographic exceptions.
            throw new StorageException(
                StorageFault.Denied, $"The credentials in '{path}' ({setting}) are invalid.", exception);
        }
    }

    /// <summary>Returns the Application Default Credentials.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="StorageException">There are no credentials.</exception>
    public static async Task<GoogleCredential> FindAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            return (await GoogleCredential.GetApplicationDefaultAsync(cancellationToken)).CreateScoped(Scope);
        }
        catch (InvalidOperationException exception)
        {
            // The library waits only half a second for the metadata server, which takes longer when it has just
            // started.
            return await WaitForMetadataServerAsync(time, exception, cancellationToken);
        }
    }

    private static async Task<GoogleCredential> WaitForMetadataServerAsync(
        TimeProvider time, Exception notFound, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(MetadataTimeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        Exception? last = null;
        while (true)
        {
            try
            {
                // The library's own retries would hide the reason of a failure until the timeout.
                var identity = new ComputeCredential(new ComputeCredential.Initializer
                {
                    Scopes = [Scope],
                    DefaultExponentialBackOffPolicy = ExponentialBackOffPolicy.None,
                });
                await identity.GetAccessTokenForRequestAsync(authUri: null, linked.Token);
                return GoogleCredential.FromComputeCredential(identity);
            }
            catch (OperationCanceledException)
                when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                var reason = last?.Message ?? $"it did not respond within {MetadataTimeout.TotalSeconds} seconds";
                throw new StorageException(
                    StorageFault.Denied,
                    "There are no Application Default Credentials, and the metadata server of Google Cloud returned "
                        + $"none ({reason}). Assign an identity to the pod or machine, or set a key file in "
                        + $"GCS__CREDENTIALSFILE. {notFound.Message}",
                    last ?? notFound);
            }
            catch (Exception exception) when (exception is HttpRequestException or TokenResponseException)
            {
                // The metadata server may still be starting.
                last = exception;
                await Task.Delay(MetadataPause, time, cancellationToken);
            }
        }
    }

    /// <summary>
    /// Returns the type of the credentials in a file. Google's library requires the caller to specify it, because
    /// loading any type is a risk if users supply the file; here the operator does.
    /// </summary>
    private static string TypeOf(string text)
    {
        using var json = JsonDocument.Parse(text);
        return json.RootElement.ValueKind == JsonValueKind.Object
            && json.RootElement.TryGetProperty("type", out var type)
            && type.ValueKind == JsonValueKind.String
                ? type.GetString()!
                : throw new FormatException();
    }
}
