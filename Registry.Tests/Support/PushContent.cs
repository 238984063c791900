using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Registry.Tests.Support;

/// <summary>A JSON push with <c>blob</c> as the first member; the package is generated while it is sent.</summary>
internal sealed class PushContent : HttpContent
{
    private readonly SeededPackage package;
    private readonly string release;
    private readonly Func<Task>? midway;

    /// <param name="package">The package to push.</param>
    /// <param name="release">The release.</param>
    /// <param name="midway">Awaited after the first half of the package has been sent; null for no pause.</param>
    public PushContent(SeededPackage package, string release, Func<Task>? midway = null)
    {
        (this.package, this.release, this.midway) = (package, release, midway);
        Headers.ContentType = new MediaTypeHeaderValue("application/json");
    }

    /// <summary>Whether the push replaces an existing release.</summary>
    public bool Force { get; init; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await stream.WriteAsync("{\"blob\":\""u8.ToArray(), cancellationToken);
        await using var base64 = new Base64WriteStream(stream);
        await using (var paused = new PausingStream(base64, stream, package.FileBytes / 2, midway))
            await package.WriteAsync(paused, cancellationToken);
        await base64.FinishAsync(cancellationToken);
        await stream.WriteAsync(
            Encoding.UTF8.GetBytes(
                $"\",\"release\":\"{release}\",\"media_type\":\"helm\"{(Force ? ",\"force\":true" : "")}}}"),
            cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    private sealed class PausingStream(Base64WriteStream base64, Stream wire, long at, Func<Task>? pause) : WriteStream
    {
        public override async ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await base64.WriteAsync(buffer, cancellationToken);
            var before = Count;
            Count += buffer.Length;
            if (pause is null || before >= at || Count < at)
                return;
            await wire.FlushAsync(cancellationToken);
            await pause();
        }
    }
}
