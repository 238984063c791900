using Microsoft.AspNetCore.Mvc;
using Registry.Api.Access;
using Registry.Core.Access;
using Registry.Core.Archives;
using Registry.Core.Errors;

namespace Registry.Api.Ui;

/// <summary>Lists app archives by workspace.</summary>
internal sealed class ArchivesController(
    AppArchiveRegistry archives, AccessOptions access, TimeProvider time) : PageController
{
    private const string Root = "/archives";

    /// <summary>The most archives that a page reads. Workspaces have no index.</summary>
    private const int MaxArchives = 1000;

    /// <summary>Lists the workspaces, or the archives of one and of those below it.</summary>
    /// <param name="workspace">
    /// The name or the URL of the workspace; null for all. A query parameter, because it may have parts that a path
    /// cannot have.
    /// </param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [RequiresWithin(AccessActions.Pull)]
    [HttpGet(Root), HttpHead(Root)]
    public async Task<IActionResult> ShowAsync([FromQuery] string? workspace, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(workspace))
            return Page("Archives", await ReadAsync(workspace: null, cancellationToken));
        if (!PageResource.TryParseWorkspace(workspace, out var parsed))
            throw new RegistryException(
                ErrorCode.InvalidUsage, "The workspace is a malformed URL, or too long.", ("field", "workspace"));
        var model = await ReadAsync(parsed, cancellationToken);
        return model.Workspaces.Count > 0
            ? Page("Archives", model)
            : throw new RegistryException(
                ErrorCode.ArchiveNotFound, $"There are no app archives in the workspace '{parsed}'.");
    }

    private async Task<ArchivesModel> ReadAsync(Workspace? workspace, CancellationToken cancellationToken)
    {
        var read = new List<AppArchive>();
        await foreach (var archive in archives.ListAsync(workspace, Caller, cancellationToken))
        {
            read.Add(archive);
            if (read.Count > MaxArchives)
                break;
        }

        var now = time.GetUtcNow();
        return new ArchivesModel(
            workspace?.Name,
            [
                .. read.Take(MaxArchives).GroupBy(static archive => archive.Workspace.Name).Select(group =>
                    new WorkspaceRow(
                        group.Key,
                        [
                            .. group.OrderByDescending(static archive => archive.UploadedAt).Select(archive =>
                                new ArchiveRow(archive, new PageTime(archive.UploadedAt, now))),
                        ])),
            ],
            IsComplete: read.Count <= MaxArchives,
            ServerAddress.Of(Request),
            access);
    }
}

/// <summary>App archives.</summary>
/// <param name="Workspace">The workspace; null for all.</param>
/// <param name="Workspaces">The archives of this workspace and of those below it.</param>
/// <param name="IsComplete">Whether these are all.</param>
/// <param name="Server">The address of the registry.</param>
/// <param name="Access">The settings of access control.</param>
internal sealed record ArchivesModel(
    string? Workspace,
    IReadOnlyList<WorkspaceRow> Workspaces,
    bool IsComplete,
    ServerAddress Server,
    AccessOptions Access)
{
    /// <summary>Whether clients have to log in to upload the first archive.</summary>
    public bool NeedsLogin => Access.NeedsLogin(AccessActions.Push, AccessResource.Workspace("github.com/me/app/"));

    /// <summary>The command that uploads an archive.</summary>
    public Command Upload => new(
        "Upload an app archive",
        $"curl --fail-with-body {UsageCommands.CurlUser(Server with { NeedsLogin = NeedsLogin })}"
            + $"--data-binary @app.kploy '{Server.Home}/api/v1/app?workspace=https://github.com/me/app'");

    /// <summary>Returns the command that downloads an archive.</summary>
    public Command Download(ArchiveRow row)
    {
        // With https, what follows a semicolon would not be part of the workspace.
        var name = row.Archive.Workspace.Name;
        var url = $"{(name.Contains(';', StringComparison.Ordinal) ? "kar" : "https")}://{name}";
        var server = Server with { NeedsLogin = Access.NeedsLogin(AccessActions.Pull, AccessResource.Workspace(name)) };
        return new Command(
            "Download the archive",
            $"curl -f {UsageCommands.CurlUser(server)}-o app.kploy '{Server.Home}/api/v1/app/{row.Archive.Id}"
                + (name == "global/" ? "'" : $"?workspace={Uri.EscapeDataString(url)}'"));
    }
}

/// <summary>A workspace.</summary>
/// <param name="Name">The name.</param>
/// <param name="Archives">Its archives, the latest first.</param>
internal sealed record WorkspaceRow(string Name, IReadOnlyList<ArchiveRow> Archives);

/// <summary>An app archive.</summary>
/// <param name="Archive">The archive.</param>
/// <param name="UploadedAt">When it was uploaded last.</param>
internal sealed record ArchiveRow(AppArchive Archive, PageTime UploadedAt);
