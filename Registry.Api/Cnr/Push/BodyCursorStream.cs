using Registry.Api.Json;
using Registry.Core.Content;

namespace Registry.Api.Cnr.Push;

/// <summary>Adapts a <see cref="BodyCursor"/> to the stream that the framework's multipart reader requires.</summary>
internal sealed class BodyCursorStream(BodyCursor body) : ForwardOnlyStream(null)
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!await body.FillAsync(cancellationToken))
            return 0;
        var length = Math.Min(buffer.Length, body.Window.Length);
        body.Window[..length].CopyTo(buffer);
        body.Consume(length);
        return length;
    }
}
