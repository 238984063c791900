using Microsoft.AspNetCore.Mvc;
using Registry.Api.Access;
using Registry.Core.Access;
using Registry.Core.Documents;
using Registry.Core.Packages;

namespace Registry.Api.Cnr;

/// <summary>The base of the controllers, which serve both generations of CNR.</summary>
[ApiController]
[Route("api/v1/packages")]
[Route($"{Dialect.ApprRoot}/api/v1/packages")]
internal abstract class CnrController : ControllerBase
{
    /// <summary>The text for the only media type of a release.</summary>
    private const string AnyMediaType = "-";

    /// <summary>The generation of the protocol that the request uses.</summary>
    protected Dialect Dialect => Dialect.Of(Request);

    /// <summary>The caller of the request.</summary>
    protected Caller Caller => RequestCaller.Of(HttpContext);

    internal static ChannelName Channel(string channel) =>
        ChannelName.TryParse(channel, out var name) ? name : throw CnrErrors.InvalidChannelName(channel);

    /// <summary>Returns the manifest for a query and a media type.</summary>
    /// <param name="index">The package.</param>
    /// <param name="query">The release query, as it was requested.</param>
    /// <param name="mediaType">A short media type or <c>-</c>, as it was requested.</param>
    protected static Manifest Find(PackageIndex index, string query, string mediaType)
    {
        if (mediaType != AnyMediaType)
            return index.Find(query, mediaType);
        var manifests = index.Of(index.Resolve(query));
        return manifests.Length == 1
            ? manifests[0]
            : throw CnrErrors.SeveralMediaTypes(
                manifests.ToArray().Select(static manifest => manifest.MediaType.Value));
    }

    /// <summary>Returns the entity tag of a response that depends on one package index only.</summary>
    protected static string Tag(DocumentSnapshot<PackageIndex> snapshot) => snapshot.Fingerprint.ToString("x32", null);
}
