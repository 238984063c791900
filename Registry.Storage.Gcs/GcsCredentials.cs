using System.Text.Json;
using Google.Apis.Auth.OAuth2;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>Finds the credentials that requests are sent with, by Google's own library.</summary>
internal static class GcsCredentials
{
    /// <summary>Enough to read and write objects and to read what the bucket is; what the identity may really do is up to its IAM roles.</summary>
    private const string Scope = "https://www.googleapis.com/auth/devstorage.read_write";

    /// <summary>Far more than any file of credentials has.</summary>
    private const int MaxFileBytes = 1024 * 1024;

    /// <summary>What is wrong with a file of credentials, as the end of a sentence; null when it can be read.</summary>
    public static string? ErrorOf(string path)
    {
        try
        {
            TypeOf(path);
            return null;
        }
        catch (FileNotFoundException)
        {
            return "which does not exist";
        }
        catch (DirectoryNotFoundException)
        {
            return "which does not exist";
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException)
        {
            return "which cannot be read";
        }
        catch (Exception wrong) when (wrong is JsonException or FormatException)
        {
            return "which holds no credentials of Google Cloud: it must be JSON with a 'type', such as the key of a service account";
        }
    }

    /// <summary>The credentials of the file, or where there is none those that the environment gives.</summary>
    /// <exception cref="StorageException">There are none, or they cannot be used. The message tells no secret.</exception>
    public static async Task<GoogleCredential> FindAsync(string? path, CancellationToken ct)
    {
        try
        {
            var credential = string.IsNullOrWhiteSpace(path)
                ? await GoogleCredential.GetApplicationDefaultAsync(ct)
                : await CredentialFactory.FromFileAsync(path, TypeOf(path), ct);
            return credential.CreateScoped(Scope);
        }
        catch (OperationCanceledException)
        {
            throw;
        }
        catch (Exception wrong)
        {
            // The library throws whatever it meets: InvalidOperationException, JSON's exceptions, those of files and keys.
            throw new StorageException(
                StorageFault.Denied,
                string.IsNullOrWhiteSpace(path)
                    ? "There are no Application Default Credentials: give the pod or machine an identity, or name a key file in GCS__CREDENTIALSFILE."
                    : $"The credentials in '{path}' (GCS__CREDENTIALSFILE) cannot be used.",
                wrong);
        }
    }

    /// <summary>The kind of credentials that a file says it holds. Google's library wants to be told, as loading unknown kinds is risky where users supply them; here the operator does.</summary>
    private static string TypeOf(string path)
    {
        using var file = File.OpenRead(path);
        if (file.Length > MaxFileBytes)
            throw new FormatException();
        using var json = JsonDocument.Parse(file);
        return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("type", out var type)
            && type.ValueKind == JsonValueKind.String
                ? type.GetString()!
                : throw new FormatException();
    }
}
