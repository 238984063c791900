using System.Buffers;
using System.Text.Json;
using Registry.Core.Content;
using Registry.Core.Storage;
using Registry.Core.Versions;

namespace Registry.Core.Charts;

/// <summary>
/// One entry of the index of a Helm repository, in JSON that is valid YAML too. The same values give the same bytes.
/// </summary>
public static class IndexEntry
{
    /// <summary>Returns the file name of a chart's archive, which Helm saves it under.</summary>
    /// <param name="name">The name of the package.</param>
    /// <param name="release">The release.</param>
    public static string FileName(string name, Release release) => $"{name}-{release.Value}.tgz";

    /// <summary>Writes an entry: the fields of the Chart.yaml, and where its archive is.</summary>
    /// <param name="metadata">The metadata as <see cref="ChartMetadata.Json"/>.</param>
    /// <param name="name">The name of the package, which replaces that of the Chart.yaml.</param>
    /// <param name="release">The release, which replaces the version of the Chart.yaml.</param>
    /// <param name="created">When the content was received; written in whole seconds.</param>
    /// <param name="digest">The sha256 of the archive.</param>
    /// <returns>The JSON.</returns>
    /// <exception cref="JsonException">The metadata is not JSON.</exception>
    public static byte[] Write(
        ReadOnlyMemory<byte> metadata, string name, Release release, DateTimeOffset created, Digest digest)
    {
        ArgumentNullException.ThrowIfNull(name);
        var entry = new ArrayBufferWriter<byte>(metadata.Length + 256);
        using (var json = new Utf8JsonWriter(entry, new JsonWriterOptions { SkipValidation = true }))
        {
            json.WriteStartObject();
            var reader = new Utf8JsonReader(
                metadata.Span, new JsonReaderOptions { MaxDepth = ChartMetadata.MaxJsonDepth });
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var replaced = reader.ValueTextEquals("name"u8) ? name
                    : reader.ValueTextEquals("version"u8) ? release.Value
                    : null;
                json.WritePropertyName(reader.ValueSpan);
                reader.Read();
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                if (replaced is null)
                    json.WriteRawValue(metadata.Span[start..(int)reader.BytesConsumed], skipInputValidation: true);
                else
                    json.WriteRawValue(Quoted(replaced), skipInputValidation: true);
            }

            json.WritePropertyName("urls"u8);
            json.WriteStartArray();
            json.WriteRawValue(Quoted($"charts/{FileName(name, release)}"), skipInputValidation: true);
            json.WriteEndArray();
            json.WriteString("created"u8, WholeSeconds.Format(created));
            json.WriteString("digest"u8, digest.Value);
            json.WriteEndObject();
        }

        return entry.WrittenSpan.ToArray();
    }

    private static byte[] Quoted(string text) => new GoJsonWriter(isYaml: true).Text(text).ToUtf8();
}
