using System.IO.Pipelines;
using Registry.Api.Json;

namespace Registry.Api.Backups;

/// <summary>
/// Reads a backup of the reference server: an object with two arrays of objects, <c>packages</c> and <c>channels</c>.
/// They and the properties of their objects may come in any order. It is read once, forward, in constant memory; the
/// spool holds one content at a time.
/// </summary>
/// <param name="backup">The backup; the caller disposes it.</param>
/// <param name="spool">Receives the content of the current release.</param>
/// <param name="maxMetadataBytes">The maximum size of metadata, in bytes of JSON.</param>
internal sealed class BackupReader(Stream backup, ContentSpool spool, int maxMetadataBytes)
{
    /// <summary>The maximum length of a property name; longer than all known ones.</summary>
    private const int MaxNameBytes = 32;

    /// <summary>The maximum length of a number; longer than any size.</summary>
    private const int MaxNumberBytes = 32;

    private readonly BodyCursor body =
        new(PipeReader.Create(backup, new StreamPipeReaderOptions(bufferSize: 64 << 10, leaveOpen: true)));

    /// <summary>The number of bytes read.</summary>
    public long Position => body.Position;

    /// <summary>Reads a backup to its end.</summary>
    /// <param name="release">Receives each release; its content is in the spool.</param>
    /// <param name="channel">Receives each channel.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="InvalidDataException">
    /// The stream is not a backup, or it is truncated: the entries before that position have been passed on.
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
        catch (JsonSyntaxException exception)
        {
            throw new InvalidDataException($"The backup is not valid JSON, at byte {Position}: {exception.Message}");
        }
        finally
        {
            body.Release();
        }

        if (!hasPackages)
            throw new InvalidDataException("This is not a backup: it has no 'packages'.");
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
