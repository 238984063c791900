using System.Buffers;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.WebUtilities;
using Registry.Api.Http;
using Registry.Core.Content;
using Registry.Core.Errors;
using Registry.Core.Repositories;
using ProvenanceFile = Registry.Core.Charts.Provenance;

namespace Registry.Api.Helm;

/// <summary>
/// The body of a push: an archive as it is, whatever its Content-Type, or a multipart form with the fields <c>chart</c>
/// and <c>prov</c>. The archive is passed on as it arrives.
/// </summary>
internal sealed class ChartBody : IAsyncDisposable
{
    private const int BufferBytes = 64 << 10;

    /// <summary>How many times a provenance file is in memory while it is read: in a buffer that doubles.</summary>
    private const int CopiesWhileRead = 3;

    // RFC 2046, section 5.1.1.
    private const int MaxBoundaryLength = 70;

    private ChartBody()
    {
    }

    /// <summary>The push of the archive, which is complete; null when the body has none.</summary>
    public ChartPush? Chart { get; private set; }

    /// <summary>The provenance file; null when the body has none.</summary>
    public ReadOnlyMemory<byte>? Provenance { get; private set; }

    /// <summary>The error of a form without a field of a push.</summary>
    public static RegistryException NoField() => Malformed("The form has neither a field 'chart' nor a field 'prov'");

    /// <summary>The error of a form without a provenance file.</summary>
    public static RegistryException NoProvenance() => Malformed("The form has no field 'prov'");

    /// <summary>Returns the memory of reading a body, in bytes.</summary>
    /// <param name="request">The request.</param>
    /// <param name="hasProvenance">Whether the body is a provenance file, if it is not a form.</param>
    public static long MemoryOf(HttpRequest request, bool hasProvenance) =>
        BufferBytes
        + (hasProvenance || IsForm(request)
            ? CopiesWhileRead * Math.Min(request.ContentLength ?? long.MaxValue, ProvenanceFile.MaxBytes)
            : 0);

    /// <summary>Reads a body with an archive, a provenance file, or both. The caller disposes it.</summary>
    /// <param name="request">The request; its body must be unread.</param>
    /// <param name="begin">Begins the push of an archive.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.InvalidUsage"/>: the form is malformed, or has neither field;
    /// <see cref="ErrorCode.RequestTooLarge"/>.
    /// </exception>
    /// <exception cref="Core.Storage.StorageException">The storage failed.</exception>
    public static async Task<ChartBody> ReadAsync(
        HttpRequest request,
        Func<ChartPush> begin,
        CancellationToken cancellationToken)
    {
        var body = new ChartBody();
        try
        {
            if (IsForm(request))
                await body.ReadFormAsync(request, begin, cancellationToken);
            else
                await body.ReadChartAsync(request.Body, begin, cancellationToken);
            return body.Chart is null && body.Provenance is null
                ? throw NoField()
                : body;
        }
        catch
        {
            await body.DisposeAsync();
            throw;
        }
    }

    /// <summary>Reads a body with a provenance file, as it is or in a form. The caller disposes it.</summary>
    /// <param name="request">The request; its body must be unread.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="RegistryException">
    /// <see cref="ErrorCode.InvalidUsage"/>: the form is malformed, or does not have the field;
    /// <see cref="ErrorCode.RequestTooLarge"/>.
    /// </exception>
    public static async Task<ChartBody> ReadProvenanceAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var body = new ChartBody();
        if (IsForm(request))
            await body.ReadFormAsync(request, begin: null, cancellationToken);
        else
            await body.ReadProvenanceAsync(request.Body, cancellationToken);
        return body.Provenance is null ? throw NoProvenance() : body;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Chart is not null)
            await Chart.DisposeAsync();
    }

    private static bool IsForm(HttpRequest request) =>
        HeaderParameters.ValueOf(request.ContentType).ToString()
            .Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase);

    private static RegistryException Malformed(string reason) => new(ErrorCode.InvalidUsage, reason);

    private async Task ReadFormAsync(
        HttpRequest request,
        Func<ChartPush>? begin,
        CancellationToken cancellationToken)
    {
        var boundary = HeaderParameters.Find(request.ContentType, "boundary") ?? "";
        if (boundary.Length is 0 or > MaxBoundaryLength)
            throw Malformed("The Content-Type of the form has no boundary of 1 to 70 characters");
        try
        {
            var parts = new MultipartReader(boundary, request.Body);
            while (await parts.ReadNextSectionAsync(cancellationToken) is { } part)
                switch (HeaderParameters.Find(part.ContentDisposition, "name"))
                {
                    case "chart" when begin is not null:
                        if (Chart is not null)
                            throw Malformed("The form has several fields 'chart'; expected one");
                        await ReadChartAsync(part.Body, begin, cancellationToken);
                        break;
                    case "prov":
                        if (Provenance is not null)
                            throw Malformed("The form has several fields 'prov'; expected one");
                        await ReadProvenanceAsync(part.Body, cancellationToken);
                        break;
                }
        }
        catch (Exception exception)
            when (exception is InvalidDataException
                or IOException and not (BadHttpRequestException or ConnectionResetException))
        {
            throw Malformed("The body is not a multipart form, or it is truncated");
        }
    }

    private async Task ReadChartAsync(
        Stream archive, Func<ChartPush> begin, CancellationToken cancellationToken)
    {
        Chart = begin();
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            int read;
            while ((read = await archive.ReadAtLeastAsync(
                buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken)) > 0)
                await Chart.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task ReadProvenanceAsync(Stream file, CancellationToken cancellationToken)
    {
        using var bytes = new PooledBytes(BufferBytes);
        int read;
        while ((read = await file.ReadAsync(bytes.GetMemory(), cancellationToken)) > 0)
        {
            bytes.Advance(read);
            if (bytes.WrittenCount > ProvenanceFile.MaxBytes)
                throw ChartErrors.ProvenanceTooLarge();
        }

        Provenance = bytes.WrittenMemory.ToArray();
    }
}
