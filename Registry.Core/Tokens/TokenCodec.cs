using Registry.Core.Documents;
using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Core.Tokens;

/// <summary>The documents of tokens.</summary>
internal sealed class TokenCodec : DocumentCodec<TokenId, AccessToken>
{
    /// <summary>The estimated size of a token in memory, without its scopes and its name.</summary>
    private const int TokenBytes = 800;

    /// <summary>The estimated size of a scope besides its text.</summary>
    private const int ScopeBytes = 200;

    /// <inheritdoc/>
    public override StoreKey Scope => StoreKeys.Tokens;

    /// <inheritdoc/>
    public override StoreKey KeyOf(TokenId key) => key.Key;

    /// <inheritdoc/>
    public override byte[] Encode(TokenId key, AccessToken state, AccessToken? replaced) => StoredToken.Write(state);

    /// <inheritdoc/>
    public override AccessToken Decode(TokenId key, ReadOnlyMemory<byte> content) => StoredToken.Read(key, content);

    /// <inheritdoc/>
    public override long SizeOf(AccessToken state) =>
        TokenBytes + ((long)state.Scopes.Scopes.Length * ScopeBytes) + (8L * state.Scopes.ToString().Length);

    /// <inheritdoc/>
    public override RegistryException ResourceInUse(TokenId key) => TokenErrors.InUse(key);

    /// <inheritdoc/>
    public override RegistryException OutcomeUnknown(TokenId key, StorageException cause) =>
        TokenErrors.OutcomeUnknown(key, cause);
}
