using Microsoft.AspNetCore.Mvc;
using Registry.Api.Access;
using Registry.Core.Access;
using Registry.Core.Errors;
using Registry.Core.Packages;
using Registry.Core.Repositories;

namespace Registry.Api.Helm;

/// <summary>The base of the controllers of Helm repositories.</summary>
[ApiController]
[Route(HelmProtocol.Root)]
internal abstract class HelmController : ControllerBase
{
    /// <summary>The caller of the request.</summary>
    protected Caller Caller => RequestCaller.Of(HttpContext);

    /// <summary>Returns the namespace of a route.</summary>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.PackageNotFound"/>: the name is invalid, or the API occupies the path of its repository.
    /// </exception>
    protected static string NamespaceOf(string segment)
    {
        var name = ChartPathsMiddleware.Split(segment);
        return ChartRepository.IsNamespace(name) && name.Split('/')[0] != ChartPathsMiddleware.Api
            ? name
            : throw ChartErrors.NotFound($"Repository {name}");
    }

    /// <summary>Returns the channel of a route.</summary>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.PackageNotFound"/>: no channel can have this name.
    /// </exception>
    protected static ChannelName ChannelOf(string segment) =>
        ChannelName.TryParse(segment, out var channel)
            ? channel
            : throw ChartErrors.NotFound($"Channel {segment}");
}
