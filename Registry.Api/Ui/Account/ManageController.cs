using Microsoft.AspNetCore.Mvc;
using Registry.Api.Access;
using Registry.Api.Cnr;
using Registry.Core.Access;
using Registry.Core.Packages;
using Registry.Core.Versions;

namespace Registry.Api.Ui.Account;

/// <summary>
/// The pages that change a package. Each change has a page that says what it does, and happens when its form is sent.
/// </summary>
[OnlyWithTokens]
internal sealed class ManageController(PackageRegistry packages, ChannelRegistry channels) : PageController
{
    /// <summary>The path of the page of a package, without its name.</summary>
    public const string Path = "/manage/packages";

    /// <summary>The path to delete a release, without the name of the package.</summary>
    public const string ReleasePath = "/manage/delete-release";

    /// <summary>The path to move or create a channel, without the name of the package.</summary>
    public const string ChannelPath = "/manage/move-channel";

    /// <summary>The path to delete a channel, without the name of the package.</summary>
    public const string DeleteChannelPath = "/manage/delete-channel";

    private const string Name = "/{**package:required}";

    /// <summary>Shows the releases and channels of a package, with what the caller may do.</summary>
    /// <param name="package">The name of the package.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Pull)]
    [HttpGet(Path + Name), HttpHead(Path + Name)]
    public async Task<IActionResult> ShowAsync(string package, CancellationToken cancellationToken)
    {
        var index = await GetAsync(package, cancellationToken);
        var resource = AccessResource.Package(index.Name.Value);
        return Page(
            "Account/Manage",
            new ManagePage(
                index, Caller.May(AccessActions.Push, resource), Caller.May(AccessActions.Delete, resource)));
    }

    /// <summary>Asks whether to delete a release in a media type.</summary>
    /// <param name="package">The name of the package.</param>
    /// <param name="release">The exact release.</param>
    /// <param name="mediaType">The short media type.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Delete)]
    [HttpGet(ReleasePath + Name), HttpHead(ReleasePath + Name)]
    public async Task<IActionResult> ConfirmReleaseAsync(
        string package,
        [FromQuery] string? release,
        [FromQuery(Name = "media_type")] string? mediaType,
        CancellationToken cancellationToken)
    {
        var index = await GetAsync(package, cancellationToken);
        var manifest = index.Manifests.FirstOrDefault(
            known => known.Release.Value == release && known.MediaType.Value == mediaType)
                ?? throw PackageErrors.PackageNotFound(index.Name.Value, release, mediaType);
        return Page("Account/DeleteRelease", new DeleteReleasePage(index, manifest));
    }

    /// <summary>Deletes a release in a media type.</summary>
    /// <param name="package">The name of the package.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Delete)]
    [HttpPost(ReleasePath + Name)]
    public async Task<IActionResult> DeleteReleaseAsync(string package, CancellationToken cancellationToken)
    {
        var form = await PageForm.ReadAsync(HttpContext, cancellationToken);
        var name = Parse(package);
        await packages.DeleteAsync(name, form["release"], form["media_type"], Caller, cancellationToken);
        return Redirect(LocalPath.From(Request, LinkTo(name)));
    }

    /// <summary>Asks whether to move a channel to a release, or to create it.</summary>
    /// <param name="package">The name of the package.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="release">The exact release.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Push)]
    [HttpGet(ChannelPath + Name), HttpHead(ChannelPath + Name)]
    public async Task<IActionResult> ConfirmChannelAsync(
        string package, [FromQuery] string? channel, [FromQuery] string? release, CancellationToken cancellationToken)
    {
        var index = await GetAsync(package, cancellationToken);
        var name = CnrController.Channel(channel ?? "");
        if (!Release.TryParse(release, out var exact, out _) || !index.Contains(exact))
            throw PackageErrors.ReleaseNotFound(index.Name, release ?? "");
        return Page("Account/MoveChannel", new MoveChannelPage(index.Name, name, exact, index.FindChannel(name)));
    }

    /// <summary>Moves a channel to a release, or creates it.</summary>
    /// <param name="package">The name of the package.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Push)]
    [HttpPost(ChannelPath + Name)]
    public async Task<IActionResult> MoveChannelAsync(string package, CancellationToken cancellationToken)
    {
        var form = await PageForm.ReadAsync(HttpContext, cancellationToken);
        var name = Parse(package);
        var channel = CnrController.Channel(form["channel"]);
        await channels.AddAsync(name, channel, form["release"], Caller, cancellationToken);
        return Redirect(LocalPath.From(Request, LinkTo(name)));
    }

    /// <summary>Asks whether to delete a channel.</summary>
    /// <param name="package">The name of the package.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Push)]
    [HttpGet(DeleteChannelPath + Name), HttpHead(DeleteChannelPath + Name)]
    public async Task<IActionResult> ConfirmDeleteChannelAsync(
        string package, [FromQuery] string? channel, CancellationToken cancellationToken)
    {
        var index = await GetAsync(package, cancellationToken);
        var found = index.GetChannel(CnrController.Channel(channel ?? ""));
        return Page("Account/DeleteChannel", new DeleteChannelPage(index.Name, found));
    }

    /// <summary>Deletes a channel.</summary>
    /// <param name="package">The name of the package.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Push)]
    [HttpPost(DeleteChannelPath + Name)]
    public async Task<IActionResult> DeleteChannelAsync(string package, CancellationToken cancellationToken)
    {
        var form = await PageForm.ReadAsync(HttpContext, cancellationToken);
        var name = Parse(package);
        await channels.DeleteAsync(name, CnrController.Channel(form["channel"]), Caller, cancellationToken);
        return Redirect(LocalPath.From(Request, LinkTo(name)));
    }

    /// <summary>Returns the address of the page of a package, relative to the root.</summary>
    public static string LinkTo(PackageName package) => $"{Path[1..]}/{package}";

    private async Task<PackageIndex> GetAsync(string package, CancellationToken cancellationToken) =>
        (await packages.GetAsync(Parse(package), cancellationToken)).State;

    private static PackageName Parse(string package) =>
        PackageName.TryParse(package, out var name) ? name : throw PackageErrors.PackageNotFound(package);
}

/// <summary>The page of a package.</summary>
/// <param name="Package">The package.</param>
/// <param name="MayPush">Whether the caller may change channels.</param>
/// <param name="MayDelete">Whether the caller may delete releases.</param>
internal sealed record ManagePage(PackageIndex Package, bool MayPush, bool MayDelete)
{
    /// <summary>The maximum number of releases on the page.</summary>
    public const int MaxRows = 500;
}

/// <summary>The question whether to delete a release.</summary>
/// <param name="Package">The package.</param>
/// <param name="Manifest">The release in a media type.</param>
internal sealed record DeleteReleasePage(PackageIndex Package, Manifest Manifest)
{
    /// <summary>Whether the release has no other media type, so that it is removed from its channels.</summary>
    public bool IsLastMediaType => Package.Of(Manifest.Release).Length == 1;

    /// <summary>Whether the package has nothing else, so that it disappears.</summary>
    public bool IsLastRelease => Package.Manifests.Length == 1;

    /// <summary>The channels that have the release.</summary>
    public IEnumerable<Channel> Channels =>
        Package.Channels.Where(channel => channel.Releases.Contains(Manifest.Release));
}

/// <summary>The question whether to move or create a channel.</summary>
/// <param name="Package">The package.</param>
/// <param name="Name">The channel.</param>
/// <param name="Release">The release that becomes the current one.</param>
/// <param name="Existing">The channel as it is; null if it will be created.</param>
internal sealed record MoveChannelPage(PackageName Package, ChannelName Name, Release Release, Channel? Existing);

/// <summary>The question whether to delete a channel.</summary>
/// <param name="Package">The package.</param>
/// <param name="Channel">The channel.</param>
internal sealed record DeleteChannelPage(PackageName Package, Channel Channel);
