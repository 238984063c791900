using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Registry.Core.Access;
using Registry.Core.Documents;
using Registry.Core.Storage;

namespace Registry.Core.Tokens;

/// <summary>The stored form of an <see cref="AccessToken"/>: JSON with a schema number.</summary>
internal static class StoredToken
{
    private const int Schema = 1;

    /// <summary>Returns the stored form of a token.</summary>
    public static byte[] Write(AccessToken token) => JsonSerializer.SerializeToUtf8Bytes(
        new StoredTokenForm(
            Schema,
            token.Id.Value,
            token.Name.Value,
            [.. token.Scopes.Scopes.Select(static scope => scope.ToString())],
            token.CreatedAt.UtcDateTime,
            token.ExpiresAt?.UtcDateTime,
            token.LastUsed,
            token.Issuer,
            Convert.ToHexStringLower(token.SecretHash.AsSpan())),
        StoredTokenJson.Default.StoredTokenForm);

    /// <summary>Reads the stored form of a token.</summary>
    /// <exception cref="StorageException">
    /// <see cref="StorageFault.Corrupt"/>: this is not the token with this id.
    /// <see cref="StorageFault.NewerSchema"/>: a later version of the registry wrote it.
    /// </exception>
    public static AccessToken Read(TokenId id, ReadOnlyMemory<byte> content) => StoredForm.Read(
        content,
        Schema,
        StoredTokenJson.Default.StoredTokenForm,
        form => Token(id, form),
        $"The token {id}",
        $"The stored token {id}");

    private static AccessToken Token(TokenId id, StoredTokenForm form)
    {
        var hash = Convert.FromHexString(form.Sha256);
        if (form.Schema != Schema || form.Id != id.Value || hash.Length != 32)
            throw new FormatException("It has another schema or id, or no sha256.");
        if (!TokenName.TryParse(form.Name, out var name, out var problem))
            throw new FormatException($"Its name {problem}.");
        if (!ScopeSet.TryParse(form.Scopes, out var scopes, out problem))
            throw new FormatException(problem);
        return new AccessToken(
            id, name, scopes, form.CreatedAt, form.ExpiresAt, form.LastUsed, form.Issuer, ImmutableArray.Create(hash));
    }
}

/// <summary>The JSON of a stored token.</summary>
internal sealed record StoredTokenForm(
    int Schema,
    string Id,
    string Name,
    string[] Scopes,
    DateTime CreatedAt,
    DateTime? ExpiresAt,
    DateOnly? LastUsed,
    string Issuer,
    string Sha256);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(StoredTokenForm))]
internal sealed partial class StoredTokenJson : JsonSerializerContext;
