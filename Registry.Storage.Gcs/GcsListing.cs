using System.Runtime.CompilerServices;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>All objects whose names begin with a prefix, in the order of their names, page by page.</summary>
/// <param name="client">Where.</param>
/// <param name="prefix">What the names begin with.</param>
/// <param name="after">The name to start after, which need not exist; null starts at the beginning.</param>
/// <param name="fields">Which fields of the objects.</param>
internal sealed class GcsListing(GcsClient client, string prefix, string? after, string fields)
{
    /// <exception cref="StorageException">The storage did not answer, however far the listing had come.</exception>
    public async IAsyncEnumerable<GcsObject> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        string? page = null;
        do
        {
            // A name before the prefix would be refused by no one, and costs nothing: the service starts where both
            // hold.
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
