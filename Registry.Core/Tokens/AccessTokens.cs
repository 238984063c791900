using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Registry.Core.Access;
using Registry.Core.Documents;
using Registry.Core.Errors;
using Registry.Core.Events;
using Registry.Core.Storage;

namespace Registry.Core.Tokens;

/// <summary>The use cases of tokens.</summary>
/// <param name="documents">The storage of the tokens.</param>
/// <param name="time">The clock.</param>
/// <param name="options">The time limits of updates.</param>
/// <param name="events">Raises an event for every token that is issued or revoked.</param>
/// <param name="logger">Logs that the last use of a token could not be recorded.</param>
public sealed partial class AccessTokens(
    IDocumentStore documents,
    TimeProvider time,
    UpdateOptions options,
    RegistryEvents events,
    ILogger<AccessTokens> logger) : IAsyncDisposable
{
    /// <summary>The maximum number of scopes of a token: each request checks all of them.</summary>
    private const int MaxScopes = 100;

    /// <summary>
    /// How long an expired token stays in the list, so that its owner can find out why it stopped working.
    /// </summary>
    private static readonly TimeSpan ExpiredFor = TimeSpan.FromDays(30);

    /// <summary>The memory for cached tokens, in bytes: several thousand tokens.</summary>
    private const long CacheBytes = 8 * 1024 * 1024;

    private static readonly Caller Collector = Caller.Command("collector");

    private readonly DocumentSet<TokenId, AccessToken> tokens =
        new(documents, new TokenCodec(), time, options, CacheBytes);

    /// <summary>
    /// The day on which this process last recorded the use of each token, or tried to: once a day is enough, even if
    /// the storage rejects it.
    /// </summary>
    private readonly ConcurrentDictionary<TokenId, (DateOnly Day, Task Write)> recorded = [];

    private readonly Lock recording = new();

    /// <summary>The number of tokens of which this process has recorded the use.</summary>
    internal int RecordedCount => recorded.Count;

    /// <summary>Creates the error for a token that does not exist, whose id may be any text.</summary>
    public static RegistryException NotFound(string id) => TokenErrors.NotFound(id);

    /// <summary>Creates the error for a list that must not be shown, because it lacks unreadable tokens.</summary>
    public static RegistryException Unreadable(TokenList list)
    {
        ArgumentNullException.ThrowIfNull(list);
        return TokenErrors.Unreadable(list.Unreadable);
    }

    /// <summary>Issues a token.</summary>
    /// <param name="request">
    /// The properties of the token. It expires no later than the credentials of its issuer.
    /// </param>
    /// <param name="caller">Who issues it.</param>
    /// <param name="cancellationToken">Cancels the call; the token is then stored completely or not at all.</param>
    /// <returns>The token, once it is durable.</returns>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.InvalidParameters"/>: there is no scope, or too many. <see cref="ErrorCode.Forbidden"/>:
    /// the caller lacks admin or one of the actions on a scope, or may not issue tokens at all.
    /// <see cref="ErrorCode.ResourceInUse"/>: there is a token with this id.
    /// <see cref="ErrorCode.Unavailable"/>: the outcome is unknown.
    /// </exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task<IssuedToken> IssueAsync(NewToken request, Caller caller, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(caller);
        if (request.Scopes.Scopes.Length == 0)
            throw TokenErrors.NoScopes();
        if (request.Scopes.Scopes.Length > MaxScopes)
            throw TokenErrors.TooManyScopes(request.Scopes.Scopes.Length, MaxScopes);
        if (caller.Kind is CallerKind.Anonymous or CallerKind.Identity)
            throw TokenErrors.MayNotIssue();
        Scope[] missing = [.. request.Scopes.Scopes.Where(scope => !MayGive(caller, scope))];
        if (missing.Length > 0)
            throw TokenErrors.MayNotGive(missing);

        var created = DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds());
        var secret = TokenSecret.Create(request.Id);
        var token = new AccessToken(
            secret.Id,
            request.Name,
            request.Scopes,
            created,
            Earlier(created + request.Lifetime.Span, caller.ExpiresAt),
            LastUsed: null,
            caller.Kind == CallerKind.Token ? $"token {caller.Id}" : caller.Kind.ToString().ToLowerInvariant(),
            ImmutableArray.Create(secret.Hash()));
        await tokens.UpdateAsync(
            token.Id,
            new DocumentChange<AccessToken>(
                existing => existing is null || IsSame(existing) ? token : throw TokenErrors.Exists(token.Id), IsSame),
            cancellationToken);
        Raise(RegistryAction.TokenIssued, token, caller);
        return new IssuedToken(token, secret);

        bool IsSame(AccessToken stored) => stored.SecretHash.AsSpan().SequenceEqual(token.SecretHash.AsSpan());
    }

    /// <summary>
    /// Finds the token of a client: null if it does not exist, has another secret, was revoked, or has expired. A
    /// revocation that any replica acknowledged before this call is respected.
    /// </summary>
    /// <exception cref="StorageException">The storage failed: nothing is known about the token.</exception>
    public ValueTask<AccessToken?> FindAsync(TokenSecret secret, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(secret);
        return FindAsync(secret.Id, token => secret.Matches(token.SecretHash.AsSpan()), cancellationToken);
    }

    /// <summary>
    /// Finds a token whose secret was presented earlier: null if it does not exist, has another secret now, was
    /// revoked, or has expired. A revocation that any replica acknowledged before this call is respected.
    /// </summary>
    /// <param name="id">The id of the token.</param>
    /// <param name="isHeld">Whether the secret that was presented is that of this token.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="StorageException">The storage failed: nothing is known about the token.</exception>
    public async ValueTask<AccessToken?> FindAsync(
        TokenId id, Predicate<AccessToken> isHeld, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(isHeld);
        var now = time.GetUtcNow();
        if (await tokens.FindAsync(id, cancellationToken) is not { State: var token }
            || !isHeld(token)
            || token.IsExpired(now))
            return null;
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        if (token.LastUsed is null || token.LastUsed < today)
            RecordUse(id, today);
        return token;
    }

    /// <summary>
    /// Lists the tokens that a caller administers, including expired ones: those on whose every scope the caller has
    /// admin.
    /// </summary>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task<TokenList> ListAsync(Caller caller, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(caller);
        var (listed, unreadable) = (new List<AccessToken>(), new List<UnreadableToken>());
        await foreach (var (key, document) in documents.ReadAsync(StoreKeys.Tokens, after: null, cancellationToken))
            try
            {
                var token = Parse(key, document);
                if (Administers(caller, token))
                    listed.Add(token);
            }
            catch (StorageException exception) when (exception.Kind is StorageFault.Corrupt or StorageFault.NewerSchema)
            {
                unreadable.Add(new UnreadableToken(key.Segments()[^1], exception));
            }

        return new TokenList(listed, unreadable);
    }

    /// <summary>
    /// Removes the tokens that expired 30 days ago. Runs on any number of replicas at once: one of them raises the
    /// event.
    /// </summary>
    /// <returns>The number of tokens that this call removed.</returns>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task<int> RemoveExpiredAsync(CancellationToken cancellationToken)
    {
        ForgetEarlierUses();
        var removed = 0;
        await foreach (var (key, document) in documents.ReadAsync(StoreKeys.Tokens, after: null, cancellationToken))
        {
            // Its id may belong to a token that was issued after it was read.
            if (FindRemovable(key, document) is not { } token
                || !await documents.TryDeleteAsync(key, Precondition.Matches(document.Revision), cancellationToken))
                continue;
            removed++;
            Raise(RegistryAction.TokenRemoved, token, Collector);
        }

        return removed;
    }

    /// <summary>Returns a token that the caller administers or holds.</summary>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.TokenNotFound"/>: it does not exist, or the caller may not see it.
    /// </exception>
    /// <exception cref="StorageException">The storage failed, or the token is damaged.</exception>
    public async Task<AccessToken> GetAsync(TokenId id, Caller caller, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(caller);
        return await tokens.FindAsync(id, cancellationToken) is { State: var token }
            && (Administers(caller, token) || (caller.Kind == CallerKind.Token && caller.Id == id.Value))
                ? token
                : throw TokenErrors.NotFound(id.Value);
    }

    /// <summary>
    /// Revokes a token that the caller administers. A caller who may do everything can revoke a damaged token too.
    /// </summary>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.TokenNotFound"/>: it does not exist, or the caller does not administer it.
    /// </exception>
    /// <exception cref="StorageException">The storage failed; the token may have been revoked.</exception>
    public async Task RevokeAsync(TokenId id, Caller caller, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(caller);

        // The client may be told that the token does not exist, so its absence must be durable.
        await tokens.EnsureDurableAsync(id, cancellationToken);
        var token = await FindToRevokeAsync(id, caller, cancellationToken);

        // A concurrent write of its last use expects the deleted revision, and fails.
        if (!await documents.TryDeleteAsync(id.Key, Precondition.None, cancellationToken))
            throw TokenErrors.NotFound(id.Value);
        events.Raise(new RegistryEvent(events.Now, caller, RegistryAction.TokenRevoked, id.Value)
        {
            TokenName = token?.Name.Value,
            Scopes = token?.Scopes.ToString(),
        });
    }

    /// <summary>Returns the token to revoke; null if it cannot be read and the caller may revoke any token.</summary>
    private async Task<AccessToken?> FindToRevokeAsync(TokenId id, Caller caller, CancellationToken cancellationToken)
    {
        try
        {
            var token = (await tokens.FindAsync(id, cancellationToken))?.State;
            return token is not null && Administers(caller, token) ? token : throw TokenErrors.NotFound(id.Value);
        }
        catch (StorageException exception) when (exception.Kind is StorageFault.Corrupt or StorageFault.NewerSchema
            && caller.Scopes.Includes(ScopeSet.Everything))
        {
            return null;
        }
    }

    /// <summary>Waits until the last uses in progress are stored, before the storage is closed.</summary>
    public async ValueTask DisposeAsync() => await Task.WhenAll(recorded.Values.Select(static last => last.Write));

    /// <summary>
    /// Returns a token that expired long enough ago to be removed; null if it did not, or cannot be read.
    /// </summary>
    private AccessToken? FindRemovable(StoreKey key, Document document)
    {
        try
        {
            return Parse(key, document) is var token && token.IsExpired(time.GetUtcNow() - ExpiredFor) ? token : null;
        }
        catch (StorageException exception) when (exception.Kind is StorageFault.Corrupt or StorageFault.NewerSchema)
        {
            return null;
        }
    }

    private AccessToken Parse(StoreKey key, Document document) =>
        TokenId.TryParse(key, out var id)
            ? tokens.Parse(id, document).State
            : throw new StorageException(StorageFault.Corrupt, $"'{key}' is not the key of a token");

    private static bool MayGive(Caller caller, Scope scope) =>
        caller.Scopes.Includes(scope with { Actions = scope.Actions | AccessActions.Admin });

    private static bool Administers(Caller caller, AccessToken token) =>
        token.Scopes.Scopes.All(scope => caller.Scopes.Includes(scope with { Actions = AccessActions.Admin }));

    private static DateTimeOffset? Earlier(DateTimeOffset? left, DateTimeOffset? right) =>
        left is null || right < left ? right : left;

    /// <summary>
    /// Records the last use on a best-effort basis, without delaying the request. A token that was revoked in the
    /// meantime stays so.
    /// </summary>
    private void RecordUse(TokenId id, DateOnly today)
    {
        if (IsRecorded())
            return;
        lock (recording)
            if (!IsRecorded())
                recorded[id] = (today, RecordUseAsync(id, today));

        bool IsRecorded() => recorded.TryGetValue(id, out var last) && last.Day == today;
    }

    /// <summary>
    /// Forgets on which tokens this process recorded a use before today: they may be expired or revoked, and a later
    /// use is recorded anyway.
    /// </summary>
    private void ForgetEarlierUses()
    {
        var today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        foreach (var entry in recorded)
            // DisposeAsync waits for the writes in progress.
            if (entry.Value.Day < today && entry.Value.Write.IsCompleted)
                recorded.TryRemove(entry);
    }

    private async Task RecordUseAsync(TokenId id, DateOnly today)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await tokens.UpdateAsync(
                id,
                new DocumentChange<AccessToken>(
                    token => token is null || token.LastUsed >= today ? token : token with { LastUsed = today }),
                CancellationToken.None);
        }
        catch (Exception exception)
        {
            LogNotRecorded(exception, id);
        }
    }

    private void Raise(RegistryAction action, AccessToken token, Caller caller) =>
        events.Raise(new RegistryEvent(events.Now, caller, action, token.Id.Value)
        {
            TokenName = token.Name.Value,
            Scopes = token.Scopes.ToString(),
        });

    [LoggerMessage(Level = LogLevel.Warning, Message = "The last use of token {Id} could not be stored")]
    private partial void LogNotRecorded(Exception failure, TokenId id);
}
