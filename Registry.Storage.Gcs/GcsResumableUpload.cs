using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Registry.Core.Storage;

namespace Registry.Storage.Gcs;

/// <summary>
/// One large upload: a session, and then chunk after chunk. Whatever fails, the service is asked how much it has, and is sent what it lacks;
/// only a session that is lost starts from the beginning. The object appears with the last byte.
/// </summary>
internal sealed class GcsResumableUpload(GcsClient client, string name, StagedBlob staged)
{
    private static readonly HttpStatusCode[] StartRefusals = [HttpStatusCode.PreconditionFailed, HttpStatusCode.NotFound];

    private static readonly HttpStatusCode[] ChunkAnswers =
        [HttpStatusCode.PermanentRedirect, HttpStatusCode.PreconditionFailed, HttpStatusCode.NotFound, HttpStatusCode.Gone];

    /// <summary>Null before it began, and once it is lost.</summary>
    private Uri? session;

    /// <summary>How many bytes the service has.</summary>
    private long offset;

    /// <summary>False when <see cref="offset"/> has to be asked for.</summary>
    private bool isOffsetKnown;

    /// <param name="metadata">What is said of the object.</param>
    /// <param name="generation">The generation that it must replace; 0 where there must be none.</param>
    /// <param name="ct">Cancels the call. What remains of the session vanishes after a week.</param>
    /// <exception cref="StorageException">The outcome is unknown.</exception>
    public async Task<GcsWrite> RunAsync(GcsMetadata metadata, long generation, CancellationToken ct)
    {
        var patience = client.TransferPatience();
        for (long furthest = 0; ;)
        {
            var write = await patience.RunAsync(
                async now =>
                {
                    try
                    {
                        return session is null ? await StartAsync(metadata, generation, now) : await ContinueAsync(now);
                    }
                    catch
                    {
                        isOffsetKnown = false;
                        throw;
                    }
                },
                ct);
            if (write is { } ended)
                return ended with { IsUnsure = patience.IsUnsure };
            if (offset <= furthest)
                continue;
            furthest = offset;
            patience.Progressed();
        }
    }

    private async Task<GcsWrite?> StartAsync(GcsMetadata metadata, long generation, GcsTry now)
    {
        var request = GcsClient.Request(HttpMethod.Post, client.UploadUrl("resumable", name, generation));
        request.Content = GcsClient.JsonOf(metadata);
        request.Headers.Add("X-Upload-Content-Type", "application/octet-stream");
        request.Headers.Add("X-Upload-Content-Length", staged.Length.ToString(CultureInfo.InvariantCulture));
        using var response = await client.Transport.SendAsync(request, StartRefusals, now.Token);
        switch (response.StatusCode)
        {
            case HttpStatusCode.NotFound:
                throw client.NoBucket();
            case HttpStatusCode.PreconditionFailed:
                return new GcsWrite(null, false, false);
            default:
                session = response.Headers.Location
                    ?? throw new GcsException(StorageFault.Unavailable, $"Google Cloud Storage began an upload of '{name}' without an address for it.") { MayPass = true };
                (offset, isOffsetKnown) = (0, true);
                return null;
        }
    }

    /// <summary>Sends the next chunk, or asks how much has arrived. Null while there is more to do.</summary>
    private async Task<GcsWrite?> ContinueAsync(GcsTry now)
    {
        var sending = isOffsetKnown && offset < staged.Length ? Math.Min(client.Options.ChunkBytes, staged.Length - offset) : 0;
        var request = new HttpRequestMessage(HttpMethod.Put, session);
        request.Content = new StagedContent(staged, offset, sending, now);
        request.Content.Headers.ContentRange = sending > 0
            ? new ContentRangeHeaderValue(offset, offset + sending - 1, staged.Length)
            : new ContentRangeHeaderValue(staged.Length);
        using var response = await client.Transport.SendAsync(request, ChunkAnswers, now.Token);
        switch (response.StatusCode)
        {
            case HttpStatusCode.PreconditionFailed:
                return new GcsWrite(null, false, false);
            case HttpStatusCode.NotFound or HttpStatusCode.Gone:
                session = null;
                throw new GcsException(StorageFault.Unavailable, $"The session of an upload of '{name}' was lost.") { MayPass = true, MayBeDone = true };
            case HttpStatusCode.PermanentRedirect:
                Arrived(BytesOf(response), sending);
                return null;
            default:
                return new GcsWrite(await GcsClient.ReadAsync(response, GcsJson.Default.GcsObject, now.Token), true, false);
        }
    }

    /// <summary>Takes note of how much the service has. It may have taken a part of a chunk only, but never has less than it once said.</summary>
    private void Arrived(long bytes, long sent)
    {
        if (bytes > staged.Length || bytes < offset)
        {
            session = null;
            throw new GcsException(StorageFault.Unavailable, $"The session of an upload of '{name}' holds {bytes} bytes where it had {offset} of {staged.Length}.") { MayPass = true };
        }

        if (bytes == staged.Length || (sent > 0 && bytes == offset))
            throw new GcsException(StorageFault.Unavailable, $"An upload of '{name}' does not come further than byte {bytes} of {staged.Length}.") { MayPass = true, MayBeDone = true };
        (offset, isOffsetKnown) = (bytes, true);
    }

    /// <summary>The range of what has arrived; none means nothing.</summary>
    private static long BytesOf(HttpResponseMessage response) =>
        response.Headers.TryGetValues("Range", out var values) && RangeHeaderValue.TryParse(values.FirstOrDefault(), out var range)
            ? (range.Ranges.FirstOrDefault()?.To + 1) ?? 0
            : 0;
}
