using System.Buffers;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Registry.Api.Cnr;
using Registry.Api.Hosting;
using Registry.Api.Text;
using Registry.Core.Errors;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Core.Versions;

namespace Registry.Api.Backups;

/// <summary>
/// Exports a registry in the format of the reference server's backup: an unchanged registry yields the same bytes.
/// Damaged releases are reported and omitted.
/// </summary>
/// <param name="registry">The registry.</param>
/// <param name="dialect">The generation of servers that will restore it, which determines the media types.</param>
/// <param name="report">Receives a line for each damaged package or release.</param>
internal sealed class BackupExport(CommandRegistry registry, Dialect dialect, Action<string> report)
{
    // Escaping for HTML would only make the backup longer.
    private static readonly BackupJson Json = new(
        new JsonSerializerOptions(BackupJson.Default.Options)
        {
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping
        });
    private static readonly CnrJsonContext CnrJson = new(
        new JsonSerializerOptions(CnrJsonContext.Default.Options)
        {
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping
        });

    private readonly PackageIndexes indexes = registry.Indexes;
    private readonly PackageRegistry packages = registry.Packages;
    private readonly List<BackupChannelForm> channels = [];
    private int packagesDone;
    private int packagesTotal;
    private int releases;
    private long bytes;

    /// <summary>The number of packages and releases that are omitted because they are damaged.</summary>
    public int Failed { get; private set; }

    /// <summary>
    /// The number of packages that the format cannot represent: those that CNR cannot address, and those that have only
    /// OCI artifacts.
    /// </summary>
    public int Omitted { get; private set; }

    /// <summary>
    /// The number of processed packages and the total, which is 0 while the packages are being counted.
    /// </summary>
    public (int Done, int Total) Packages => (packagesDone, packagesTotal);

    /// <summary>The result, or the progress, in one line.</summary>
    public string Summary =>
        $"{Count.Of(releases, "release")} of {ByteSize.Of(bytes)} and {Count.Of(channels.Count, "channel")} "
            + $"exported; {Failed} damaged and omitted."
            + (Omitted == 0 ? "" : $" {Count.Of(Omitted, "package")} omitted: the format cannot represent them.");

    /// <summary>
    /// Writes the backup. It is consistent for each package, not across packages: a package that changes in the
    /// meantime is exported in its old or new state.
    /// </summary>
    /// <exception cref="StorageException">The storage failed.</exception>
    public async Task WriteAsync(Stream output, CancellationToken cancellationToken)
    {
        // The names are read first, so that no listing stays open while content is read for hours.
        var names = new List<PackageName>();
        await foreach (var document in registry.Storage.Documents.ListAsync(
            StoreKeys.Packages, after: null, cancellationToken))
            if (PackageName.TryParse(document.Key, out var name))
            {
                if (name.HasOnePartNamespace)
                    names.Add(name);
                else
                    LeaveOut(name, "CNR cannot address it");
            }

        await using var spool = new ContentSpool(long.MaxValue);
        await output.WriteAsync("{\"packages\":["u8.ToArray(), cancellationToken);
        packagesTotal = names.Count;
        foreach (var name in names)
        {
            await TryAsync($"{name}", () => WritePackageAsync(name, spool, output, cancellationToken));
            packagesDone++;
        }

        await output.WriteAsync("\n],\"channels\":["u8.ToArray(), cancellationToken);
        for (var i = 0; i < channels.Count; i++)
            await WriteEntryAsync(
                output, channels[i], Json.BackupChannelForm, isFirst: i == 0, isOpen: false, cancellationToken);
        await output.WriteAsync("\n]}\n"u8.ToArray(), cancellationToken);
    }

    private async Task WritePackageAsync(
        PackageName name, ContentSpool spool, Stream output, CancellationToken cancellationToken)
    {
        if ((await indexes.FindAsync(name, cancellationToken))?.State is not { } index)
            return;
        if (index.Manifests.IsEmpty)
        {
            LeaveOut(name, "it has OCI artifacts only");
            return;
        }

        using var metadata = new ReleaseMetadataReader();
        var mediaTypes = new Cnr.LongMediaTypes(dialect);
        var written = new HashSet<Release>();
        foreach (var manifest in index.Manifests)
            await TryAsync($"{name} {manifest.Release} as {manifest.MediaType}", async () =>
            {
                if (await FetchAsync(name, manifest, spool, cancellationToken) is not { } fetched)
                    return;
                var inChannels = index.Channels.Where(channel => channel.Releases.Contains(manifest.Release))
                    .Select(static channel => channel.Name.Value);
                await WriteReleaseAsync(
                    output,
                    Cnr.ManifestResponse.Of(name, fetched, metadata.Read(fetched.Metadata), mediaTypes, inChannels),
                    spool,
                    cancellationToken);
                written.Add(manifest.Release);
                bytes += spool.Length;
            });

        // A channel cannot contain a release that is left out.
        foreach (var channel in index.Channels)
            if (channel.Releases.Where(written.Contains).ToList() is [var highest, ..])
                channels.Add(
                    new BackupChannelForm(
                        written.Contains(channel.Current) ? channel.Current.Value : highest.Value,
                        channel.Name.Value,
                        name.Value));
        ReportArtifacts(index);
    }

    private void LeaveOut(PackageName package, string reason)
    {
        Omitted++;
        report($"{package}: not in the backup, because {reason}");
    }

    /// <summary>The format has no place for what OCI and Helm clients store beside releases.</summary>
    private void ReportArtifacts(PackageIndex index)
    {
        var manifests = index.StoredManifests.Count();
        var provenances = index.Manifests.Count(static manifest => manifest.Artifact?.Chart?.Provenance is not null);
        if (manifests + provenances + index.Artifacts.Tags.Length > 0)
            report(
                $"{index.Name}: {Count.Of(manifests, "OCI manifest")}, {Count.Of(index.Artifacts.Tags.Length, "tag")} "
                    + $"and {Count.Of(provenances, "provenance file")} are not in the backup");
    }

    /// <summary>Reads the whole content of a manifest into the spool and checks it.</summary>
    /// <returns>The manifest, or the one that has replaced it; null when it has been deleted.</returns>
    private async Task<Manifest?> FetchAsync(
        PackageName name, Manifest manifest, ContentSpool spool, CancellationToken cancellationToken)
    {
        for (var wanted = manifest;
             wanted is not null;
             wanted =
                 (await indexes.FindAsync(name, cancellationToken))?.State.Find(manifest.Release, manifest.MediaType))
            try
            {
                spool.Begin();
                await using var reader = await packages.OpenAsync(name, wanted, ByteRange.All, cancellationToken);
                await spool.FillAsync(reader.Content, cancellationToken);
                await spool.EndAsync(cancellationToken);
                return spool.Digest == wanted.Content.StoredDigest
                    ? wanted
                    : throw new StorageException(
                        StorageFault.Corrupt,
                        $"its blob has the sha256 {spool.Digest} instead of the recorded "
                            + $"{wanted.Content.StoredDigest}");
            }
            catch (RegistryException exception) when (exception.Code == ErrorCode.PackageNotFound)
            {
                // Deleted or replaced since the index was read: read it again.
            }

        return null;
    }

    private async Task WriteReleaseAsync(
        Stream output, Cnr.ManifestResponse manifest, ContentSpool spool, CancellationToken cancellationToken)
    {
        await WriteEntryAsync(
            output, manifest, CnrJson.ManifestResponse, isFirst: releases++ == 0, isOpen: true, cancellationToken);
        await output.WriteAsync(",\"blob\":\""u8.ToArray(), cancellationToken);
        using (var transform = new ToBase64Transform())
        await using (var base64 = new CryptoStream(output, transform, CryptoStreamMode.Write, leaveOpen: true))
            await foreach (var piece in spool.ReadAsync(cancellationToken))
                await base64.WriteAsync(piece, cancellationToken);
        await output.WriteAsync("\"}"u8.ToArray(), cancellationToken);
    }

    /// <param name="output">The output.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="type">The JSON contract of the entry.</param>
    /// <param name="isFirst">Whether this is the first entry, which has no comma before it.</param>
    /// <param name="isOpen">Whether the caller writes the closing brace.</param>
    /// <param name="cancellationToken">Cancels the writing.</param>
    private static async Task WriteEntryAsync<T>(
        Stream output, T entry, JsonTypeInfo<T> type, bool isFirst, bool isOpen, CancellationToken cancellationToken)
    {
        var text = new ArrayBufferWriter<byte>();
        text.Write(isFirst ? "\n"u8 : ",\n"u8);
        text.Write(JsonSerializer.SerializeToUtf8Bytes(entry, type));
        await output.WriteAsync(isOpen ? text.WrittenMemory[..^1] : text.WrittenMemory, cancellationToken);
    }

    /// <summary>
    /// Runs an action; when it finds damaged data, reports it and continues. Other storage failures abort the export.
    /// </summary>
    private async Task TryAsync(string what, Func<Task> action)
    {
        try
        {
            await action();
        }
        catch (StorageException exception) when (exception.Kind == StorageFault.Corrupt)
        {
            Failed++;
            report($"{what}: {exception.Message}");
        }
    }
}

/// <summary>An entry of <c>channels</c> in a backup.</summary>
internal sealed record BackupChannelForm(string Current, string Name, string Package);

[JsonSerializable(typeof(BackupChannelForm))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
internal sealed partial class BackupJson : JsonSerializerContext;
