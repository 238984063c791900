using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Unicode;
using Registry.Core.Content;
using Registry.Core.Storage;

namespace Registry.Core.Artifacts;

/// <summary>
/// Reads manifests and indexes token by token, without a document tree: they come from clients and may have 4 MiB.
/// Members may come in any order, and unknown ones are ignored. A member that is read must not occur twice, because
/// clients disagree on which one counts. Null is the same as absent.
/// </summary>
internal ref struct ManifestReader
{
    /// <summary>
    /// The maximum size of a manifest, in bytes. The distribution specification asks registries to accept at least 4
    /// MiB.
    /// </summary>
    public const int MaxBytes = 4 << 20;

    /// <summary>The maximum depth of the JSON. Manifests have 4 levels; unknown members may have more.</summary>
    private const int MaxDepth = 64;

    /// <summary>
    /// The maximum number of annotations of one object. Searching for duplicates takes memory for each.
    /// </summary>
    private const int MaxAnnotations = 16_384;

    private const string SchemaVersion = "schemaVersion";
    private const string MediaTypeMember = "mediaType";
    private const string ArtifactType = "artifactType";
    private const string Config = "config";
    private const string Layers = "layers";
    private const string Manifests = "manifests";
    private const string Subject = "subject";
    private const string Annotations = "annotations";
    private const string DigestMember = "digest";
    private const string Size = "size";
    private const string Urls = "urls";

    private static readonly string[] ManifestMembers =
        [SchemaVersion, MediaTypeMember, ArtifactType, Config, Layers, Manifests, Subject, Annotations];

    private static readonly string[] DescriptorMembers =
        [MediaTypeMember, DigestMember, Size, ArtifactType, Annotations, Urls];

    private readonly ReadOnlyMemory<byte> bytes;
    private readonly string mediaType;
    private Utf8JsonReader reader;

    /// <summary>The previous media type, which is usually that of the next layer too: they share one string.</summary>
    private string lastMediaType;

    private ManifestReader(ReadOnlyMemory<byte> bytes, string mediaType)
    {
        (this.bytes, this.mediaType, lastMediaType) = (bytes, mediaType, mediaType);
        reader = new Utf8JsonReader(bytes.Span, new JsonReaderOptions { MaxDepth = MaxDepth });
    }

    /// <summary>Reads a manifest or index.</summary>
    /// <param name="bytes">The bytes as they were pushed. The document refers to them.</param>
    /// <param name="contentType">The Content-Type that they were pushed with. Its parameters are ignored.</param>
    /// <exception cref="ManifestFormatException">It is invalid, or of a type that is not supported.</exception>
    public static ManifestDocument Read(ReadOnlyMemory<byte> bytes, string contentType)
    {
        var mediaType = OciMediaTypes.WithoutParameters(contentType);
        if (!OciMediaTypes.IsManifest(mediaType))
            throw new ManifestFormatException(
                $"The Content-Type of a manifest must be {OciMediaTypes.Manifest}, {OciMediaTypes.Index}, "
                    + $"{OciMediaTypes.DockerManifest} or {OciMediaTypes.DockerManifestList}.");
        if (bytes.Length > MaxBytes)
            throw new ManifestFormatException($"A manifest must have at most {MaxBytes} bytes.");
        if (!Utf8.IsValid(bytes.Span))
            throw new ManifestFormatException("A manifest must be valid UTF-8.");
        try
        {
            return new ManifestReader(bytes, mediaType).Document();
        }
        catch (JsonException exception)
        {
            throw new ManifestFormatException(
                $"A manifest must be valid JSON of at most {MaxDepth} levels: "
                    + $"see line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}.",
                exception);
        }
        catch (InvalidOperationException exception)
        {
            // The JSON reader throws this for an escaped unpaired surrogate. Token types have been checked before.
            throw new ManifestFormatException("Strings of a manifest must not escape unpaired surrogates.", exception);
        }
    }

    private ManifestDocument Document()
    {
        var hasSchemaVersion = false;
        string? artifactType = null;
        Descriptor? config = null;
        Descriptor? subject = null;
        ImmutableArray<Descriptor>? layers = null;
        ImmutableArray<Descriptor>? manifests = null;
        RawJson? annotations = null;
        uint seen = 0;
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new ManifestFormatException("A manifest must be a JSON object.");
        while (NextMember("", ManifestMembers, ref seen) is { } member)
            switch (member)
            {
                case SchemaVersion:
                    hasSchemaVersion = reader.TokenType == JsonTokenType.Number
                        && reader.TryGetInt32(out var version)
                        && version == 2
                            ? true
                            : throw Invalid(SchemaVersion, "must be 2");
                    break;
                case MediaTypeMember:
                    if (Text(MediaTypeMember) != mediaType)
                        throw Invalid(MediaTypeMember, $"must equal the Content-Type, {mediaType}");
                    break;
                case ArtifactType:
                    artifactType = MediaTypeText(ArtifactType);
                    break;
                case Config:
                    config = Descriptor(Config);
                    break;
                case Layers:
                    layers = Descriptors(Layers);
                    break;
                case Manifests:
                    manifests = Descriptors(Manifests);
                    break;
                case Subject:
                    subject = Descriptor(Subject);
                    break;
                case Annotations:
                    annotations = ReadAnnotations(Annotations);
                    break;
            }

        // Throws if anything follows.
        reader.Read();
        var isIndex = OciMediaTypes.IsIndex(mediaType);
        if (!hasSchemaVersion)
            throw Missing(SchemaVersion);
        if (isIndex ? manifests is null : config is null || layers is null)
            throw Missing(isIndex ? Manifests : config is null ? Config : Layers);

        // Clients that look at the members instead of the type would take it for the other kind (CVE-2021-41190).
        if (isIndex && (config is not null || layers is not null))
            throw Invalid(config is not null ? Config : Layers, "is not allowed in an index");
        if (!isIndex && manifests is not null)
            throw Invalid(Manifests, "is only allowed in an index");
        return new ManifestDocument
        {
            MediaType = mediaType,
            Config = config,
            Layers = layers ?? [],
            Manifests = manifests ?? [],
            Subject = subject,
            ArtifactType = artifactType ?? config?.MediaType,
            Annotations = annotations,
        };
    }

    private ImmutableArray<Descriptor> Descriptors(string list)
    {
        Require(JsonTokenType.StartArray, list, "an array");
        var descriptors = ImmutableArray.CreateBuilder<Descriptor>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            descriptors.Add(Descriptor($"{list}[{descriptors.Count}]"));
        return descriptors.DrainToImmutable();
    }

    /// <param name="path">The path of the descriptor.</param>
    private Descriptor Descriptor(string path)
    {
        string? type = null;
        Digest? digest = null;
        long? size = null;
        string? artifactType = null;
        RawJson? annotations = null;
        var hasUrls = false;
        uint seen = 0;
        Require(JsonTokenType.StartObject, path, "an object");
        while (NextMember(path, DescriptorMembers, ref seen) is { } member)
            switch (member)
            {
                case MediaTypeMember:
                    type = MediaTypeText($"{path}.{MediaTypeMember}");
                    break;
                case DigestMember:
                    digest = OciDigest.TryParse(Text($"{path}.{DigestMember}"), out var parsed)
                        ? parsed
                        : throw Invalid(
                            $"{path}.{DigestMember}", "must be 'sha256:' followed by 64 lower-case hex digits");
                    break;
                case Size:
                    size = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var length) && length >= 0
                        ? length
                        : throw Invalid($"{path}.{Size}", $"must be an integer from 0 to {long.MaxValue}");
                    break;
                case ArtifactType:
                    artifactType = MediaTypeText($"{path}.{ArtifactType}");
                    break;
                case Annotations:
                    annotations = ReadAnnotations($"{path}.{Annotations}");
                    break;
                case Urls:
                    hasUrls = HasItems($"{path}.{Urls}");
                    break;
            }

        return new Descriptor(
            type ?? throw Missing($"{path}.{MediaTypeMember}"),
            digest ?? throw Missing($"{path}.{DigestMember}"),
            size ?? throw Missing($"{path}.{Size}"),
            artifactType,
            annotations,
            hasUrls);
    }

    private RawJson ReadAnnotations(string path)
    {
        Require(JsonTokenType.StartObject, path, "an object");
        var start = (int)reader.TokenStartIndex;
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!names.Add(reader.GetString()!))
                throw Invalid(path, "must not contain a name twice");
            if (names.Count > MaxAnnotations)
                throw Invalid(path, $"must have at most {MaxAnnotations} members");
            reader.Read();
            Require(JsonTokenType.String, path, "an object of strings");

            // Throws if the text is invalid, which only an escape can cause.
            if (reader.ValueIsEscaped)
                reader.GetString();
        }

        return new RawJson(bytes[start..(int)reader.BytesConsumed]);
    }

    private bool HasItems(string path)
    {
        Require(JsonTokenType.StartArray, path, "an array of strings");
        var hasItems = false;
        for (; reader.Read() && reader.TokenType != JsonTokenType.EndArray; hasItems = true)
            Require(JsonTokenType.String, path, "an array of strings");
        return hasItems;
    }

    private string MediaTypeText(string path)
    {
        if (reader.TokenType == JsonTokenType.String && reader.ValueTextEquals(lastMediaType))
            return lastMediaType;
        var text = Text(path);
        return OciMediaTypes.IsValid(text)
            ? lastMediaType = text
            : throw Invalid(path, "must be a media type without parameters (RFC 6838)");
    }

    private readonly string Text(string path)
    {
        Require(JsonTokenType.String, path, "a string");
        return reader.GetString()!;
    }

    /// <summary>
    /// Moves to the value of the next known member that is not null, and returns its name; null at the end of the
    /// object.
    /// </summary>
    /// <param name="path">The path of the object; empty for the manifest itself.</param>
    /// <param name="known">The names of the known members.</param>
    /// <param name="seen">A bit for each known member that occurred.</param>
    private string? NextMember(string path, string[] known, ref uint seen)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var index = 0;
            while (index < known.Length && !reader.ValueTextEquals(known[index]))
                index++;
            if (index == known.Length)
            {
                reader.Skip();
                continue;
            }

            var member = known[index];
            if ((seen & (1u << index)) != 0)
                throw Invalid(path.Length == 0 ? member : $"{path}.{member}", "must not occur twice");
            seen |= 1u << index;
            reader.Read();
            if (reader.TokenType != JsonTokenType.Null)
                return member;
        }

        return null;
    }

    private readonly void Require(JsonTokenType type, string path, string expected)
    {
        if (reader.TokenType != type)
            throw Invalid(path, $"must be {expected}");
    }

    private static ManifestFormatException Missing(string path) => Invalid(path, "is missing");

    private static ManifestFormatException Invalid(string path, string problem) =>
        new($"'{path}' of the manifest {problem}.");
}
