using System.IO.Pipelines;
using Registry.Api.Json;

namespace Registry.Api.Backups;

/// <summary>
/// Reads the reference server's own backup: an object with <c>packages</c> and <c>channels</c>, two arrays of objects,
/// in any order, as are the members of each. It is read forward, once; memory does not grow with it, and of all
/// contents the spool holds one.
/// </summary>
/// <param name="backup">Stays the caller's.</param>
/// <param name="spool">Holds the content of the release that was read last.</param>
/// <param name="maxMetadataBytes">Metadata is kept up to here, in bytes of JSON.</param>
internal sealed class BackupReader(Stream backup, ContentSpool spool, int maxMetadataBytes)
{
    /// <summary>Longer than the longest name of a member.</summary>
    private const int MaxNameBytes = 32;

    /// <summary>More digits than any length has.</summary>
    private const int MaxNumberBytes = 32;

    private readonly BodyCursor body =
        new(PipeReader.Create(backup, new StreamPipeReaderOptions(bufferSize: 64 << 10, leaveOpen: true)));

    /// <summary>How many bytes have been read.</summary>
    public long Position => body.Position;

    /// <summary>Reads a backup to its end.</summary>
    /// <param name="release">Takes each release, and its content from the spool.</param>
    /// <param name="channel">Takes each channel.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="InvalidDataException">
    /// It is no backup, or is cut short: what came before that place has been handed over.
    /// </exception>
    public async Task ReadAsync(
        Func<BackupRelease, ValueTask> release,
        Func<BackupChannel, ValueTask> channel,
        CancellationToken cancellationToken)
    {
        var json = new JsonCursor(body);
        var hasPackages = false;
        try
        {
            await json.ReadObjectAsync(
                MaxNameBytes,
                async (name, _) =>
                {
                    if (name.ToText() is "packages")
                    {
                        hasPackages = true;
                        await json.ReadArrayAsync(
                            async _ => await release(await ReadReleaseAsync(json, cancellationToken)),
                            cancellationToken);
                    }
                    else if (name.ToText() is "channels")
                    {
                        await json.ReadArrayAsync(
                            async _ => await channel(await ReadChannelAsync(json, cancellationToken)),
                            cancellationToken);
                    }
                    else
                    {
                        await json.SkipValueAsync(cancellationToken);
                    }
                },
                cancellationToken);
            await json.ExpectEndAsync("backup", cancellationToken);
        }
        catch (JsonSyntaxException broken)
        {
            throw new InvalidDataException($"The backup is no valid JSON, at byte {Position}: {broken.Message}");
        }
        finally
        {
            body.Release();
        }

        if (!hasPackages)
            throw new InvalidDataException("This is no backup: it has no 'packages'.");
    }

    private async ValueTask<BackupRelease> ReadReleaseAsync(JsonCursor json, CancellationToken cancellationToken)
    {
        var read = new BackupRelease();
        spool.Begin();
        await json.ReadObjectAsync(
            MaxNameBytes,
            (name, first) => ReadMemberAsync(json, read, name, first, cancellationToken),
            cancellationToken);
        return read;
    }

    private async ValueTask ReadMemberAsync(
        JsonCursor json, BackupRelease read, BoundedBytes name, int first, CancellationToken cancellationToken)
    {
        switch (name.ToText())
        {
            case "package":
                read.Package = (await json.ReadValueAsync(first, cancellationToken)).Text;
                break;
            case "release":
                read.Release = (await json.ReadValueAsync(first, cancellationToken)).Text;
                break;
            case "mediaType":
                read.MediaType = (await json.ReadValueAsync(first, cancellationToken)).Text;
                break;
            case "created_at":
                read.CreatedAt = await json.ReadValueAsync(first, cancellationToken);
                break;
            case "metadata":
                var metadata = new BoundedBytes(maxMetadataBytes);
                read.Metadata =
                    await json.ReadRawAsync(metadata, cancellationToken) == FieldKind.Null ? null : metadata;
                break;
            case "channels" when first == '[':
                await json.ReadArrayAsync(
                    async item => read.Channels.Add((await json.ReadValueAsync(item, cancellationToken)).Text),
                    cancellationToken);
                break;
            case "content" when first == '{':
                await json.ReadObjectAsync(
                    MaxNameBytes,
                    (member, value) => ReadContentAsync(json, read, member, value, cancellationToken),
                    cancellationToken);
                break;
            case "blob" when first == '"':
                spool.Begin();
                await json.ReadTextAsync(spool, cancellationToken);
                await spool.EndAsync(cancellationToken);
                read.HasBlob = true;
                break;
            default:
                await json.SkipValueAsync(cancellationToken);
                break;
        }
    }

    private static async ValueTask ReadContentAsync(
        JsonCursor json, BackupRelease read, BoundedBytes name, int first, CancellationToken cancellationToken)
    {
        switch (name.ToText())
        {
            case "digest":
                read.TarDigest = (await json.ReadValueAsync(first, cancellationToken)).Text;
                break;
            case "size":
                var number = new BoundedBytes(MaxNumberBytes);
                await json.ReadRawAsync(number, cancellationToken);
                read.ContentSize = number.ToText();
                break;
            default:
                await json.SkipValueAsync(cancellationToken);
                break;
        }
    }

    private static async ValueTask<BackupChannel> ReadChannelAsync(JsonCursor json, CancellationToken cancellationToken)
    {
        var read = new BackupChannel(null, null, null);
        await json.ReadObjectAsync(
            MaxNameBytes,
            async (name, first) =>
            {
                var value = (await json.ReadValueAsync(first, cancellationToken)).Text;
                read = name.ToText() switch
                {
                    "package" => read with { Package = value },
                    "name" => read with { Name = value },
                    "current" => read with { Current = value },
                    _ => read,
                };
            },
            cancellationToken);
        return read;
    }
}
