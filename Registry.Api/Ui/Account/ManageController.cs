using Microsoft.AspNetCore.Mvc;
using Registry.Api.Access;
using Registry.Api.Cnr;
using Registry.Api.Oci;
using Registry.Core.Access;
using Registry.Core.Artifacts;
using Registry.Core.Errors;
using Registry.Core.Packages;
using Registry.Core.Repositories;
using Registry.Core.Versions;

namespace Registry.Api.Ui.Account;

/// <summary>
/// The pages that change a package. Each change has a page that describes its effect, and is made when the form of that
/// page is submitted.
/// </summary>
[RequiresTokenMode]
internal sealed class ManageController(
    PackageIndexes indexes, PackageRegistry packages, ChannelRegistry channels, RepositoryManifests manifests)
    : PageController
{
    /// <summary>The path of the page of a package, without its name.</summary>
    public const string Path = "/manage/packages";

    /// <summary>The path to delete a release, without the name of the package.</summary>
    public const string ReleasePath = "/manage/delete-release";

    /// <summary>The path to move or create a channel, without the name of the package.</summary>
    public const string ChannelPath = "/manage/move-channel";

    /// <summary>The path to delete a channel, without the name of the package.</summary>
    public const string DeleteChannelPath = "/manage/delete-channel";

    /// <summary>The path to delete a tag, without the name of the package.</summary>
    public const string TagPath = "/manage/delete-tag";

    private const string Name = "/{**package:required}";

    /// <summary>Shows the releases, channels and tags of a package, with what the caller may do.</summary>
    /// <param name="package">The name of the package.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Pull)]
    [HttpGet(Path + Name), HttpHead(Path + Name)]
    public async Task<IActionResult> ShowAsync(string package, CancellationToken cancellationToken)
    {
        var index = await GetAsync(package, cancellationToken);
        return Manage(index, MoveChannelForm.Empty, ChangeNotice.Of(Request.Query, index), problem: null);
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
        var index = await GetToShowAsync(package, cancellationToken);
        var manifest = index.Manifests.FirstOrDefault(
            known => known.Release.Value == release && known.MediaType.Value == mediaType);
        return manifest is null
            ? Gone(index, PackageErrors.PackageNotFound(package, release ?? "", mediaType ?? ""))
            : Page(
                "Account/DeleteRelease",
                new DeleteReleasePage(index, manifest, index.Without(manifest.Release, manifest.MediaType)));
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
        var (release, mediaType) = (form["release"], form["media_type"]);
        try
        {
            await packages.DeleteAsync(name, release, mediaType, Caller, cancellationToken);
        }
        catch (RegistryException exception) when (exception.Code == ErrorCode.PackageNotFound)
        {
            return Gone(await GetAsync(package, cancellationToken), exception);
        }

        return await DoneAsync(name, ChangeNotice.Deleted(release, mediaType), cancellationToken);
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
        var index = await GetToShowAsync(package, cancellationToken);
        return new MoveChannelForm(channel ?? "", release ?? "").Check(index, out var name, out var exact) is { } wrong
            ? Again(index, wrong)
            : Page("Account/MoveChannel", new MoveChannelPage(index.Name, name, exact, index.FindChannel(name)));
    }

    /// <summary>Moves a channel to a release, or creates it.</summary>
    /// <param name="package">The name of the package.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Push)]
    [HttpPost(ChannelPath + Name)]
    public async Task<IActionResult> MoveChannelAsync(string package, CancellationToken cancellationToken)
    {
        var form = await PageForm.ReadAsync(HttpContext, cancellationToken);
        var index = await GetAsync(package, cancellationToken);
        if (new MoveChannelForm(form["channel"], form["release"]).Check(index, out var channel, out var release)
            is { } wrong)
            return Again(index, wrong);
        await channels.AddAsync(index.Name, channel, release.Value, Caller, cancellationToken);
        return await DoneAsync(index.Name, ChangeNotice.Moved(channel), cancellationToken);
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
        var index = await GetToShowAsync(package, cancellationToken);
        var name = CnrController.Channel(channel ?? "");
        return index.FindChannel(name) is { } found
            ? Page("Account/DeleteChannel", new DeleteChannelPage(index.Name, found))
            : Gone(index, PackageErrors.ChannelNotFound(index.Name, name));
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
        var channel = CnrController.Channel(form["channel"]);
        try
        {
            await channels.DeleteAsync(name, channel, Caller, cancellationToken);
        }
        catch (RegistryException exception) when (exception.Code == ErrorCode.ChannelNotFound)
        {
            return Gone(await GetAsync(package, cancellationToken), exception);
        }

        return await DoneAsync(name, ChangeNotice.Ended(channel), cancellationToken);
    }

    /// <summary>
    /// Asks whether to delete the tag in the argument <c>tag</c>, which is neither a release nor a channel.
    /// </summary>
    /// <param name="package">The name of the package.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [RequiresToDeleteTag]
    [HttpGet(TagPath + Name), HttpHead(TagPath + Name)]
    public async Task<IActionResult> ConfirmTagAsync(string package, CancellationToken cancellationToken)
    {
        var index = await GetToShowAsync(package, cancellationToken);
        return FindTag(index) is { } tag
            ? Page("Account/DeleteTag", new DeleteTagPage(index, tag))
            : Gone(index, PageErrors.TagNotFound(index.Name, RequiresToDeleteTagAttribute.TagOf(Request)));
    }

    /// <summary>
    /// Deletes the tag in the argument <c>tag</c>. It is not in the form, because the right depends on it.
    /// </summary>
    /// <param name="package">The name of the package.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [RequiresToDeleteTag]
    [HttpPost(TagPath + Name)]
    public async Task<IActionResult> DeleteTagAsync(string package, CancellationToken cancellationToken)
    {
        var index = await GetAsync(package, cancellationToken);
        if (FindTag(index) is not { Name: var tag })
            return Gone(index, PageErrors.TagNotFound(index.Name, RequiresToDeleteTagAttribute.TagOf(Request)));
        await manifests.DeleteAsync(index.Name, tag, Caller, cancellationToken);
        return await DoneAsync(index.Name, ChangeNotice.Untagged(tag), cancellationToken);
    }

    /// <summary>Returns the address of the page of a package, relative to the root.</summary>
    public static string LinkTo(PackageName package) => $"{Path[1..]}/{package}";

    private async Task<PackageIndex> GetAsync(string package, CancellationToken cancellationToken) =>
        (await indexes.FindAsync(Parse(package), cancellationToken))?.State
            ?? throw PageErrors.PackageNotFound(package);

    /// <summary>
    /// Returns a package for a question, which shows what is in it. Callers who may not pull are rejected first, so
    /// that the response is the same whether or not it exists.
    /// </summary>
    private Task<PackageIndex> GetToShowAsync(string package, CancellationToken cancellationToken)
    {
        Caller.Demand(AccessActions.Pull, AccessResource.Package(Parse(package).Value));
        return GetAsync(package, cancellationToken);
    }

    private static PackageName Parse(string package) =>
        PackageName.TryParse(package, out var name) ? name : throw PageErrors.PackageNotFound(package);

    private PlainTag? FindTag(PackageIndex index) =>
        TagName.TryParse(RequiresToDeleteTagAttribute.TagOf(Request), out var tag)
            ? index.Artifacts.FindTag(tag)
            : null;

    /// <summary>Shows the page of the package with what is wrong; callers who may not see it get only that.</summary>
    private ViewResult Gone(PackageIndex index, RegistryException error)
    {
        if (!Caller.May(AccessActions.Pull, AccessResource.Package(index.Name.Value)))
            throw error;
        Response.StatusCode = StatusCodes.Status404NotFound;
        return Manage(
            index, MoveChannelForm.Empty, done: null, $"{error.Message.TrimEnd('.')}. It may have been deleted.");
    }

    /// <summary>Shows the form that moves a channel again, with what is wrong.</summary>
    private ViewResult Again(PackageIndex index, MoveChannelForm form)
    {
        if (!Caller.May(AccessActions.Pull, AccessResource.Package(index.Name.Value)))
            throw new RegistryException(ErrorCode.InvalidUsage, form.ChannelProblem ?? form.ReleaseProblem!);
        Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
        return Manage(index, form, done: null, problem: null);
    }

    private ViewResult Manage(PackageIndex index, MoveChannelForm form, string? done, string? problem)
    {
        var resource = AccessResource.Package(index.Name.Value);
        return Page("Account/Manage", new ManagePage(index, actions => Caller.May(actions, resource), form)
        {
            Done = done,
            Problem = problem,
        });
    }

    /// <summary>
    /// Redirects to the page of the package, or to the list if the change has removed the package, to say what was
    /// done.
    /// </summary>
    private async Task<IActionResult> DoneAsync(
        PackageName package, string outcome, CancellationToken cancellationToken) =>
        Redirect(LocalPath.From(
            Request,
            await indexes.FindAsync(package, cancellationToken) is null
                ? $"packages?{ChangeNotice.Deleted(package)}"
                : $"{LinkTo(package)}?{outcome}"));
}

/// <summary>The page of a package.</summary>
/// <param name="Package">The package.</param>
/// <param name="May">Whether the caller may do something with it.</param>
/// <param name="Form">The form that moves a channel.</param>
internal sealed record ManagePage(PackageIndex Package, Func<AccessActions, bool> May, MoveChannelForm Form)
{
    /// <summary>The maximum number of releases, and of tags, on the page.</summary>
    public const int MaxRows = 500;

    /// <summary>What was done just now, as a sentence; null for nothing.</summary>
    public string? Done { get; init; }

    /// <summary>Why something was not done, as a sentence; null for nothing.</summary>
    public string? Problem { get; init; }

    /// <summary>Whether the caller may change channels.</summary>
    public bool MayPush => May(AccessActions.Push);

    /// <summary>Whether the caller may delete releases.</summary>
    public bool MayDelete => May(AccessActions.Delete);

    /// <summary>Whether the caller may delete a tag.</summary>
    public bool MayDeleteTag(TagName tag) => May(RequiresToDeleteAttribute.RightTo(tag.Value));
}

/// <summary>The question whether to delete a release.</summary>
/// <param name="Package">The package.</param>
/// <param name="Manifest">The release in a media type.</param>
/// <param name="Next">The package without it; null when nothing is left.</param>
internal sealed record DeleteReleasePage(PackageIndex Package, Manifest Manifest, PackageIndex? Next)
{
    /// <summary>What becomes of the channels that point at the release, as sentences.</summary>
    public IEnumerable<string> Consequences =>
        from channel in Package.Channels
        let next = Next?.FindChannel(channel.Name)
        where next?.Current != channel.Current
        select next is null
            ? $"Channel {channel.Name} has no other release, so it is deleted too, and clients that follow it get an "
                + "error."
            : $"Channel {channel.Name} then points to {next.Current}.";
}

/// <summary>The question whether to delete a tag.</summary>
/// <param name="Package">The package.</param>
/// <param name="Tag">The tag.</param>
internal sealed record DeleteTagPage(PackageIndex Package, PlainTag Tag)
{
    /// <summary>The other tags on the same manifest.</summary>
    public IReadOnlyList<TagName> Others =>
        [.. Package.Artifacts.Tags.Where(tag => tag.Digest == Tag.Digest && tag != Tag).Select(tag => tag.Name)];
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
