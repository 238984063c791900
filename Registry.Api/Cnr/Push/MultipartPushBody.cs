using System.Buffers;
using Microsoft.AspNetCore.WebUtilities;
using Registry.Api.Http;
using Registry.Api.Json;
using Registry.Core.Content;
using Registry.Core.Errors;

namespace Registry.Api.Cnr.Push;

/// <summary>
/// Reads the fields of a push from a multipart form. A blob is base64 as everywhere; one that starts with the first
/// byte of a gzip, which is not base64, is the gzip itself, as <c>curl -F blob=@package.tar.gz</c> sends it. A file of
/// another known kind is passed on too, so that the error can name the kind. The first of several equal fields counts.
/// </summary>
internal sealed class MultipartPushBody(BodyCursor body, PushFields fields, string boundary)
{
    /// <summary>The first byte of a gzip.</summary>
    public const byte GzipMagic = 0x1f;

    /// <summary>The memory of the reader, in bytes.</summary>
    public const int BufferBytes = 16 << 10;

    /// <summary>Reads to the end.</summary>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.InvalidUsage"/>: the body is not a multipart form, or it is truncated.
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
                ErrorCode.InvalidUsage, "The body is not a multipart form, as its Content-Type says.");
        }
        catch (IOException) when (body.Ended)
        {
            // This is how the reader reports a missing last boundary. If the client aborts the request, an earlier read
            // fails.
            throw new RegistryException(
                ErrorCode.InvalidUsage, "The multipart form is truncated: its last boundary is missing.");
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
        blob.MayBeRaw = true;
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
