using Microsoft.Extensions.Logging;
using Registry.Core.Access;
using Registry.Core.Charts;
using Registry.Core.Content;
using Registry.Core.Errors;
using Registry.Core.Events;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Core.Versions;

namespace Registry.Core.Repositories;

/// <summary>
/// Charts as Helm and ChartMuseum clients see them: archives by file name, pushes that take name and version from the
/// archive, provenance files. A chart is a release of a package in media type helm.
/// </summary>
/// <param name="packages">The use cases of packages.</param>
/// <param name="indexes">The indexes of the packages.</param>
/// <param name="commits">Begins changes that refer to blobs.</param>
/// <param name="derived">Makes derived manifests.</param>
/// <param name="contents">Opens the blobs of packages.</param>
/// <param name="uploads">Stages archives.</param>
/// <param name="limits">The limits of an archive.</param>
/// <param name="completion">Requests the completion of releases that an earlier version stored.</param>
/// <param name="events">Raises an event for every change.</param>
/// <param name="logger">The log.</param>
public sealed partial class ChartRepository(
    PackageRegistry packages,
    PackageIndexes indexes,
    PackageCommitFactory commits,
    DerivedReleases derived,
    PackageContents contents,
    IUploadStore uploads,
    ContentLimits limits,
    CompletionRequests completion,
    RegistryEvents events,
    ILogger<ChartRepository> logger)
{
    private const string ArchiveExtension = ".tgz";
    private const string ProvenanceExtension = ".prov";

    /// <summary>No package has this name: staged archives belong to none yet.</summary>
    private const string NoPackage = "-";

    /// <summary>Whether a namespace can have packages.</summary>
    public static bool IsNamespace(string @namespace) => PackageName.TryCreate(@namespace, "a", out _);

    /// <summary>
    /// Returns the packages and releases that a file of a repository may belong to, the shortest name first. It belongs
    /// to the first package that exists.
    /// </summary>
    /// <param name="namespace">The namespace.</param>
    /// <param name="file">The name of the file.</param>
    public static IEnumerable<(PackageName Package, Release Release)> OwnersOf(string @namespace, string file)
    {
        ArgumentNullException.ThrowIfNull(file);
        var archive = file.EndsWith(ProvenanceExtension, StringComparison.Ordinal)
            ? file[..^ProvenanceExtension.Length]
            : file;
        if (!archive.EndsWith(ArchiveExtension, StringComparison.Ordinal))
            yield break;
        var text = archive[..^ArchiveExtension.Length];
        for (var dash = text.IndexOf('-', StringComparison.Ordinal);
            dash > 0;
            dash = text.IndexOf('-', dash + 1))
            if (Release.TryParse(text[(dash + 1)..], out var release, out _)
                && PackageName.TryCreate(@namespace, text[..dash], out var package))
                yield return (package, release);
    }

    /// <summary>Finds a file of a repository: <c>NAME-VERSION.tgz</c>, or the same with <c>.prov</c>.</summary>
    /// <param name="namespace">The namespace.</param>
    /// <param name="file">The name of the file.</param>
    /// <param name="channel">The channel that must point at the release; null for any release.</param>
    /// <param name="caller">The caller: only packages that the caller may pull count.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.PackageNotFound"/>; <see cref="ErrorCode.Unavailable"/>: the release is being completed
    /// after an upgrade.
    /// </exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task<ChartArchive> FindAsync(
        string @namespace, string file, ChannelName? channel, Caller caller, CancellationToken cancellationToken)
    {
        var isProvenance = file.EndsWith(ProvenanceExtension, StringComparison.Ordinal);
        if (await FindOwnerAsync(@namespace, file, caller, cancellationToken) is (var index, var release)
            && (channel is not { } name || index.FindChannel(name)?.Current == release)
            && index.Find(release, MediaType.Helm) is { } manifest
            && ArtifactOf(index.Name, manifest).Chart is { } chart
            && (isProvenance ? chart.Provenance : ArchiveOf(manifest)) is { } blob)
            return new ChartArchive(index.Name, release, blob);
        throw ChartErrors.NotFound(file);
    }

    /// <summary>Opens a file that was found, or a part of it.</summary>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.PackageNotFound"/>: the release was deleted or replaced in the meantime.
    /// </exception>
    /// <exception cref="StorageException">The storage failed, or has lost the file.</exception>
    public async ValueTask<BlobReader> OpenAsync(
        ChartArchive archive, ByteRange range, CancellationToken cancellationToken)
    {
        var key = new BlobKey(archive.Package.Key, archive.Blob.Digest);
        if (await contents.OpenAsync(key, archive.Blob.Size, range, cancellationToken) is { } reader)
            return reader;
        if ((await indexes.FindAsync(archive.Package, cancellationToken))?.State.References(key.Digest) == true)
            throw new StorageException(
                StorageFault.Corrupt, $"Blob {key} is missing, and the index of {archive.Package} refers to it.");
        throw ChartErrors.NotFound(archive.Package, archive.Release);
    }

    /// <summary>Begins a push of a chart. The caller disposes it.</summary>
    /// <param name="namespace">The namespace.</param>
    public ChartPush BeginPush(string @namespace) => new(this, @namespace, limits);

    /// <summary>Stores the provenance file of the chart that it names.</summary>
    /// <param name="namespace">The namespace.</param>
    /// <param name="bytes">The file.</param>
    /// <param name="force">Whether to replace another one.</param>
    /// <param name="caller">Who stores it.</param>
    /// <param name="cancellationToken">Cancels the call; the file is then stored completely or not at all.</param>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.InvalidParameters"/>: the file is invalid, or does not name the archive of the chart;
    /// <see cref="ErrorCode.PackageNotFound"/>; <see cref="ErrorCode.PackageExists"/>.
    /// </exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task StoreProvenanceAsync(
        string @namespace, ReadOnlyMemory<byte> bytes, bool force, Caller caller, CancellationToken cancellationToken)
    {
        var provenance = ReadProvenance(bytes);
        if (!PackageName.TryCreate(@namespace, provenance.Chart.Name, out var package))
            throw ChartErrors.InvalidName(@namespace, provenance.Chart.Name);
        caller.Demand(PackageRegistry.RightToPush(force), AccessResource.Package(package.Value));
        await StoreProvenanceAsync(
            package, Release.Parse(provenance.Chart.Version), provenance, bytes, force, caller, cancellationToken);
    }

    /// <summary>Deletes a chart.</summary>
    /// <param name="namespace">The namespace.</param>
    /// <param name="name">The name, as it was requested.</param>
    /// <param name="version">The version, as it was requested.</param>
    /// <param name="caller">Who deletes.</param>
    /// <param name="cancellationToken">Cancels the call; the delete then happens completely or not at all.</param>
    /// <exception cref="RegistryException"><see cref="ErrorCode.PackageNotFound"/>.</exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task DeleteAsync(
        string @namespace, string name, string version, Caller caller, CancellationToken cancellationToken)
    {
        if (!PackageName.TryCreate(@namespace, name, out var package))
            throw ChartErrors.NotFound($"Chart {name} {version}");
        try
        {
            await packages.DeleteAsync(package, version, MediaType.Helm.Value, caller, cancellationToken);
        }
        catch (RegistryException exception) when (exception.Code == ErrorCode.PackageNotFound)
        {
            // Helm clients get a message about a chart, as for any other request.
            throw ChartErrors.NotFound($"Chart {name} {version}");
        }
    }

    /// <summary>Begins to stage an archive. The caller disposes the writer and discards the upload.</summary>
    /// <exception cref="StorageException">The storage failed.</exception>
    internal async Task<ChartPush.StagedChart> StageAsync(string @namespace, CancellationToken cancellationToken)
    {
        var upload = await uploads.BeginAsync(StoreKeys.Package(@namespace, NoPackage), cancellationToken);
        try
        {
            return new(
                upload,
                await uploads.AppendAsync(upload, offset: 0, cancellationToken) ?? throw ChartPush.Discarded());
        }
        catch
        {
            await DiscardAsync(upload);
            throw;
        }
    }

    /// <summary>Pushes a chart whose name and version are known.</summary>
    internal async Task PushAsync(
        ChartPush received,
        ChartMetadata chart,
        bool isRootless,
        bool force,
        ReadOnlyMemory<byte>? provenance,
        Caller caller,
        CancellationToken cancellationToken)
    {
        if (!PackageName.TryCreate(received.Namespace, chart.Name, out var package))
            throw ChartErrors.InvalidName(received.Namespace, chart.Name);
        caller.Demand(PackageRegistry.RightToPush(force), AccessResource.Package(package.Value));
        var release = Release.Parse(chart.Version);
        if (!force
            && (await indexes.FindAsync(package, cancellationToken))?.State.Find(release, MediaType.Helm) is not null)
        {
            await indexes.EnsureDurableAsync(package, cancellationToken);
            throw ChartErrors.Exists(package, release);
        }

        var signed = provenance is { } file ? ReadProvenance(file) : null;
        if (signed is not null && isRootless)
            throw ChartErrors.CannotBeSigned();
        if (signed is not null && (signed.Chart.Name != chart.Name || signed.Chart.Version != chart.Version))
            throw ChartErrors.OtherChart(signed.Chart, chart);
        await using (var push = await packages.BeginPushAsync(package, caller, cancellationToken))
        {
            Digest digest;
            await using (var content = await received.OpenAsync(uploads, cancellationToken))
                digest = await BlobBytes.HashAsync(content, push.WriteAsync, count: null, cancellationToken);
            if (signed?.Files.ContainsValue(digest) == false)
                throw ChartErrors.OtherArchive(package, release, digest);
            var pushed = await push.CompleteAsync(
                release,
                MediaType.Helm,
                new PushOptions(force, Metadata: null) { Provenance = provenance },
                cancellationToken);
            if (signed is null
                || pushed.Artifact?.Chart?.Provenance?.Digest == Digest.Of(provenance!.Value.Span))
                return;
        }

        // A forced push of the same content keeps the previous provenance file, so the new one is stored separately.
        await StoreProvenanceAsync(
            package, release, signed, provenance!.Value, force, caller, cancellationToken);
    }

    /// <summary>
    /// Discards a staged archive. A failure is only logged: the archive is reclaimed once it has been idle for long
    /// enough.
    /// </summary>
    internal async ValueTask DiscardAsync(UploadKey upload)
    {
        try
        {
            await uploads.DiscardAsync(upload, CancellationToken.None);
        }
        catch (StorageException exception)
        {
            LogLeftBehind(exception);
        }
    }

    private static Provenance ReadProvenance(ReadOnlyMemory<byte> bytes) =>
        Provenance.TryRead(bytes.Span, out var provenance, out var reason)
            ? provenance
            : throw ChartErrors.Invalid(reason);

    /// <summary>Returns what an upgrade completes a release with, or requests it.</summary>
    private ReleaseArtifact ArtifactOf(PackageName package, Manifest manifest)
    {
        if (manifest.Artifact is { } artifact)
            return artifact;
        completion.Request();
        throw ArtifactErrors.Incomplete(package);
    }

    private static BlobDescriptor ArchiveOf(Manifest manifest) =>
        manifest.Artifact?.Chart?.Wrapped ?? new(manifest.Content.StoredDigest, manifest.Content.Size);

    /// <summary>
    /// Returns the owner of a file: the first package with this version that the caller may pull; null when there is
    /// none.
    /// </summary>
    private async Task<(PackageIndex Index, Release Release)?> FindOwnerAsync(
        string @namespace, string file, Caller caller, CancellationToken cancellationToken)
    {
        foreach (var (package, release) in OwnersOf(@namespace, file))
            if (caller.May(AccessActions.Pull, AccessResource.Package(package.Value))
                && await indexes.FindAsync(package, cancellationToken) is { } found
                && found.State.Find(release, MediaType.Helm) is not null)
                return (found.State, release);
        return null;
    }

    private async Task StoreProvenanceAsync(
        PackageName package,
        Release release,
        Provenance provenance,
        ReadOnlyMemory<byte> bytes,
        bool force,
        Caller caller,
        CancellationToken cancellationToken)
    {
        var manifest = (await indexes.FindAsync(package, cancellationToken))?.State.Find(release, MediaType.Helm)
            ?? throw ChartErrors.NotFound(package, release);
        var artifact = ArtifactOf(package, manifest);
        if (artifact.Chart is not { } chart)
            throw ChartErrors.NotFound(package, release);
        var archive = ArchiveOf(manifest);
        if (!provenance.Files.ContainsValue(archive.Digest))
            throw ChartErrors.OtherArchive(package, release, archive.Digest);
        if (chart.Provenance is { } known)
        {
            if (known.Digest == Digest.Of(bytes.Span))
            {
                await indexes.EnsureDurableAsync(package, cancellationToken);
                return;
            }

            if (!force)
                throw ChartErrors.ProvenanceExists(package, release);
        }

        var commit = commits.Begin(package);
        var signed = chart with { Provenance = await commit.StoreAsync(bytes, cancellationToken) };
        var made = await derived.MakeAsync(
            package, release, manifest.Content, artifact.ContentAt, signed, cancellationToken);
        var current = made.Describe();
        await commit.CommitAsync(
            index => Replace(
                index, package, manifest, now => now.WithCurrent(current) with { Chart = signed }),
            index => index.Find(release, MediaType.Helm)?.Artifact?.Chart?.Provenance == signed.Provenance,
            (index, before) => index.Withdraw(before, release, MediaType.Helm),
            recent: null,
            cancellationToken);
        events.Raise(new RegistryEvent(events.Now, caller, RegistryAction.ProvenanceStored, package.Value)
        {
            Release = release.Value,
            MediaType = MediaType.Helm.Value,
            StoredDigest = signed.Provenance!.Digest,
            Size = signed.Provenance.Size,
            Forced = chart.Provenance is not null,
        });
    }

    /// <summary>
    /// Changes what clients get for a release, if it still has the content and the provenance file that were read.
    /// </summary>
    private static PackageIndex Replace(
        PackageIndex? index, PackageName package, Manifest read, Func<ReleaseArtifact, ReleaseArtifact> change)
    {
        var current = index?.Find(read.Release, MediaType.Helm)
            ?? throw ChartErrors.NotFound(package, read.Release);
        return current is { Artifact: { } artifact } && current.Content == read.Content
            && artifact.ContentAt == read.Artifact!.ContentAt
            && artifact.Chart?.Provenance == read.Artifact.Chart?.Provenance
                ? index!.Replace(current, current with { Artifact = change(artifact) })
                : throw PackageErrors.ResourceInUse(package);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Discarding a staged chart failed")]
    private partial void LogLeftBehind(Exception fault);
}
