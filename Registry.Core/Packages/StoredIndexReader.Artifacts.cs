using Registry.Core.Artifacts;
using Registry.Core.Storage;
using Registry.Core.Versions;

namespace Registry.Core.Packages;

/// <content>Reads what schema 2 adds.</content>
internal ref partial struct StoredIndexReader
{
    private ReleaseArtifact ReleaseArtifact()
    {
        DateTimeOffset? contentAt = null;
        OciManifest? current = null;
        List<OciManifest> previous = [];
        ChartContent? chart = null;
        string? unlisted = null;
        for (var start = BeginObject(); IsInObject(ref start);)
        {
            for (; IsAt("content_at"u8); NextProperty())
                contentAt = Time();
            for (; IsAt("current"u8); NextProperty())
                current = Oci();
            for (; IsAt("formers"u8); NextProperty())
                while (NextItem(previous.Count == 0))
                    previous.Add(Oci());
            for (; IsAt("chart"u8); NextProperty())
                chart = Chart();
            for (; IsAt("unlisted"u8); NextProperty())
                unlisted = Text();
        }

        return contentAt is { } time && current is not null
            ? new ReleaseArtifact(time, current, [.. previous], chart, unlisted)
            : throw Incomplete("manifest of a release");
    }

    private ChartContent Chart()
    {
        Metadata? metadata = null;
        BlobDescriptor? metadataBlob = null;
        BlobDescriptor? wrapped = null;
        BlobDescriptor? provenance = null;
        for (var start = BeginObject(); IsInObject(ref start);)
        {
            for (; IsAt("metadata"u8); NextProperty())
                metadata = Metadata();
            for (; IsAt("metadata_blob"u8); NextProperty())
                metadataBlob = Blob();
            for (; IsAt("wrapped"u8); NextProperty())
                wrapped = Blob();
            for (; IsAt("provenance"u8); NextProperty())
                provenance = Blob();
        }

        return metadata is null == metadataBlob is null
            ? throw Incomplete("chart")
            : new ChartContent(metadata, metadataBlob, wrapped, provenance);
    }

    private OciManifest Oci()
    {
        Digest? digest = null;
        var mediaType = OciMediaTypes.Manifest;
        long? size = null;
        Digest? subject = null;
        var isDerived = false;
        BlobDescriptor? config = null;
        for (var start = BeginObject(); IsInObject(ref start);)
        {
            for (; IsAt("digest"u8); NextProperty())
                digest = Digest.Parse(Text());
            for (; IsAt("media_type"u8); NextProperty())
                mediaType = Text();
            for (; IsAt("size"u8); NextProperty())
                size = reader.GetInt64();
            for (; IsAt("subject"u8); NextProperty())
                subject = Digest.Parse(Text());
            for (; IsAt("derived"u8); NextProperty())
                isDerived = reader.GetBoolean();
            for (; IsAt("config"u8); NextProperty())
                config = Blob();
        }

        return digest is { } known && size is { } length
            ? new OciManifest(known, mediaType, length)
            {
                Subject = subject,
                IsDerived = isDerived,
                DerivedConfig = config,
            }
            : throw Incomplete("OCI manifest");
    }

    private BlobDescriptor Blob()
    {
        Digest? digest = null;
        long? size = null;
        for (var start = BeginObject(); IsInObject(ref start);)
        {
            for (; IsAt("digest"u8); NextProperty())
                digest = Digest.Parse(Text());
            for (; IsAt("size"u8); NextProperty())
                size = reader.GetInt64();
        }

        return digest is { } known && size is { } length
            ? new BlobDescriptor(known, length)
            : throw Incomplete("blob");
    }

    private ReleaseImageIndex ReleaseImageIndex()
    {
        Release? release = null;
        OciManifest? current = null;
        List<OciManifest> previous = [];
        for (var start = BeginObject(); IsInObject(ref start);)
        {
            for (; IsAt("release"u8); NextProperty())
                release = Release.Parse(Text());
            for (; IsAt("current"u8); NextProperty())
                current = Oci();
            for (; IsAt("formers"u8); NextProperty())
                while (NextItem(previous.Count == 0))
                    previous.Add(Oci());
        }

        return release is { } known
            ? new ReleaseImageIndex(known, current, [.. previous])
            : throw Incomplete("image index");
    }

    private PlainTag Tag()
    {
        TagName? name = null;
        Digest? digest = null;
        for (var start = BeginObject(); IsInObject(ref start);)
        {
            for (; IsAt("name"u8); NextProperty())
                name = TagName.TryParse(Text(), out var parsed)
                    ? parsed
                    : throw new FormatException("The name of a tag is invalid.");
            for (; IsAt("digest"u8); NextProperty())
                digest = Digest.Parse(Text());
        }

        return name is { } known && digest is { } given ? new PlainTag(known, given) : throw Incomplete("tag");
    }
}
