using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Registry.Core.Documents;
using Registry.Core.Errors;
using Registry.Core.Storage;
using Registry.Core.Tokens;

namespace Registry.Core.Sessions;

/// <summary>The use cases of sessions.</summary>
/// <param name="documents">The storage of the sessions.</param>
/// <param name="time">The clock.</param>
/// <param name="options">The time limits of updates.</param>
/// <param name="logger">Logs damaged sessions.</param>
public sealed partial class AccessSessions(
    IDocumentStore documents, TimeProvider time, UpdateOptions options, ILogger<AccessSessions> logger)
{
    /// <summary>How long a session lasts: a working day.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);

    /// <summary>
    /// The maximum number of sessions of one token. A further session ends the oldest, so that sessions cannot fill the
    /// storage.
    /// </summary>
    private const int MaxPerToken = 20;

    /// <summary>The memory for cached sessions, in bytes: several thousand sessions.</summary>
    private const long CacheBytes = 4 * 1024 * 1024;

    private readonly DocumentSet<SessionKey, AccessSession> sessions =
        new(documents, new SessionCodec(), time, options, CacheBytes);

    /// <summary>
    /// Begins a session after a valid secret was presented. If the token then has more than 20 sessions, the oldest
    /// end.
    /// </summary>
    /// <param name="token">The token of the secret; null for the admin token.</param>
    /// <param name="secretHash">The sha256 of the secret.</param>
    /// <param name="expires">When the secret expires; the session ends no later. Null if it never expires.</param>
    /// <param name="cancellationToken">Cancels the call; the session may exist then, but nobody knows its id.</param>
    /// <returns>The new id, once the session is durable.</returns>
    /// <exception cref="RegistryException"><see cref="ErrorCode.Unavailable"/>: the outcome is unknown.</exception>
    /// <exception cref="StorageException">The storage failed, for example because it is full.</exception>
    public async Task<SessionId> BeginAsync(
        TokenId? token,
        ReadOnlyMemory<byte> secretHash,
        DateTimeOffset? expires,
        CancellationToken cancellationToken)
    {
        var id = SessionId.Create();
        var created = DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds());
        var end = created + Lifetime;
        var session = new AccessSession(
            token,
            ImmutableArray.Create(id.ProofOf(secretHash.Span)),
            created,
            expires < end ? expires.Value : end);

        // No other session has this id, so what is stored under its key after a lost response is this one.
        await sessions.UpdateAsync(
            id.Key, new DocumentChange<AccessSession>(_ => session, static _ => true), cancellationToken);

        // Done last: of several sessions that begin at the same time, the last one to get here sees all others.
        await EndOldestAsync(id.Key.Key, token, cancellationToken);
        return id;
    }

    /// <summary>
    /// Finds a session: null if it does not exist, has ended, has expired, or cannot be read. An end that any replica
    /// acknowledged before this call is respected.
    /// </summary>
    /// <exception cref="StorageException">The storage failed: nothing is known about the session.</exception>
    public async ValueTask<AccessSession?> FindAsync(SessionId id, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(id);
        try
        {
            return await sessions.FindAsync(id.Key, cancellationToken) is { State: var session }
                && !session.IsExpired(time.GetUtcNow())
                    ? session
                    : null;
        }
        catch (StorageException exception) when (exception.Kind is StorageFault.Corrupt or StorageFault.NewerSchema)
        {
            // Otherwise the browser would get only errors until it drops the id. Without a session, the user can sign
            // in again.
            LogUnreadable(id.Key, exception.Message);
            return null;
        }
    }

    /// <summary>Ends a session on every replica. Does nothing if it does not exist.</summary>
    /// <exception cref="StorageException">The storage failed; the session may have ended.</exception>
    public async Task EndAsync(SessionId id, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(id);
        var key = id.Key.Key;
        if (!await documents.TryDeleteAsync(key, Precondition.None, cancellationToken))
            await documents.EnsureDurableAsync(key, cancellationToken);
    }

    /// <summary>Removes the documents of sessions that have expired or are damaged.</summary>
    /// <returns>Their number.</returns>
    /// <exception cref="StorageException">The storage failed; sessions removed before stay removed.</exception>
    public async Task<int> RemoveExpiredAsync(CancellationToken cancellationToken)
    {
        var removed = 0;
        await foreach (var (key, document) in documents.ReadAsync(StoreKeys.Sessions, after: null, cancellationToken))
            if (IsOver(key, document)
                && await documents.TryDeleteAsync(key, Precondition.Matches(document.Revision), cancellationToken))
                removed++;
        if (removed > 0)
            LogRemoved(removed);
        return removed;
    }

    /// <summary>Ends the oldest sessions of a token, except the new one, if there are too many.</summary>
    private async Task EndOldestAsync(StoreKey newest, TokenId? token, CancellationToken cancellationToken)
    {
        var own = new List<(StoreKey Key, DateTimeOffset CreatedAt)>();
        await foreach (var (key, document) in documents.ReadAsync(StoreKeys.Sessions, after: null, cancellationToken))
            if (key != newest && Read(key, document).Session is { } session && session.Token == token)
                own.Add((key, session.CreatedAt));
        foreach (var (key, _) in own.OrderByDescending(static session => session.CreatedAt).Skip(MaxPerToken - 1))
            await documents.TryDeleteAsync(key, Precondition.None, cancellationToken);
    }

    private bool IsOver(StoreKey key, Document document)
    {
        var (session, isDamaged) = Read(key, document);
        return isDamaged || session?.IsExpired(time.GetUtcNow()) == true;
    }

    /// <summary>
    /// Reads a stored session; null if it is damaged, or if a later version stored it. Only replicas of that version
    /// remove such a session.
    /// </summary>
    private (AccessSession? Session, bool IsDamaged) Read(StoreKey key, Document document)
    {
        if (!SessionKey.TryParse(key, out var session))
            return (null, true);
        try
        {
            return (sessions.Parse(session, document).State, false);
        }
        catch (StorageException exception) when (exception.Kind is StorageFault.Corrupt or StorageFault.NewerSchema)
        {
            return (null, exception.Kind == StorageFault.Corrupt);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The session {Key} cannot be read and has ended: {Reason}")]
    private partial void LogUnreadable(SessionKey key, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Removed {Count} expired sessions")]
    private partial void LogRemoved(int count);
}
