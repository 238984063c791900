using System.Globalization;
using System.Text.Json.Serialization;
using Registry.Core.Archives;

namespace Registry.Api.Kar;

/// <summary>The response to an upload.</summary>
/// <param name="AppArchiveId">The sha256 of the archive.</param>
/// <param name="SelfLink">The address of the archive, without the workspace: clients append it.</param>
public sealed record UploadedArchive(
    [property: JsonPropertyName("app_archive_id")] string AppArchiveId,
    [property: JsonPropertyName("selfLink")] string SelfLink);

/// <summary>An archive in a list. All values are strings, as on the reference server.</summary>
/// <param name="Generation">The time of the last upload in microseconds since 1970.</param>
/// <param name="Name"><c>{workspace}{id}.zip</c>.</param>
/// <param name="Size">The length in bytes.</param>
/// <param name="TimeCreated">The time of the last upload: UTC in milliseconds, with <c>Z</c>.</param>
public sealed record ListedArchive(
    [property: JsonPropertyName("generation")] string Generation,
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("size")] string Size,
    [property: JsonPropertyName("timeCreated")] string TimeCreated)
{
    /// <summary>Creates the wire form of an archive.</summary>
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
