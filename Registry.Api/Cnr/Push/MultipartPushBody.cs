using System.Buffers;
using Microsoft.AspNetCore.WebUtilities;
using Registry.Api.Http;
using Registry.Api.Json;
using Registry.Core.Content;
using Registry.Core.Errors;

namespace Registry.Api.Cnr.Push;

/// <summary>
/// Reads the fields of a push from a multipart form. A blob is base64 as everywhere; one that begins as no base64 can,
/// with the first byte of a gzip, is taken as the gzip itself, which is what <c>curl -F blob=@package.tar.gz</c> sends.
/// So is a file of another kind, whose refusal then names that kind. Of a repeated field the first one counts.
/// </summary>
internal sealed class MultipartPushBody(BodyCursor body, PushFields fields, string boundary)
{
    /// <summary>The first byte of a gzip.</summary>
    public const byte GzipMagic = 0x1f;

    /// <summary>The memory that it takes, in bytes.</summary>
    public const int BufferBytes = 16 << 10;

    /// <summary>Reads to the end.</summary>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.InvalidUsage"/>: this is no multipart form, or it is cut short.
    /// </exception>
    public async ValueTask ReadAsync(CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            var parts = new MultipartReader(boundary, new BodyCursorStream(body));
            while (await parts.ReadNextSectionAsync(cancellationToken) is { } part)
                await ReadPartAsync(part, buffer, cancellationToken);
            await body.DrainAsync(cancellationToken);
        }
        catch (InvalidDataException)
        {
            throw new RegistryException(
                ErrorCode.InvalidUsage, "The body is not the multipart form that its Content-Type says.");
        }
        catch (IOException) when (body.Ended)
        {
            // The reader's word for a missing last boundary. A body that the client did not finish fails before it has
            // ended.
            throw new RegistryException(
                ErrorCode.InvalidUsage, "The multipart form is cut short: its last boundary is missing.");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async ValueTask ReadPartAsync(MultipartSection part, byte[] buffer, CancellationToken cancellationToken)
    {
        if (HeaderParameters.Find(part.ContentDisposition, "name") is not { } fieldName)
            return;
        var name = new BoundedBytes(PushFields.MaxNameBytes);
        name.Append(System.Text.Encoding.UTF8.GetBytes(fieldName));
        if (PushFields.Find(name) is not { } field)
            return;
        if (field == PushField.Blob)
        {
            if (fields.BeginBlob() is { } blob)
                await ReadBlobAsync(part, blob, buffer, cancellationToken);
            return;
        }

        var text = fields.NewText(field);
        int read;
        while ((read = await part.Body.ReadAsync(buffer, cancellationToken)) > 0)
            text.Append(buffer.AsSpan(0, read));
        fields.SetText(field, text);
    }

    private static async ValueTask ReadBlobAsync(
        MultipartSection part, BlobText blob, byte[] buffer, CancellationToken cancellationToken)
    {
        var read =
            await part.Body.ReadAtLeastAsync(buffer, FileKind.HeadBytes, throwOnEndOfStream: false, cancellationToken);
        var isRaw = read > 0 && (buffer[0] == GzipMagic || FileKind.Find(buffer.AsSpan(0, read)) is not null);
        for (; read > 0; read = await part.Body.ReadAsync(buffer, cancellationToken))
        {
            if (isRaw)
                await blob.AppendRawAsync(buffer.AsMemory(0, read), cancellationToken);
            else
                await blob.AppendAsync(buffer.AsMemory(0, read), cancellationToken);
        }

        await blob.EndAsync(cancellationToken);
    }
}
