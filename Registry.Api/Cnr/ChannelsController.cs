using Microsoft.AspNetCore.Mvc;
using Registry.Api.Access;
using Registry.Api.Http;
using Registry.Core.Access;
using Registry.Core.Packages;

namespace Registry.Api.Cnr;

/// <summary>The channels of a package.</summary>
internal sealed class ChannelsController(PackageRegistry packages, ChannelRegistry channels) : CnrController
{
    /// <summary>List the channels of a package</summary>
    /// <param name="namespace">The namespace.</param>
    /// <param name="name">The name.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Pull)]
    [HttpGet("{namespace}/{name}/channels"), HttpHead("{namespace}/{name}/channels")]
    [ProducesResponseType<ChannelResponse[]>(StatusCodes.Status200OK, "application/json")]
    public async Task<IActionResult> ListAsync(string @namespace, string name, CancellationToken cancellationToken)
    {
        var snapshot = await packages.GetAsync(CnrName.Get(@namespace, name), cancellationToken);
        var body = JsonBody.OfMany(
            snapshot.State.Channels.Select(ChannelResponse.Of), CnrJsonContext.Default.ChannelResponse, Tag(snapshot));
        body.SourceBytes = () => packages.SizeOf(snapshot.State);
        return body;
    }

    /// <summary>Show a channel</summary>
    /// <param name="namespace">The namespace.</param>
    /// <param name="name">The name.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Pull)]
    [HttpGet("{namespace}/{name}/channels/{channel}"), HttpHead("{namespace}/{name}/channels/{channel}")]
    [ProducesResponseType<ChannelResponse>(StatusCodes.Status200OK, "application/json")]
    public async Task<IActionResult> ShowAsync(
        string @namespace, string name, string channel, CancellationToken cancellationToken)
    {
        var snapshot = await packages.GetAsync(CnrName.Get(@namespace, name), cancellationToken);
        return JsonBody.Of(
            ChannelResponse.Of(snapshot.State.GetChannel(Channel(channel))),
            CnrJsonContext.Default.ChannelResponse,
            Tag(snapshot));
    }

    /// <summary>Delete a channel</summary>
    /// <remarks>Its releases stay.</remarks>
    /// <param name="namespace">The namespace.</param>
    /// <param name="name">The name.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Push)]
    [HttpDelete("{namespace}/{name}/channels/{channel}")]
    [ProducesResponseType<ChannelDeletedResponse>(StatusCodes.Status200OK, "application/json")]
    public async Task<IActionResult> DeleteAsync(
        string @namespace, string name, string channel, CancellationToken cancellationToken)
    {
        var package = CnrName.Get(@namespace, name);
        await channels.DeleteAsync(package, Channel(channel), Caller, cancellationToken);
        return JsonBody.Of(
            new ChannelDeletedResponse("delete", channel, package.Value),
            CnrJsonContext.Default.ChannelDeletedResponse,
            tag: null);
    }

    /// <summary>Add a release to a channel</summary>
    /// <remarks>It becomes the current release of the channel, which is created if needed.</remarks>
    /// <param name="namespace">The namespace.</param>
    /// <param name="name">The name.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="release">The exact release.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Push)]
    [HttpPost("{namespace}/{name}/channels/{channel}/{release}")]
    [ProducesResponseType<ChannelResponse>(StatusCodes.Status200OK, "application/json")]
    public async Task<IActionResult> AddAsync(
        string @namespace, string name, string channel, string release, CancellationToken cancellationToken)
    {
        var changed = await channels.AddAsync(
            CnrName.Get(@namespace, name, release), Channel(channel), release, Caller, cancellationToken);
        return JsonBody.Of(ChannelResponse.Of(changed), CnrJsonContext.Default.ChannelResponse, tag: null);
    }

    /// <summary>Remove a release from a channel</summary>
    /// <remarks>The highest remaining release becomes current. Removing the last release deletes the channel.</remarks>
    /// <param name="namespace">The namespace.</param>
    /// <param name="name">The name.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="release">The exact release.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Push)]
    [HttpDelete("{namespace}/{name}/channels/{channel}/{release}")]
    [ProducesResponseType<ChannelReleaseDeletedResponse>(StatusCodes.Status200OK, "application/json")]
    public async Task<IActionResult> RemoveAsync(
        string @namespace, string name, string channel, string release, CancellationToken cancellationToken)
    {
        var package = CnrName.Get(@namespace, name, release);
        await channels.RemoveAsync(package, Channel(channel), release, Caller, cancellationToken);
        return JsonBody.Of(
            new ChannelReleaseDeletedResponse(channel, package.Value, release, "deleted"),
            CnrJsonContext.Default.ChannelReleaseDeletedResponse,
            tag: null);
    }
}
