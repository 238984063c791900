using Registry.Core.Storage;
using Registry.Core.Tokens;

namespace Registry.Core.Maintenance;

/// <summary>
/// Copies tokens, so that clients need no new ones after a migration. The day of the last use is not compared: each
/// storage records its own.
/// </summary>
internal sealed class TokenCopy(
    RegistryStorage source, RegistryStorage target, bool overwrite, Tally copied, Tally present, Tally verified)
{
    /// <summary>Copies a token.</summary>
    /// <returns>Why it was not copied; null when the target has it now, or the source no longer has it.</returns>
    /// <exception cref="StorageException">One of the two storage backends failed.</exception>
    public async Task<Finding?> RunAsync(StoreKey key, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var (document, token, damage) = await StoredTokens.ReadAsync(source.Documents, key, cancellationToken);
            if (damage is not null)
                return damage;
            if (document is null || token is null)
                return null;
            var existing = await target.Documents.GetAsync(key, cancellationToken);
            if (existing is not null && IsSame(token, existing))
            {
                present.AddToken();
                return null;
            }

            if (existing is not null && !overwrite)
                return Finding.Of(token.Id, "differs at the target");
            var written =
                await TargetWrite.TryAsync(target, key, document, existing?.Revision, attempt, cancellationToken);
            if (written is null)
                continue;
            if (written is false)
                return Finding.Of(token.Id, "was changed at the target while it was copied");
            copied.AddToken();
            return null;
        }
    }

    /// <summary>Verifies that the target has a token.</summary>
    /// <returns>The problem; null when there is none, or the source no longer has the token.</returns>
    /// <exception cref="StorageException">One of the two storage backends failed.</exception>
    public async Task<Finding?> CheckAsync(StoreKey key, CancellationToken cancellationToken)
    {
        var (_, token, damage) = await StoredTokens.ReadAsync(source.Documents, key, cancellationToken);
        if (damage is not null || token is null)
            return damage;
        var copy = await target.Documents.GetAsync(key, cancellationToken);
        if (copy is null)
            return Finding.Of(token.Id, "was added to the source after the copy: run again");
        if (!IsSame(token, copy))
            return Finding.Of(token.Id, "differs at the target: run again");
        verified.AddToken();
        return null;
    }

    private static bool IsSame(AccessToken token, Document copy)
    {
        try
        {
            return ContentOf(token).AsSpan().SequenceEqual(ContentOf(StoredToken.Read(token.Id, copy.Content)));
        }
        catch (StorageException exception) when (exception.Kind is StorageFault.Corrupt or StorageFault.NewerSchema)
        {
            return false;
        }
    }

    private static byte[] ContentOf(AccessToken token) => StoredToken.Write(token with { LastUsed = null });
}
