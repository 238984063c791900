using Registry.Core.Documents;
using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Core.Sessions;

/// <summary>The documents of sessions.</summary>
internal sealed class SessionCodec : DocumentCodec<SessionKey, AccessSession>
{
    /// <summary>The estimated size of a session in memory.</summary>
    private const int SessionBytes = 600;

    /// <inheritdoc/>
    public override StoreKey Scope => StoreKeys.Sessions;

    /// <inheritdoc/>
    public override StoreKey KeyOf(SessionKey key) => key.Key;

    /// <inheritdoc/>
    public override byte[] Encode(SessionKey key, AccessSession state, AccessSession? replaced) =>
        StoredSession.Write(state);

    /// <inheritdoc/>
    public override AccessSession Decode(SessionKey key, ReadOnlyMemory<byte> content) => StoredSession.Read(content);

    /// <inheritdoc/>
    public override long SizeOf(AccessSession state) => SessionBytes;

    /// <inheritdoc/>
    public override RegistryException ResourceInUse(SessionKey key) => new(
        ErrorCode.ResourceInUse, "The session could not be stored: sign in again");

    /// <inheritdoc/>
    public override RegistryException OutcomeUnknown(SessionKey key, StorageException cause) => new(
        ErrorCode.Unavailable, "It is unknown whether the session was stored: sign in again", cause);
}
