using System.Globalization;
using System.Text.Json.Serialization;
using Registry.Core.Archives;
using Registry.Core.Content;

namespace Registry.Api.Kar;

/// <summary>The answer to an upload.</summary>
/// <param name="AppArchiveId">The sha256 of the archive.</param>
/// <param name="SelfLink">Where it is, without the workspace: clients append that themselves.</param>
public sealed record UploadedArchive(
    [property: JsonPropertyName("app_archive_id")] string AppArchiveId,
    [property: JsonPropertyName("selfLink")] string SelfLink);

/// <summary>An archive in a list. All values are strings, as the reference's storage wrote them.</summary>
/// <param name="Generation">Microseconds since 1970: larger after each upload of the same archive.</param>
/// <param name="Name"><c>{workspace}{id}.zip</c>.</param>
/// <param name="Size">Bytes.</param>
/// <param name="TimeCreated">When it was uploaded: UTC in milliseconds, with <c>Z</c>.</param>
public sealed record ListedArchive(
    [property: JsonPropertyName("generation")] string Generation,
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("size")] string Size,
    [property: JsonPropertyName("timeCreated")] string TimeCreated)
{
    /// <summary>The wire form of an archive.</summary>
    public static ListedArchive Of(AppArchive archive)
    {
        ArgumentNullException.ThrowIfNull(archive);
        return new(
            archive.Generation.ToString(CultureInfo.InvariantCulture),
            $"{archive.Workspace.Name}{archive.Id.Value}.zip",
            archive.Size.ToString(CultureInfo.InvariantCulture),
            archive.UploadedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
    }
}

/// <summary>The wire forms of KAR.</summary>
[JsonSerializable(typeof(UploadedArchive))]
[JsonSerializable(typeof(ListedArchive))]
[JsonSerializable(typeof(List<ListedArchive>))]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class KarJson : JsonSerializerContext;
