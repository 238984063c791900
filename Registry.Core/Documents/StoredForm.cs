using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Registry.Core.Storage;

namespace Registry.Core.Documents;

/// <summary>Reads documents whose stored form is JSON with a schema number.</summary>
internal static class StoredForm
{
    /// <summary>Reads a document.</summary>
    /// <param name="content">The stored bytes.</param>
    /// <param name="schema">The latest schema that this version reads.</param>
    /// <param name="type">The JSON of this schema.</param>
    /// <param name="parse">Reads the values; throws <see cref="FormatException"/> for invalid ones.</param>
    /// <param name="document">What the document is, for messages, such as <c>The token 1</c>.</param>
    /// <param name="stored">The same as it is stored, such as <c>The stored token 1</c>.</param>
    /// <exception cref="StorageException">
    /// <see cref="StorageFault.Corrupt"/>: this is not such a document. <see cref="StorageFault.NewerSchema"/>: a later
    /// version of the registry wrote it.
    /// </exception>
    public static TState Read<TForm, TState>(
        ReadOnlyMemory<byte> content,
        int schema,
        JsonTypeInfo<TForm> type,
        Func<TForm, TState> parse,
        string document,
        string stored)
        where TForm : class
    {
        try
        {
            // A later schema may have other members.
            var found = Deserialize(content, StoredSchemaJson.Default.StoredSchema).Schema;
            return found > schema
                ? throw new StorageException(
                    StorageFault.NewerSchema,
                    $"{document} is stored in schema {found}, and this version of the registry reads schema {schema}. "
                        + "Run a later version of the registry")
                : parse(Deserialize(content, type));
        }
        catch (Exception exception) when (exception is JsonException or FormatException)
        {
            throw new StorageException(
                StorageFault.Corrupt, $"{stored} cannot be read: {exception.Message}", exception);
        }
    }

    private static T Deserialize<T>(ReadOnlyMemory<byte> content, JsonTypeInfo<T> type)
        where T : class =>
        JsonSerializer.Deserialize(content.Span, type) ?? throw new FormatException("It is null.");
}

/// <summary>The schema of a stored document.</summary>
internal sealed record StoredSchema(int Schema);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(StoredSchema))]
internal sealed partial class StoredSchemaJson : JsonSerializerContext;
