using System.Collections.Immutable;
using System.Text.Json;

namespace Registry.Core.Charts;

/// <summary>
/// The part of a chart's metadata that lists show and searches read. Long texts are truncated, because the summaries of
/// all charts are in memory.
/// </summary>
/// <param name="Description">The description of the chart; empty when it has none.</param>
/// <param name="Keywords">Words to find it by.</param>
/// <param name="IsDeprecated">Whether the chart is deprecated.</param>
public sealed record ChartSummary(string Description, ImmutableArray<string> Keywords, bool IsDeprecated)
{
    /// <summary>The maximum length of a description, in characters.</summary>
    public const int MaxDescriptionLength = 300;

    /// <summary>The maximum number of keywords.</summary>
    public const int MaxKeywords = 20;

    /// <summary>The maximum length of a keyword, in characters. Longer ones are left out.</summary>
    public const int MaxKeywordLength = 50;

    private static readonly ChartSummary Empty = new("", [], IsDeprecated: false);

    /// <summary>Reads the summary of metadata.</summary>
    /// <param name="metadata">The metadata as <see cref="ChartMetadata.Json"/>.</param>
    /// <exception cref="JsonException">The metadata is not JSON.</exception>
    public static ChartSummary Read(ReadOnlySpan<byte> metadata)
    {
        var summary = Empty;
        var reader = new Utf8JsonReader(metadata, new JsonReaderOptions { MaxDepth = ChartMetadata.MaxJsonDepth });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isDescription, isKeywords, isDeprecated) =
                (reader.ValueTextEquals("description"u8), reader.ValueTextEquals("keywords"u8),
                    reader.ValueTextEquals("deprecated"u8));
            reader.Read();
            if (isDescription && reader.TokenType == JsonTokenType.String)
                summary = summary with { Description = Cut(reader.GetString()!) };
            else if (isKeywords && reader.TokenType == JsonTokenType.StartArray)
                summary = summary with { Keywords = KeywordsOf(ref reader) };
            else if (isDeprecated)
                summary = summary with { IsDeprecated = reader.TokenType == JsonTokenType.True };
            else
                reader.Skip();
        }

        return summary;
    }

    private static ImmutableArray<string> KeywordsOf(ref Utf8JsonReader reader)
    {
        var keywords = ImmutableArray.CreateBuilder<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            if (reader.TokenType != JsonTokenType.String)
                reader.Skip();
            else if (keywords.Count < MaxKeywords && reader.GetString() is { Length: > 0 and <= MaxKeywordLength } word)
                keywords.Add(word);
        return keywords.DrainToImmutable();
    }

    private static string Cut(string text)
    {
        if (text.Length <= MaxDescriptionLength)
            return text;
        var end = MaxDescriptionLength - 1;
        if (char.IsHighSurrogate(text[end - 1]))
            end--;
        return $"{text.AsSpan(0, end)}…";
    }
}
