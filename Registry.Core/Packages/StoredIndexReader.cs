using System.Text.Json;
using System.Text.Unicode;
using Registry.Core.Content;
using Registry.Core.Storage;
using Registry.Core.Versions;

namespace Registry.Core.Packages;

/// <summary>
/// Reads the JSON of <see cref="StoredIndex"/> token by token directly into the index: a registry reads that of every
/// package when it starts. Properties may come in any order, unknown ones are skipped, and a missing or invalid one is
/// an error. Compressed JSON is read in pieces while it is decompressed, in constant memory.
/// </summary>
internal ref partial struct StoredIndexReader
{
    /// <summary>The maximum depth of JSON: metadata alone may be 63 levels deep.</summary>
    private const int MaxDepth = 128;

    /// <summary>
    /// The size of a piece: larger than the default limit of metadata, since a token must be in one piece.
    /// </summary>
    private const int PieceBytes = 128 * 1024;

    private readonly PackageName package;

    /// <summary>The compressed JSON; null when the JSON is not compressed.</summary>
    private readonly PackedJson? packed;

    private readonly PackedJsonReader? unpacked;
    private readonly PooledBytes? piece;
    private readonly long maxBytes;

    /// <summary>The JSON, or the current piece of it.</summary>
    private ReadOnlySpan<byte> json;

    /// <summary>The offset of the piece in the JSON.</summary>
    private long origin;

    private Utf8JsonReader reader;

    /// <summary>
    /// The media type of the previous manifest, which is usually that of the next one too: they share one string.
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

    /// <summary>Reads uncompressed JSON.</summary>
    /// <exception cref="JsonException">It is invalid JSON, or lacks a property.</exception>
    /// <exception cref="FormatException">
    /// It belongs to another package or schema, or a value is invalid.
    /// </exception>
    /// <exception cref="InvalidOperationException">A value has the wrong type.</exception>
    /// <exception cref="StorageException"><see cref="StorageFault.NewerSchema"/>.</exception>
    public static PackageIndex Read(
        PackageName package, ReadOnlySpan<byte> json) => new StoredIndexReader(package, json).Index();

    /// <summary>Reads compressed JSON. The metadata stays compressed; the index refers to it by offset.</summary>
    /// <exception cref="InvalidDataException">The content is damaged.</exception>
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
        var places = new ManifestPlaces.Builder();
        List<Channel>? channels = null;
        List<OciManifest> artifacts = [];
        List<PlainTag> tags = [];
        List<ReleaseImageIndex> indexes = [];
        Read();
        for (var start = BeginObject(); IsInObject(ref start);)
        {
            for (; IsAt("schema"u8); NextProperty())
                isSchema = IsKnownSchema();
            for (; IsAt("requires"u8); NextProperty())
                Text();
            for (; IsAt("package"u8); NextProperty())
                isPackage = reader.ValueTextEquals(package.Value) ? true : throw NotThisPackage();
            for (; IsAt("created_at"u8); NextProperty())
                createdAt = Time();
            for (; IsAt("manifests"u8); NextProperty())
                for (manifests = []; NextItem(manifests.Count == 0);)
                    manifests.Add(Manifest(places));
            for (; IsAt("channels"u8); NextProperty())
                for (channels = []; NextItem(channels.Count == 0);)
                    channels.Add(Channel());
            for (; IsAt("artifacts"u8); NextProperty())
                while (NextItem(artifacts.Count == 0))
                    artifacts.Add(Oci());
            for (; IsAt("tags"u8); NextProperty())
                while (NextItem(tags.Count == 0))
                    tags.Add(Tag());
            for (; IsAt("indexes"u8); NextProperty())
                while (NextItem(indexes.Count == 0))
                    indexes.Add(ReleaseImageIndex());
        }

        // Throws if anything follows.
        Read();
        if (!isSchema || !isPackage || createdAt is not { } created || manifests is null || channels is null)
            throw Incomplete("index");
        var index = PackageIndex.Restore(
            package, created, manifests, channels, new PackageArtifacts([.. artifacts], [.. tags], [.. indexes]));
        index.Places = places.In(packed);
        return index;
    }

    private Manifest Manifest(ManifestPlaces.Builder places)
    {
        var start = Offset;
        var manifest = Manifest();
        if (packed is not null)
            places.Add(manifest, start, origin + reader.BytesConsumed);
        return manifest;
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
        ReleaseArtifact? artifact = null;
        for (var start = BeginObject(); IsInObject(ref start);)
        {
            for (; IsAt("release"u8); NextProperty())
                release = Release.Parse(Text());
            for (; IsAt("media_type"u8); NextProperty())
                kind = ReadMediaType();
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
            for (; IsAt("oci"u8); NextProperty())
                artifact = ReleaseArtifact();
        }

        return release is { } parsedRelease
            && kind is { } parsedMediaType
            && tarDigest is { } tar
            && storedDigest is { } stored
            && size is { } length
            && createdAt is { } created
            && pushId is not null
            ? new Manifest(
                parsedRelease, new ContentDescriptor(parsedMediaType, stored, length, tar), created, metadata, pushId)
            {
                Artifact = artifact,
            }
            : throw Incomplete("manifest");
    }

    private Channel Channel()
    {
        ChannelName? name = null;
        Release? current = null;
        List<Release>? releases = null;
        for (var start = BeginObject(); IsInObject(ref start);)
        {
            for (; IsAt("name"u8); NextProperty())
                name = ChannelName.TryParse(Text(), out var parsed)
                    ? parsed
                    : throw new FormatException("The name of a channel is invalid.");
            for (; IsAt("current"u8); NextProperty())
                current = Release.Parse(Text());
            for (; IsAt("releases"u8); NextProperty())
                for (releases = []; NextItem(releases.Count == 0);)
                    releases.Add(Release.Parse(Text()));
        }

        return name is { } known && current is { } pointed && releases is not null
            ? new Channel(known, pointed, [.. releases.OrderDescending()])
            : throw Incomplete("channel");
    }

    /// <summary>Advances to the first property of an object.</summary>
    /// <returns>The first value for <see cref="IsInObject"/>.</returns>
    private long BeginObject()
    {
        Require(JsonTokenType.StartObject);
        NextProperty();
        return -1;
    }

    /// <summary>
    /// Whether the current token is a property; false at the end of the object. If it is still the property of the
    /// previous call, no test has consumed it, so it is unknown and skipped.
    /// </summary>
    /// <param name="start">Where the property of the previous call began.</param>
    private bool IsInObject(ref long start)
    {
        if (start == Offset)
        {
            Read();
            SkipValue();
            NextProperty();
        }

        start = Offset;
        return reader.TokenType == JsonTokenType.PropertyName;
    }

    /// <summary>
    /// Advances from the end of a value to the next property of its object, or to the end of the object.
    /// </summary>
    private void NextProperty() => Read();

    /// <summary>
    /// Whether the current token is this property: then advances to its value. Properties are tested in the order in
    /// which they are written, so that each is usually tested once.
    /// </summary>
    private bool IsAt(ReadOnlySpan<byte> property) =>
        reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals(property) && Read();

    /// <summary>Advances to the next item of an array; false at its end.</summary>
    /// <param name="first">Whether the current token is the start of the array.</param>
    private bool NextItem(bool first)
    {
        if (first)
            Require(JsonTokenType.StartArray);
        return Read() && reader.TokenType != JsonTokenType.EndArray;
    }

    private readonly void Require(JsonTokenType token)
    {
        if (reader.TokenType != token)
            throw new JsonException($"Found {reader.TokenType} at byte {Offset}, expected {token}.");
    }

    private readonly string Text()
    {
        Require(JsonTokenType.String);
        return reader.GetString()!;
    }

    private readonly DateTimeOffset Time()
    {
        Require(JsonTokenType.String);
        var time = reader.GetDateTime();
        return new DateTimeOffset(
            time.Kind == DateTimeKind.Utc ? time : throw new FormatException("A time is not in UTC."));
    }

    private MediaType ReadMediaType()
    {
        Require(JsonTokenType.String);
        if (!reader.ValueTextEquals(mediaType.Value))
            mediaType = MediaType.TryParse(Text(), out var parsed)
                ? parsed
                : throw new FormatException($"'{Text()}' is not a media type.");
        return mediaType;
    }

    /// <summary>Reads a value verbatim; null for <c>null</c>.</summary>
    private Metadata? Metadata()
    {
        if (reader.TokenType == JsonTokenType.Null)
            return null;
        var start = Offset;
        SkipValue();
        var end = origin + reader.BytesConsumed;
        return packed is null
            ? Packages.Metadata.Of(json[(int)start..(int)end].ToArray())
            : Packages.Metadata.Of(packed, start, checked((int)(end - start)));
    }

    /// <summary>Advances to the last token of a value.</summary>
    private void SkipValue()
    {
        var depth = reader.CurrentDepth;
        RequireUtf8();
        if (reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
            return;
        do
        {
            Read();
            RequireUtf8();
        }
        while (reader.CurrentDepth > depth);
    }

    /// <summary>A skipped value is not decoded, but must be valid.</summary>
    private readonly void RequireUtf8()
    {
        if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && !Utf8.IsValid(reader.ValueSpan))
            throw new FormatException($"The text at byte {Offset} is not UTF-8.");
    }

    /// <summary>The offset of the token in the JSON.</summary>
    private readonly long Offset => origin + reader.TokenStartIndex;

    /// <summary>Advances to the next token; false at the end.</summary>
    private bool Read()
    {
        while (!reader.Read())
        {
            if (reader.IsFinalBlock)
                return false;
            Decompress();
        }

        return true;
    }

    /// <summary>Decompresses the next piece behind the unread rest of the current one.</summary>
    private void Decompress()
    {
        origin += reader.BytesConsumed;
        piece!.RemoveFirst((int)reader.BytesConsumed);
        var room = piece.GetSpan();
        // One byte more than the limit detects that it is exceeded.
        room = room[..(int)(Math.Min(room.Length - 1, maxBytes - origin - piece.WrittenCount) + 1)];
        var read = unpacked!.Read(room);
        piece.Advance(read);
        if (origin + piece.WrittenCount > maxBytes)
            throw StoredIndex.TooLong(package, maxBytes);
        json = piece.WrittenMemory.Span;
        reader = new Utf8JsonReader(json, isFinalBlock: read < room.Length, reader.CurrentState);
    }

    /// <summary>
    /// Checks the schema. A document of a later schema names, right after it, the version of the registry that reads
    /// it.
    /// </summary>
    private bool IsKnownSchema()
    {
        var schema = reader.GetInt64();
        if (schema <= StoredIndex.Schema)
            return schema > 0 ? true : throw NotThisPackage();
        NextProperty();
        var version = IsAt("requires"u8) ? $"version {Text()} or later" : "a later version";
        throw new StorageException(
            StorageFault.NewerSchema,
            $"The index of {package} is stored in schema {schema}, and this version of the registry reads schema "
            + $"{StoredIndex.Schema}. "
            + $"Run {version} of the registry");
    }

    private static FormatException NotThisPackage() =>
        new($"It is not an index of this package in schema 1 to {StoredIndex.Schema}.");

    private static JsonException Incomplete(string what) => new($"The {what} lacks a property.");
}
