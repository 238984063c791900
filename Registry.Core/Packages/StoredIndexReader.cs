using System.Text.Json;
using System.Text.Unicode;
using Registry.Core.Content;
using Registry.Core.Storage;
using Registry.Core.Versions;

namespace Registry.Core.Packages;

/// <summary>
/// Reads the JSON of <see cref="StoredIndex"/>, token by token and straight into the index: a registry reads that of
/// every package when it starts. Properties may come in any order, unknown ones are passed over, and a missing or
/// misshapen one is an error. Compressed JSON is read while it is unpacked, piece by piece: memory does not grow with
/// what it unpacks to.
/// </summary>
internal ref struct StoredIndexReader
{
    /// <summary>Metadata alone may be 63 levels deep.</summary>
    private const int MaxDepth = 128;

    /// <summary>
    /// How much is unpacked at once: more than metadata may have by default, as a token has to be in one piece.
    /// </summary>
    private const int PieceBytes = 128 * 1024;

    private readonly PackageName package;

    /// <summary>What the JSON is unpacked from; null where it lies there as it is.</summary>
    private readonly PackedJson? packed;

    private readonly PackedJsonReader? unpacked;
    private readonly PooledBytes? piece;
    private readonly long maxBytes;

    /// <summary>The JSON, or the piece of it that is being read.</summary>
    private ReadOnlySpan<byte> json;

    /// <summary>Where that piece begins in the whole.</summary>
    private long origin;

    private Utf8JsonReader reader;

    /// <summary>
    /// That of the manifest before, which as a rule is that of the next one too: one text for all of them.
    /// </summary>
    private MediaType mediaType = MediaType.Kpm;

    private StoredIndexReader(PackageName package, ReadOnlySpan<byte> json)
    {
        this.package = package;
        this.json = json;
        reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
    }

    private StoredIndexReader(
        PackageName package, PackedJson packed, PackedJsonReader unpacked, PooledBytes piece, long maxBytes)
    {
        (this.package, this.packed, this.unpacked, this.piece, this.maxBytes) =
            (package, packed, unpacked, piece, maxBytes);
        reader = new Utf8JsonReader(
            [], isFinalBlock: false, new JsonReaderState(new JsonReaderOptions { MaxDepth = MaxDepth }));
    }

    /// <summary>Reads JSON as it lies there.</summary>
    /// <exception cref="JsonException">It is no JSON, or not of this form.</exception>
    /// <exception cref="FormatException">
    /// It is not this package's, of another schema, or a value is none of ours.
    /// </exception>
    /// <exception cref="InvalidOperationException">A value is of the wrong kind.</exception>
    /// <exception cref="StorageException"><see cref="StorageFault.NewerSchema"/>.</exception>
    public static PackageIndex Read(
        PackageName package, ReadOnlySpan<byte> json) => new StoredIndexReader(package, json).Index();

    /// <summary>As the other, of compressed JSON. Metadata stay in it, and only their places are read.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    /// <exception cref="StorageException">It has more than <paramref name="maxBytes"/> bytes of JSON.</exception>
    public static PackageIndex Read(PackageName package, PackedJson packed, long maxBytes)
    {
        using var unpacked = packed.Open();
        using var piece = new PooledBytes(PieceBytes);
        return new StoredIndexReader(package, packed, unpacked, piece, maxBytes).Index();
    }

    private PackageIndex Index()
    {
        var (isSchema, isPackage) = (false, false);
        DateTimeOffset? createdAt = null;
        List<Manifest>? manifests = null;
        List<Channel>? channels = null;
        Read();
        Demand(JsonTokenType.StartObject);
        NextProperty();
        while (reader.TokenType == JsonTokenType.PropertyName)
        {
            var start = Place;
            for (; IsAt("schema"u8); NextProperty())
                isSchema = IsKnownSchema();
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
        Read();
        return isSchema && isPackage && createdAt is { } created && manifests is not null && channels is not null
            ? PackageIndex.Restore(package, created, manifests, channels)
            : throw Lacking("index");
    }

    private Manifest Manifest()
    {
        Release? release = null;
        MediaType? kind = null;
        Digest? tarDigest = null;
        Digest? storedDigest = null;
        long? size = null;
        DateTimeOffset? createdAt = null;
        string? pushId = null;
        Metadata? metadata = null;
        Demand(JsonTokenType.StartObject);
        NextProperty();
        while (reader.TokenType == JsonTokenType.PropertyName)
        {
            var start = Place;
            for (; IsAt("release"u8); NextProperty())
                release = Release.Parse(Text());
            for (; IsAt("media_type"u8); NextProperty())
                kind = Kind();
            for (; IsAt("digest"u8); NextProperty())
                tarDigest = Digest.Parse(Text());
            for (; IsAt("blob"u8); NextProperty())
                storedDigest = Digest.Parse(Text());
            for (; IsAt("size"u8); NextProperty())
                size = reader.GetInt64();
            for (; IsAt("created_at"u8); NextProperty())
                createdAt = Time();
            for (; IsAt("push_id"u8); NextProperty())
                pushId = Text();
            for (; IsAt("metadata"u8); NextProperty())
                metadata = Metadata();
            PassOver(start);
        }

        return release is { } of
            && kind is { } its
            && tarDigest is { } tar
            && storedDigest is { } stored
            && size is { } length
            && createdAt is { } created
            && pushId is not null
            ? new Manifest(of, new ContentDescriptor(its, stored, length, tar), created, metadata, pushId)
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
            var start = Place;
            for (; IsAt("name"u8); NextProperty())
                name = ChannelName.TryParse(Text(), out var parsed)
                    ? parsed
                    : throw new FormatException("A channel's name is none.");
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
    private void NextProperty() => Read();

    /// <summary>
    /// Whether there is a property and it is this one: then goes to its value. They are asked for in the order in which
    /// they are written, so that as a rule each is asked for once.
    /// </summary>
    private bool IsAt(ReadOnlySpan<byte> property) =>
        reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals(property) && Read();

    /// <summary>
    /// Passes over a property that is none of those that were asked for since it began at <paramref name="start"/>.
    /// </summary>
    private void PassOver(long start)
    {
        if (Place != start)
            return;
        Read();
        PassOverValue();
        NextProperty();
    }

    /// <summary>Goes to the next item of an array; false at its end.</summary>
    /// <param name="first">Whether the reader stands at the array itself.</param>
    private bool NextItem(bool first)
    {
        if (first)
            Demand(JsonTokenType.StartArray);
        return Read() && reader.TokenType != JsonTokenType.EndArray;
    }

    private readonly void Demand(JsonTokenType token)
    {
        if (reader.TokenType != token)
            throw new JsonException($"It has {reader.TokenType} at byte {Place}, where {token} is due.");
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
        return new DateTimeOffset(
            time.Kind == DateTimeKind.Utc ? time : throw new FormatException("A time is not UTC."));
    }

    private MediaType Kind()
    {
        Demand(JsonTokenType.String);
        if (!reader.ValueTextEquals(mediaType.Value))
            mediaType = MediaType.TryParse(Text(), out var parsed)
                ? parsed
                : throw new FormatException($"'{Text()}' is no media type.");
        return mediaType;
    }

    /// <summary>A value as it stands; null for <c>null</c>.</summary>
    private Metadata? Metadata()
    {
        if (reader.TokenType == JsonTokenType.Null)
            return null;
        var start = Place;
        PassOverValue();
        var end = origin + reader.BytesConsumed;
        return packed is null
            ? Packages.Metadata.Of(json[(int)start..(int)end].ToArray())
            : Packages.Metadata.Of(packed, start, checked((int)(end - start)));
    }

    /// <summary>Goes to the last token of a value.</summary>
    private void PassOverValue()
    {
        var depth = reader.CurrentDepth;
        DemandUtf8();
        if (reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
            return;
        do
        {
            Read();
            DemandUtf8();
        }
        while (reader.CurrentDepth > depth);
    }

    /// <summary>A value that is passed over is not decoded, and must be sound all the same.</summary>
    private readonly void DemandUtf8()
    {
        if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && !Utf8.IsValid(reader.ValueSpan))
            throw new FormatException($"The text at byte {Place} is no UTF-8.");
    }

    /// <summary>Where the token begins in the whole.</summary>
    private readonly long Place => origin + reader.TokenStartIndex;

    /// <summary>Goes to the next token; false at the end.</summary>
    private bool Read()
    {
        while (!reader.Read())
        {
            if (reader.IsFinalBlock)
                return false;
            Unpack();
        }

        return true;
    }

    /// <summary>Puts what comes next behind what has not been read yet.</summary>
    private void Unpack()
    {
        origin += reader.BytesConsumed;
        piece!.RemoveFirst((int)reader.BytesConsumed);
        var room = piece.GetSpan();
        // One byte more than is allowed tells that there are more.
        room = room[..(int)(Math.Min(room.Length - 1, maxBytes - origin - piece.WrittenCount) + 1)];
        var read = unpacked!.Read(room);
        piece.Advance(read);
        if (origin + piece.WrittenCount > maxBytes)
            throw StoredIndex.TooLong(package, maxBytes);
        json = piece.WrittenMemory.Span;
        reader = new Utf8JsonReader(json, isFinalBlock: read < room.Length, reader.CurrentState);
    }

    /// <summary>
    /// Checks the schema. A document of a later one names, right after it, the version of the registry that reads it.
    /// </summary>
    private bool IsKnownSchema()
    {
        var schema = reader.GetInt64();
        if (schema <= StoredIndex.Schema)
            return schema == StoredIndex.Schema ? true : throw Foreign();
        NextProperty();
        var version = IsAt("requires"u8) ? $"version {Text()} or later" : "a later version";
        throw new StorageException(
            StorageFault.NewerSchema,
            $"The index of {package} is stored in schema {schema}, and this version of the registry reads schema "
            + $"{StoredIndex.Schema}. "
            + $"Run {version} of the registry");
    }

    private static FormatException Foreign() => new($"It is not schema {StoredIndex.Schema} of this package.");

    private static JsonException Lacking(string what) => new($"The {what} lacks something.");
}
