using System.Text.Json;
using System.Text.Json.Serialization;

namespace Registry.Core.Content;

/// <summary>A JSON value that is written exactly as it was read.</summary>
/// <param name="Utf8">Valid JSON in UTF-8.</param>
[JsonConverter(typeof(RawJsonConverter))]
public sealed record RawJson(ReadOnlyMemory<byte> Utf8);

/// <summary>Writes <see cref="RawJson"/>. Reading is not supported.</summary>
public sealed class RawJsonConverter : JsonConverter<RawJson>
{
    /// <inheritdoc/>
    public override RawJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("Reading is not supported.");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, RawJson value, JsonSerializerOptions options) =>
        writer.WriteRawValue(value.Utf8.Span, skipInputValidation: true);
}
