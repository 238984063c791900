using System.Text.Json;
using Google.Apis.Auth.OAuth2;
using Google.Apis.Auth.OAuth2.Responses;
using Google.Apis.Http;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>Finds the credentials that requests are sent with, by Google's own library.</summary>
internal static class GcsCredentials
{
    /// <summary>
    /// Enough to read and write objects and to read what the bucket is; what the identity may really do is up to its
    /// IAM roles.
    /// </summary>
    private const string Scope = "https://www.googleapis.com/auth/devstorage.read_write";

    /// <summary>Far more than any file of credentials has.</summary>
    private const int MaxFileBytes = 1024 * 1024;

    /// <summary>
    /// How long a metadata server may take to start. The library's own search takes 1.5 seconds before, and a start or
    /// a command has 10 for both and for what it does then.
    /// </summary>
    private static readonly TimeSpan MetadataPatience = TimeSpan.FromSeconds(6);

    private static readonly TimeSpan MetadataPause = TimeSpan.FromMilliseconds(500);

    /// <summary>What is wrong with a file of credentials, as the end of a sentence; null when it can be read.</summary>
    public static string? ErrorOf(string path)
    {
        try
        {
            TypeOf(Read(path));
            return null;
        }
        catch (Exception wrong) when (wrong is FileNotFoundException or DirectoryNotFoundException)
        {
            return "which does not exist";
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException)
        {
            return "which cannot be read";
        }
        catch (Exception wrong) when (wrong is JsonException or FormatException)
        {
            return "which holds no credentials of Google Cloud: it must be JSON with a 'type', "
                + "such as the key of a service account";
        }
    }

    /// <summary>The text of a file of credentials.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="FormatException">It is no file of credentials.</exception>
    public static string Read(string path)
    {
        using var file = new StreamReader(path);
        return file.BaseStream.Length <= MaxFileBytes ? file.ReadToEnd() : throw new FormatException();
    }

    /// <summary>The credentials that a file holds.</summary>
    /// <exception cref="StorageException">They cannot be used. The message tells no secret.</exception>
    public static GoogleCredential Parse(string text, string path, string setting)
    {
        try
        {
            return CredentialFactory.FromJson(text, TypeOf(text)).CreateScoped(Scope);
        }
        catch (Exception wrong)
        {
            // The library throws whatever it meets: InvalidOperationException, JSON's exceptions, those of keys.
            throw new StorageException(
                StorageFault.Denied, $"The credentials in '{path}' ({setting}) cannot be used.", wrong);
        }
    }

    /// <summary>The credentials that the environment gives.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="StorageException">There are none.</exception>
    public static async Task<GoogleCredential> FindAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            return (await GoogleCredential.GetApplicationDefaultAsync(cancellationToken)).CreateScoped(Scope);
        }
        catch (InvalidOperationException none)
        {
            // The library gives the metadata server half a second to show that it is there; one that has just started
            // takes longer.
            return await AskMetadataServerAsync(time, none, cancellationToken);
        }
    }

    private static async Task<GoogleCredential> AskMetadataServerAsync(
        TimeProvider time, Exception none, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(MetadataPatience, time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        Exception? last = null;
        while (true)
        {
            try
            {
                // The library's own retries would hide why it fails until the time is over.
                var identity = new ComputeCredential(new ComputeCredential.Initializer
                {
                    Scopes = [Scope],
                    DefaultExponentialBackOffPolicy = ExponentialBackOffPolicy.None,
                });
                await identity.GetAccessTokenForRequestAsync(authUri: null, ended.Token);
                return GoogleCredential.FromComputeCredential(identity);
            }
            catch (OperationCanceledException)
                when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                var reason = last?.Message ?? $"it did not answer within {MetadataPatience.TotalSeconds} seconds";
                throw new StorageException(
                    StorageFault.Denied,
                    "There are no Application Default Credentials, and the metadata server of Google Cloud gives none "
                        + $"({reason}). Give the pod or machine an identity, "
                        + "or name a key file in GCS__CREDENTIALSFILE. "
                        + none.Message,
                    last ?? none);
            }
            catch (Exception failed) when (failed is HttpRequestException or TokenResponseException)
            {
                // It may have to start yet.
                last = failed;
                await Task.Delay(MetadataPause, time, cancellationToken);
            }
        }
    }

    /// <summary>
    /// The kind of credentials that a file says it holds. Google's library wants to be told, as loading unknown kinds
    /// is risky where users supply them; here the operator does.
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
