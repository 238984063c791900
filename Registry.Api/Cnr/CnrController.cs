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
    /// <summary>The generation of the protocol that the request uses.</summary>
    protected Dialect Dialect => Dialect.Of(Request);

    /// <summary>The caller of the request.</summary>
    protected Caller Caller => RequestCaller.Of(HttpContext);

    internal static ChannelName Channel(string channel) =>
        ChannelName.TryParse(channel, out var name) ? name : throw CnrErrors.InvalidChannelName(channel);

    /// <summary>Returns the entity tag of a response that depends on one package index only.</summary>
    protected static string Tag(DocumentSnapshot<PackageIndex> snapshot) => snapshot.Fingerprint.ToString("x32", null);
}
