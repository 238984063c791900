using System.Text.Json;
using Registry.Api.Http;
using Registry.Core.Access;
using Registry.Core.Errors;
using Registry.Core.Tokens;

namespace Registry.Api.Tokens;

/// <summary>Reads the body of a request for a token.</summary>
internal static class NewTokenReader
{
    /// <summary>The maximum size of the body, in bytes: more than 100 scopes need.</summary>
    private const int MaxBytes = 128 * 1024;

    private static readonly string[] Names = ["name", "scopes", "expires_in"];

    /// <summary>The error of a request without a name, as an example.</summary>
    public static RegistryException MissingName =>
        TokenName.TryParse(null, out _, out var problem)
            ? throw new InvalidOperationException("A name may be missing.")
            : Invalid($"name {problem}.");

    /// <summary>Reads <c>{"name","scopes":[…],"expires_in"}</c>.</summary>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.RequestTooLarge"/>. <see cref="ErrorCode.InvalidUsage"/>: it is not such an object.
    /// <see cref="ErrorCode.InvalidParameters"/>: a value is invalid.
    /// </exception>
    public static async Task<NewToken> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var body = await SmallBody.ReadAsync(request, MaxBytes, cancellationToken)
            ?? throw new RegistryException(
                ErrorCode.RequestTooLarge, $"The body is longer than {MaxBytes} bytes.", ("limit", MaxBytes));
        var fields = Parse(body);
        if (!TokenName.TryParse(fields.Name, out var name, out var problem))
            throw Invalid($"name {problem}.");
        if (!ScopeSet.TryParse(fields.Scopes, out var scopes, out problem))
            throw Invalid($"scopes: {problem}.");
        return TokenLifetime.TryParse(fields.ExpiresIn, out var lifetime, out problem)
            ? new NewToken(name, scopes, lifetime)
            : throw Invalid($"expires_in {problem}.");
    }

    private static Fields Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document =
                JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return FieldsOf(document.RootElement);
        }
        catch (JsonException exception)
        {
            throw Malformed($"The body is not JSON: {exception.Message}");
        }
        catch (InvalidOperationException exception)
        {
            // Strings are only decoded when they are read. They throw this if they are not valid UTF-8 or escape an
            // unpaired surrogate. The kinds of the values are checked before.
            throw Malformed($"The body is not JSON: {exception.Message}");
        }
    }

    private static Fields FieldsOf(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object)
            throw Malformed("The body is not a JSON object.");
        foreach (var property in body.EnumerateObject())
            if (!Names.Contains(property.Name))
                throw Malformed($"The field '{property.Name}' is unknown; expected {string.Join(", ", Names)}.");
        return new Fields(TextOf(body, "name"), ScopesOf(body), TextOf(body, "expires_in"));
    }

    private static string? TextOf(JsonElement body, string name) =>
        !body.TryGetProperty(name, out var value) ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : throw Malformed($"{name} is not a string.");

    private static string[] ScopesOf(JsonElement body)
    {
        if (!body.TryGetProperty("scopes", out var scopes))
            return [];
        if (scopes.ValueKind != JsonValueKind.Array
            || scopes.EnumerateArray().Any(static scope => scope.ValueKind != JsonValueKind.String))
            throw Malformed("scopes is not an array of strings.");
        return [.. scopes.EnumerateArray().Select(static scope => scope.GetString()!)];
    }

    private static RegistryException Malformed(string message) => new(ErrorCode.InvalidUsage, message);

    private static RegistryException Invalid(string message) => new(ErrorCode.InvalidParameters, message);

    /// <summary>The fields of a body, whose values are not checked yet.</summary>
    private sealed record Fields(string? Name, string[] Scopes, string? ExpiresIn);
}
