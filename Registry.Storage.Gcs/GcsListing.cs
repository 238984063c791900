using System.Runtime.CompilerServices;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>Lists the objects whose names start with a prefix, in name order, in pages.</summary>
/// <param name="client">The client.</param>
/// <param name="prefix">The prefix of the names.</param>
/// <param name="after">The name to start after, which need not exist; null for the beginning.</param>
/// <param name="fields">The fields of the objects to return.</param>
internal sealed class GcsListing(GcsClient client, string prefix, string? after, string fields)
{
    /// <summary>Lists the objects.</summary>
    /// <exception cref="StorageException">The storage failed. The enumeration may throw at any point.</exception>
    public async IAsyncEnumerable<GcsObject> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        string? page = null;
        do
        {
            // A name before the prefix is valid and costs nothing: the service starts where both conditions hold.
            var found = await client.ListAsync(prefix, after, page, fields, cancellationToken);
            foreach (var item in found.Items ?? [])
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (item.Name != after)
                    yield return item;
            }

            page = found.NextPageToken;
        }
        while (!string.IsNullOrEmpty(page));
    }
}
