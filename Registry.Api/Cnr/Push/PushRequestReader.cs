using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Registry.Api.Http;
using Registry.Api.Json;
using Registry.Core.Content;
using Registry.Core.Errors;
using Registry.Core.Packages;

namespace Registry.Api.Cnr.Push;

/// <summary>
/// Reads a push as a stream: its content is written to the push as it arrives, in constant memory.
/// </summary>
/// <remarks>
/// A body whose first non-blank byte is <c>{</c> is JSON, whatever its Content-Type, since curl declares JSON as a
/// form. Any other body is a form if its Content-Type says so. Fields that the body lacks are taken from the query. The
/// body is read to its end before it is rejected, so that a body that is too large is reported as such, whatever else
/// is wrong. A registry that is short of memory rejects at once.
/// </remarks>
internal static class PushRequestReader
{
    /// <summary>The memory of reading a push, in bytes, in addition to that of <see cref="PackagePush"/>.</summary>
    public const int BufferBytes = BlobText.BufferBytes + MultipartPushBody.BufferBytes;

    // RFC 2046, section 5.1.1.
    private const int MaxBoundaryLength = 70;

    private static ReadOnlySpan<byte> ByteOrderMark => "\uFEFF"u8;

    /// <summary>Reads a push. The caller disposes the result.</summary>
    /// <param name="request">The request; its body must be unread.</param>
    /// <param name="begin">
    /// Begins the push. Called at most once, at the first byte of the content.
    /// </param>
    /// <param name="maxMetadataBytes">The limit of the metadata, which the result enforces.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.InvalidUsage"/>: the body is neither JSON nor a form, or a field is missing or of the wrong
    /// type.
    /// </exception>
    /// <exception cref="BadHttpRequestException">
    /// The body is too large (413), or the client disconnected: as the server throws it.
    /// </exception>
    /// <exception cref="Core.Storage.StorageException">The storage failed.</exception>
    public static async ValueTask<PushRequest> ReadAsync(
        HttpRequest request,
        Func<CancellationToken, ValueTask<PackagePush>> begin,
        int maxMetadataBytes,
        CancellationToken cancellationToken)
    {
        var body = new BodyCursor(request.BodyReader);
        // Disposes nothing once the request owns the push.
        await using var fields = new PushFields(begin, maxMetadataBytes);
        try
        {
            if (request.Headers.ContentEncoding is [{ Length: > 0 } encoding, ..]
                && !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
                throw new RegistryException(
                    ErrorCode.InvalidUsage,
                    "The body has a Content-Encoding: send it without one.",
                    ("field", "Content-Encoding"));
            await ReadBodyAsync(request, body, fields, cancellationToken);
            await ReadQueryAsync(request, fields, cancellationToken);
            return fields.ToRequest();
        }
        catch (JsonSyntaxException exception)
        {
            var at = body.Position;
            await body.DrainAsync(cancellationToken);
            throw new RegistryException(
                ErrorCode.InvalidUsage, $"The body is not valid JSON, at byte {at}: {exception.Message}");
        }
        catch (RegistryException exception) when (exception.Code != ErrorCode.Unavailable)
        {
            await fields.DisposeAsync();
            await body.DrainAsync(cancellationToken);
            throw;
        }
        finally
        {
            body.Release();
        }
    }

    private static async ValueTask ReadBodyAsync(
        HttpRequest request, BodyCursor body, PushFields fields, CancellationToken cancellationToken)
    {
        var first = await PeekFirstAsync(body, cancellationToken);
        if (first < 0)
            return;
        var contentType = HeaderParameters.ValueOf(request.ContentType).ToString();
        if (IsUtf16(first, body.Window.Span))
            throw new RegistryException(
                ErrorCode.InvalidUsage, "The body is UTF-16, as PowerShell writes files: send it in UTF-8.");
        if (first == '{')
            await new JsonPushBody(body, fields).ReadAsync(cancellationToken);
        else if (contentType.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase))
            await new UrlEncodedPushBody(body, fields).ReadAsync(isQuery: false, cancellationToken);
        else if (contentType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
            await new MultipartPushBody(body, fields, GetBoundary(request.ContentType)).ReadAsync(cancellationToken);
        else
            throw new RegistryException(
                ErrorCode.InvalidUsage,
                $"The body is neither a JSON object nor a form.{HintAt(first, body.Window.Span)}");
    }

    /// <summary>
    /// Whether a body is in UTF-16: by its byte order mark, or by the NUL next to the first ASCII character of JSON.
    /// </summary>
    private static bool IsUtf16(int first, ReadOnlySpan<byte> window) =>
        first is 0xff or 0xfe or 0 || window is [(byte)'{', 0, ..];

    private static string HintAt(int first, ReadOnlySpan<byte> window)
    {
        var kind = first == MultipartPushBody.GzipMagic ? "a gzip file" : FileKind.Find(window);
        return kind is null
            ? ""
            : $" It is {kind}; send a .tar.gz as the form field blob: curl -F blob=@FILE.";
    }

    /// <summary>The query is urlencoded like a form; fields of the body take precedence.</summary>
    private static async ValueTask ReadQueryAsync(
        HttpRequest request, PushFields fields, CancellationToken cancellationToken)
    {
        if (request.QueryString.Value is not ['?', .. var query])
            return;
        var cursor = new BodyCursor(PipeReader.Create(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(query))));
        await new UrlEncodedPushBody(cursor, fields).ReadAsync(isQuery: true, cancellationToken);
    }

    private static string GetBoundary(string? contentType)
    {
        var boundary = HeaderParameters.Find(contentType, "boundary") ?? "";
        if (boundary.Length is 0 or > MaxBoundaryLength)
            throw new RegistryException(
                ErrorCode.InvalidUsage,
                "The Content-Type of the multipart form has no boundary of 1 to 70 characters.");
        return boundary;
    }

    /// <summary>Returns the first byte that is neither blank nor part of a byte order mark; -1 for none.</summary>
    private static async ValueTask<int> PeekFirstAsync(BodyCursor body, CancellationToken cancellationToken)
    {
        for (var i = 0; i < ByteOrderMark.Length; i++)
        {
            if (!await body.FillAsync(cancellationToken) || body.Window.Span[0] != ByteOrderMark[i])
                break;
            body.Consume(1);
        }

        return await body.PeekTokenAsync(cancellationToken);
    }
}
