using System.Text;
using System.Text.Json;
using Registry.Core.Channels;
using Registry.Core.Content;

namespace Registry.Core.Packages;

/// <summary>
/// Reads the JSON of <see cref="StoredIndex"/>, token by token and straight into the index: a registry reads that of every package when it starts.
/// Properties may come in any order, unknown ones are passed over, and a missing or misshapen one is an error.
/// </summary>
internal ref struct StoredIndexReader
{
    /// <summary>Metadata alone may be 63 levels deep.</summary>
    private const int MaxDepth = 128;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly PackageName package;
    private readonly ReadOnlySpan<byte> json;
    private Utf8JsonReader reader;

    /// <summary>That of the manifest before, which as a rule is that of the next one too: one text for all of them.</summary>
    private MediaType mediaType = MediaType.Kpm;

    private StoredIndexReader(PackageName package, ReadOnlySpan<byte> json)
    {
        this.package = package;
        this.json = json;
        reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
    }

    /// <exception cref="JsonException">It is no JSON, or not of this form.</exception>
    /// <exception cref="FormatException">It is not this package's, of another schema, or a value is none of ours.</exception>
    /// <exception cref="InvalidOperationException">A value is of the wrong kind.</exception>
    /// <exception cref="DecoderFallbackException">A text is no UTF-8.</exception>
    public static PackageIndex Read(PackageName package, ReadOnlySpan<byte> json) => new StoredIndexReader(package, json).Index();

    private PackageIndex Index()
    {
        var (isSchema, isPackage) = (false, false);
        DateTimeOffset? createdAt = null;
        List<Manifest>? manifests = null;
        List<Channel>? channels = null;
        reader.Read();
        Demand(JsonTokenType.StartObject);
        NextProperty();
        while (reader.TokenType == JsonTokenType.PropertyName)
        {
            var start = reader.TokenStartIndex;
            for (; IsAt("schema"u8); NextProperty())
                isSchema = reader.GetInt64() == StoredIndex.Schema ? true : throw Foreign();
            for (; IsAt("package"u8); NextProperty())
                isPackage = reader.ValueTextEquals(package.Value) ? true : throw Foreign();
            for (; IsAt("created_at"u8); NextProperty())
                createdAt = Time();
            for (; IsAt("manifests"u8); NextProperty())
                for (manifests = []; NextItem(manifests.Count == 0);)
                    manifests.Add(Manifest());
            for (; IsAt("channels"u8); NextProperty())
                for (channels = []; NextItem(channels.Count == 0);)
                    channels.Add(Channel());
            PassOver(start);
        }

        // Nothing may follow: the reader throws at what does.
        reader.Read();
        return isSchema && isPackage && createdAt is { } created && manifests is not null && channels is not null
            ? PackageIndex.Restore(package, created, manifests, channels)
            : throw Lacking("index");
    }

    private Manifest Manifest()
    {
        Release? release = null;
        MediaType? kind = null;
        Digest? digest = null;
        Digest? blob = null;
        long? size = null;
        DateTimeOffset? createdAt = null;
        string? pushId = null;
        string? metadata = null;
        Demand(JsonTokenType.StartObject);
        NextProperty();
        while (reader.TokenType == JsonTokenType.PropertyName)
        {
            var start = reader.TokenStartIndex;
            for (; IsAt("release"u8); NextProperty())
                release = Release.Parse(Text());
            for (; IsAt("media_type"u8); NextProperty())
                kind = Kind();
            for (; IsAt("digest"u8); NextProperty())
                digest = Digest.Parse(Text());
            for (; IsAt("blob"u8); NextProperty())
                blob = Digest.Parse(Text());
            for (; IsAt("size"u8); NextProperty())
                size = reader.GetInt64();
            for (; IsAt("created_at"u8); NextProperty())
                createdAt = Time();
            for (; IsAt("push_id"u8); NextProperty())
                pushId = Text();
            for (; IsAt("metadata"u8); NextProperty())
                metadata = Raw();
            PassOver(start);
        }

        return release is { } of && kind is { } its && digest is { } tar && blob is { } bytes && size is { } length && createdAt is { } created && pushId is not null
            ? new Manifest(of, new Descriptor(its, tar, bytes, length), created, metadata, pushId)
            : throw Lacking("manifest");
    }

    private Channel Channel()
    {
        ChannelName? name = null;
        Release? current = null;
        List<Release>? releases = null;
        Demand(JsonTokenType.StartObject);
        NextProperty();
        while (reader.TokenType == JsonTokenType.PropertyName)
        {
            var start = reader.TokenStartIndex;
            for (; IsAt("name"u8); NextProperty())
                name = ChannelName.TryParse(Text(), out var parsed) ? parsed : throw new FormatException("A channel's name is none.");
            for (; IsAt("current"u8); NextProperty())
                current = Release.Parse(Text());
            for (; IsAt("releases"u8); NextProperty())
                for (releases = []; NextItem(releases.Count == 0);)
                    releases.Add(Release.Parse(Text()));
            PassOver(start);
        }

        return name is { } known && current is { } pointed && releases is not null
            ? new Channel(known, pointed, [.. releases.OrderDescending()])
            : throw Lacking("channel");
    }

    /// <summary>Goes from the end of a value to the next property of its object, or to the end of that.</summary>
    private void NextProperty() => reader.Read();

    /// <summary>
    /// Whether there is a property and it is this one: then goes to its value. They are asked for in the order in which they are written, so that as a rule each
    /// is asked for once.
    /// </summary>
    private bool IsAt(ReadOnlySpan<byte> property) =>
        reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals(property) && reader.Read();

    /// <summary>Passes over a property that is none of those that were asked for since it began at <paramref name="start"/>.</summary>
    private void PassOver(long start)
    {
        if (reader.TokenStartIndex != start)
            return;
        reader.Skip();
        NextProperty();
    }

    /// <summary>Goes to the next item of an array; false at its end.</summary>
    /// <param name="first">Whether the reader stands at the array itself.</param>
    private bool NextItem(bool first)
    {
        if (first)
            Demand(JsonTokenType.StartArray);
        return reader.Read() && reader.TokenType != JsonTokenType.EndArray;
    }

    private readonly void Demand(JsonTokenType token)
    {
        if (reader.TokenType != token)
            throw new JsonException($"It has {reader.TokenType} at byte {reader.TokenStartIndex}, where {token} is due.");
    }

    private readonly string Text()
    {
        Demand(JsonTokenType.String);
        return reader.GetString()!;
    }

    private readonly DateTimeOffset Time()
    {
        Demand(JsonTokenType.String);
        var time = reader.GetDateTime();
        return new DateTimeOffset(time.Kind == DateTimeKind.Utc ? time : throw new FormatException("A time is not UTC."));
    }

    private MediaType Kind()
    {
        Demand(JsonTokenType.String);
        if (!reader.ValueTextEquals(mediaType.Value))
            mediaType = MediaType.TryParse(Text(), out var parsed) ? parsed : throw new FormatException($"'{Text()}' is no media type.");
        return mediaType;
    }

    /// <summary>The JSON of a value, as it stands; null for <c>null</c>.</summary>
    private string? Raw()
    {
        if (reader.TokenType == JsonTokenType.Null)
            return null;
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return Utf8.GetString(json[start..(int)reader.BytesConsumed]);
    }

    private static FormatException Foreign() => new($"It is not schema {StoredIndex.Schema} of this package.");

    private static JsonException Lacking(string what) => new($"The {what} lacks something.");
}
