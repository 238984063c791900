using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using Registry.Api.Access;
using Registry.Api.Http.Transfers;
using Registry.Core.Access;
using Registry.Core.Catalog;
using Registry.Core.Errors;
using Registry.Core.Packages;
using Registry.Core.Repositories;
using Registry.Core.Versions;

namespace Registry.Api.Helm;

/// <summary>The API of ChartMuseum: <c>/helm/api/NAMESPACE</c>.</summary>
internal sealed class ChartsController(ChartIndexes indexes, ChartRepository charts, ChartBodies bodies)
    : HelmController
{
    private const string ListRoute = "api/{namespace}/charts";
    private const string ChartRoute = $"{ListRoute}/{{name}}";
    private const string VersionRoute = $"{ChartRoute}/{{version}}";

    /// <summary>List charts</summary>
    /// <remarks>Returns the entries of the index by name, newest version first.</remarks>
    /// <param name="namespace">The namespace.</param>
    /// <param name="offset">The number of charts to skip.</param>
    /// <param name="limit">The maximum number of charts; all by default.</param>
    /// <param name="unlisted">
    /// Whether to list, in place of the charts, the releases in media type helm that are not in the index, and why.
    /// </param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [RequiresWithin(AccessActions.Pull)]
    [HttpGet(ListRoute), HttpHead(ListRoute)]
    [ProducesResponseType<object>(StatusCodes.Status200OK, "application/json")]
    public async Task<IActionResult> ListAsync(
        [FromRoute] string @namespace,
        [FromQuery] string? offset,
        [FromQuery] string? limit,
        [FromQuery] string? unlisted,
        CancellationToken cancellationToken)
    {
        var place = NamespaceOf(@namespace);
        var (skipped, taken) = (Number(offset, "offset") ?? 0, Number(limit, "limit"));
        var repository = await indexes.GetAsync(place, Caller.Scopes, cancellationToken);
        var packages = repository.Entries.Skip(skipped);
        if (taken is { } count)
            packages = packages.Take(count);
        var isUnlisted = IsSet("unlisted", unlisted);
        return new ChartListResult(
            $"{repository.Fingerprint:x32}-{skipped}-{taken}{(isUnlisted ? "-unlisted" : "")}",
            token =>
            {
                var entries = indexes.ReadAsync(repository, packages, token);
                return isUnlisted
                    ? ChartListJson.UnlistedAsync(entries, token)
                    : ChartListJson.ByNameAsync(entries, channel: null, token);
            },
            bodies);
    }

    /// <summary>List the versions of a chart</summary>
    /// <param name="namespace">The namespace.</param>
    /// <param name="name">The name.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Pull)]
    [HttpGet(ChartRoute), HttpHead(ChartRoute)]
    [ProducesResponseType<object>(StatusCodes.Status200OK, "application/json")]
    public async Task<IActionResult> ListVersionsAsync(
        [FromRoute] string @namespace, [FromRoute] string name, CancellationToken cancellationToken)
    {
        var entries = await FindAsync(@namespace, name, cancellationToken);
        if (entries is null || entries.All.IsEmpty)
            throw ChartErrors.NotFound($"Chart {name}");
        return Of(entries, "["u8.ToArray(), entries.All, "]"u8.ToArray());
    }

    /// <summary>Show a version of a chart</summary>
    /// <param name="namespace">The namespace.</param>
    /// <param name="name">The name.</param>
    /// <param name="version">The version.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Pull)]
    [HttpGet(VersionRoute), HttpHead(VersionRoute)]
    [ProducesResponseType<object>(StatusCodes.Status200OK, "application/json")]
    public async Task<IActionResult> ShowAsync(
        [FromRoute] string @namespace,
        [FromRoute] string name,
        [FromRoute] string version,
        CancellationToken cancellationToken)
    {
        var entries = await FindAsync(@namespace, name, cancellationToken);
        return entries is not null
            && Release.TryParse(version, out var release, out _)
            && entries.Find(release) is { } entry
                ? Of(entries, entry)
                : throw ChartErrors.NotFound($"Chart {name} {version}");
    }

    /// <summary>Push a chart</summary>
    /// <remarks>
    /// The body is the archive, or a multipart form with the fields `chart`, `prov` or both. Name and version are those
    /// of the Chart.yaml.
    /// </remarks>
    /// <param name="namespace">The namespace.</param>
    /// <param name="force">Whether to replace an existing version.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [RequiresWithin(AccessActions.Push)]
    [HttpPost(ListRoute)]
    [ProducesResponseType<object>(StatusCodes.Status201Created, "application/json")]
    public async Task<IActionResult> PushAsync(
        [FromRoute] string @namespace, [FromQuery] string? force, CancellationToken cancellationToken)
    {
        var place = NamespaceOf(@namespace);
        await RequestTransfer.Of(HttpContext).ReserveInputAsync(
            ChartBody.MemoryOf(Request, hasProvenance: false) + ChartPush.BufferBytes, cancellationToken);
        await using var body = await ChartBody.ReadAsync(
            Request, () => charts.BeginPush(place), cancellationToken);
        if (body.Chart is { } chart)
            await chart.CompleteAsync(IsSet("force", force), body.Provenance, Caller, cancellationToken);
        else
            await charts.StoreProvenanceAsync(
                place, body.Provenance!.Value, IsSet("force", force), Caller, cancellationToken);
        return Saved();
    }

    /// <summary>Push a provenance file</summary>
    /// <remarks>
    /// The body is the file, or a multipart form with the field `prov`. The file names its chart, which must exist, and
    /// the digest of the archive.
    /// </remarks>
    /// <param name="namespace">The namespace.</param>
    /// <param name="force">Whether to replace an existing provenance file.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [RequiresWithin(AccessActions.Push)]
    [HttpPost("api/{namespace}/prov")]
    [ProducesResponseType<object>(StatusCodes.Status201Created, "application/json")]
    public async Task<IActionResult> PushProvenanceAsync(
        [FromRoute] string @namespace, [FromQuery] string? force, CancellationToken cancellationToken)
    {
        var place = NamespaceOf(@namespace);
        await RequestTransfer.Of(HttpContext).ReserveInputAsync(
            ChartBody.MemoryOf(Request, hasProvenance: true), cancellationToken);
        await using var body = await ChartBody.ReadProvenanceAsync(Request, cancellationToken);
        await charts.StoreProvenanceAsync(
            place, body.Provenance!.Value, IsSet("force", force), Caller, cancellationToken);
        return Saved();
    }

    /// <summary>Delete a version of a chart</summary>
    /// <param name="namespace">The namespace.</param>
    /// <param name="name">The name.</param>
    /// <param name="version">The version.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    [Requires(AccessActions.Delete)]
    [HttpDelete(VersionRoute)]
    [ProducesResponseType<object>(StatusCodes.Status200OK, "application/json")]
    public async Task<IActionResult> DeleteAsync(
        [FromRoute] string @namespace,
        [FromRoute] string name,
        [FromRoute] string version,
        CancellationToken cancellationToken)
    {
        await charts.DeleteAsync(NamespaceOf(@namespace), name, version, Caller, cancellationToken);
        return Content("{\"deleted\":true}\n", "application/json");
    }

    /// <summary>The error of a parameter that is not a number.</summary>
    internal static RegistryException InvalidNumber(string name, string text) => new(
        ErrorCode.InvalidUsage,
        $"The parameter '{name}' is '{text}'; expected a whole number from 0 to {int.MaxValue}",
        (name, text));

    /// <summary>
    /// Whether a parameter is in the query, with or without a value. <c>false</c> and <c>0</c> do not count.
    /// </summary>
    private bool IsSet(string name, string? value) => Request.Query.ContainsKey(name) && value is not ("false" or "0");

    private static int? Number(string? text, string name) =>
        text is null ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw InvalidNumber(name, text);

    private async Task<ChartEntries?> FindAsync(
        string @namespace, string name, CancellationToken cancellationToken) =>
        PackageName.TryCreate(NamespaceOf(@namespace), name, out var package)
            ? await indexes.FindAsync(package, Caller.Scopes, cancellationToken)
            : null;

    private ChartListResult Of(ChartEntries entries, params ReadOnlyMemory<byte>[] pieces) =>
        new($"{entries.Fingerprint:x32}-{entries.ShadowFingerprint:x32}", _ => ChartListJson.OfAsync(pieces), bodies);

    private ContentResult Saved()
    {
        var saved = Content("{\"saved\":true}\n", "application/json");
        saved.StatusCode = StatusCodes.Status201Created;
        return saved;
    }
}
