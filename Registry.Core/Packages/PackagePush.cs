using Registry.Core.Access;
using Registry.Core.Content;
using Registry.Core.Errors;
using Registry.Core.Storage;
using Registry.Core.Versions;

namespace Registry.Core.Packages;

/// <summary>
/// A push in progress: the protocol writes the content, then completes the push with the release. Disposing it before
/// it is completed discards the content. Not thread-safe.
/// </summary>
public sealed class PackagePush : IAsyncDisposable
{
    /// <summary>The memory of one push, in bytes, in addition to that of the storage.</summary>
    public const int BufferBytes = PackageUpload.BufferBytes;

    private readonly PackageRegistry registry;

    internal PackagePush(PackageRegistry registry, PackageName package, Caller caller, PackageUpload upload) =>
        (this.registry, Package, Caller, Upload) = (registry, package, caller, upload);

    /// <summary>The package.</summary>
    public PackageName Package { get; }

    /// <summary>Who pushes.</summary>
    public Caller Caller { get; }

    /// <summary>The content.</summary>
    internal PackageUpload Upload { get; }

    /// <inheritdoc cref="PackageUpload.WriteAsync"/>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        Upload.WriteAsync(bytes, cancellationToken);

    /// <inheritdoc cref="PackageUpload.Refuse"/>
    public void Refuse(string reason) => Upload.Refuse(reason);

    /// <summary>Stores the release. Call it once, after the whole content has been written.</summary>
    /// <param name="release">The release.</param>
    /// <param name="mediaType">The media type.</param>
    /// <param name="options">Force and metadata.</param>
    /// <param name="cancellationToken">Cancels the call; the push then happens completely or not at all.</param>
    /// <returns>The manifest of the release.</returns>
    /// <exception cref="RegistryException">
    /// The content is rejected; <see cref="ErrorCode.PackageExists"/>; <see cref="ErrorCode.ResourceInUse"/>;
    /// <see cref="ErrorCode.Unavailable"/>.
    /// </exception>
    /// <exception cref="StorageException">The storage failed.</exception>
    public Task<Manifest> CompleteAsync(
        Release release, MediaType mediaType, PushOptions options, CancellationToken cancellationToken) =>
        registry.CompleteAsync(this, release, mediaType, options, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Upload.DisposeAsync();
}
