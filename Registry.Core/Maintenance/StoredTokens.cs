using Registry.Core.Storage;
using Registry.Core.Tokens;

namespace Registry.Core.Maintenance;

/// <summary>
/// Reads the document of a token and returns damage as a result. Only a failure of the storage is an exception.
/// </summary>
internal static class StoredTokens
{
    /// <returns>
    /// The document and its token; only a finding when they cannot be read; all null when the token does not exist.
    /// </returns>
    /// <exception cref="StorageException">The storage failed.</exception>
    public static async Task<(Document? Document, AccessToken? Token, Finding? Damage)> ReadAsync(
        IDocumentStore documents, StoreKey key, CancellationToken cancellationToken)
    {
        if (!TokenId.TryParse(key, out var id))
            return (null, null, Finding.Of(key, "is not the key of a token"));
        try
        {
            return await documents.GetAsync(key, cancellationToken) is { } document
                ? (document, StoredToken.Read(id, document.Content), null)
                : (null, null, null);
        }
        catch (StorageException exception) when (exception.Kind == StorageFault.Corrupt)
        {
            return (null, null, Finding.Of(id, exception.Message));
        }
    }
}
