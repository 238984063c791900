using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Registry.Core.Documents;
using Registry.Core.Storage;
using Registry.Core.Tokens;

namespace Registry.Core.Sessions;

/// <summary>The stored form of an <see cref="AccessSession"/>: JSON with a schema number.</summary>
internal static class StoredSession
{
    private const int Schema = 1;

    /// <summary>Returns the stored form of a session.</summary>
    public static byte[] Write(AccessSession session) => JsonSerializer.SerializeToUtf8Bytes(
        new StoredSessionForm(
            Schema,
            session.Token?.Value,
            Convert.ToHexStringLower(session.Proof.AsSpan()),
            session.CreatedAt.UtcDateTime,
            session.ExpiresAt.UtcDateTime),
        StoredSessionJson.Default.StoredSessionForm);

    /// <summary>Reads the stored form of a session.</summary>
    /// <exception cref="StorageException">
    /// <see cref="StorageFault.Corrupt"/>: this is not a session. <see cref="StorageFault.NewerSchema"/>: a later
    /// version of the registry wrote it.
    /// </exception>
    public static AccessSession Read(ReadOnlyMemory<byte> content) => StoredForm.Read(
        content, Schema, StoredSessionJson.Default.StoredSessionForm, Session, "A session", "A stored session");

    private static AccessSession Session(StoredSessionForm form)
    {
        if (form.Schema != Schema)
            throw new FormatException("It has another schema.");
        TokenId? token = form.Token is null ? null
            : TokenId.TryParse(form.Token, out var id) ? id
            : throw new FormatException("Its token is not a token id.");
        return new AccessSession(
            token, ImmutableArray.Create(Convert.FromHexString(form.Proof)), form.CreatedAt, form.ExpiresAt);
    }
}

/// <summary>The JSON of a stored session.</summary>
internal sealed record StoredSessionForm(
    int Schema, string? Token, string Proof, DateTime CreatedAt, DateTime ExpiresAt);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(StoredSessionForm))]
internal sealed partial class StoredSessionJson : JsonSerializerContext;
