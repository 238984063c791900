using Registry.Core.Content;
using Registry.Core.Storage;

namespace Registry.Tests.Support.Storage;

/// <summary>Adds injected faults to any upload store.</summary>
public sealed class FaultyUploadStore(IUploadStore inner, StorageFaults faults) : IUploadStore
{
    public ValueTask<UploadKey> BeginAsync(StoreKey scope, CancellationToken cancellationToken) =>
        faults.AroundAsync(
            StorageOperation.BeginUpload, scope.Value, () => inner.BeginAsync(scope, cancellationToken));

    public ValueTask<long?> LengthAsync(UploadKey upload, CancellationToken cancellationToken) =>
        faults.AroundAsync(
            StorageOperation.UploadLength, $"{upload}", () => inner.LengthAsync(upload, cancellationToken));

    public ValueTask<UploadWriter?> AppendAsync(UploadKey upload, long offset, CancellationToken cancellationToken) =>
        faults.AroundAsync<UploadWriter?>(
            StorageOperation.AppendUpload,
            $"{upload}",
            async () => await inner.AppendAsync(upload, offset, cancellationToken) is { } writer
                ? new Writer(writer, $"{upload}", faults)
                : null);

    public ValueTask<Stream?> OpenAsync(UploadKey upload, CancellationToken cancellationToken) =>
        faults.AroundAsync<Stream?>(
            StorageOperation.OpenUpload,
            $"{upload}",
            async () => await inner.OpenAsync(upload, cancellationToken) is { } content
                ? new Content(content, $"{upload}", faults)
                : null);

    public ValueTask<bool> DiscardAsync(UploadKey upload, CancellationToken cancellationToken) =>
        faults.AroundAsync(
            StorageOperation.DiscardUpload, $"{upload}", () => inner.DiscardAsync(upload, cancellationToken));

    public ValueTask<int> CountAsync(int limit, CancellationToken cancellationToken) =>
        faults.AroundAsync(StorageOperation.CountUploads, "", () => inner.CountAsync(limit, cancellationToken));

    public ValueTask<int> DiscardIdleAsync(TimeSpan idle, CancellationToken cancellationToken) =>
        faults.AroundAsync(StorageOperation.DiscardIdle, "", () => inner.DiscardIdleAsync(idle, cancellationToken));

    private sealed class Writer(UploadWriter inner, string upload, StorageFaults faults) : UploadWriter
    {
        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            await faults.BeforeAsync(StorageOperation.WriteUpload, upload);
            await inner.WriteAsync(bytes, cancellationToken);
            await faults.AfterAsync(StorageOperation.WriteUpload, upload);
        }

        public override ValueTask<long?> CompleteAsync(CancellationToken cancellationToken) =>
            faults.AroundAsync(
                StorageOperation.CompleteAppend, upload, () => inner.CompleteAsync(cancellationToken));

        public override ValueTask DisposeAsync() => inner.DisposeAsync();
    }

    private sealed class Content(Stream inner, string upload, StorageFaults faults) : ForwardOnlyStream(inner.Length)
    {
        public override bool CanRead => inner.CanRead;

        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await faults.BeforeAsync(StorageOperation.ReadUpload, upload);
            var read = await inner.ReadAsync(buffer, cancellationToken);
            Consumed += read;
            await faults.AfterAsync(StorageOperation.ReadUpload, upload);
            return read;
        }

        public override async ValueTask DisposeAsync()
        {
            await inner.DisposeAsync();
            await base.DisposeAsync();
        }
    }
}
