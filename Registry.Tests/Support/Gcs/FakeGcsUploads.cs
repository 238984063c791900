using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;

namespace Registry.Tests.Support.Gcs;

/// <summary>Multipart uploads, and sessions of resumable uploads.</summary>
internal sealed class FakeGcsUploads(string folder, Func<Uri> address)
{
    /// <summary>All chunks of a session except the last must be multiples of this, in bytes.</summary>
    private const int Block = 256 * 1024;

    private readonly ConcurrentDictionary<string, Session> sessions = new();

    public int Begun { get; private set; }

    public async Task<FakeGcsResponse> InsertAsync(FakeGcsBucket bucket, FakeGcsRequest request, int? cut)
    {
        var boundary = MediaTypeHeaderValue.Parse(request.Context.Request.ContentType!).Parameters
            .First(parameter => parameter.Name == "boundary").Value!.Trim('"');
        var reader = new MultipartReader(boundary, request.Context.Request.Body);
        var metadata = (await reader.ReadNextSectionAsync(request.Aborted))!;
        if (metadata.ContentType?.StartsWith("application/json", StringComparison.Ordinal) != true)
            return FakeGcsResponse.Error(500, "internalError", "The metadata part has no content type.");
        var resource = JsonNode.Parse(metadata.Body)!.AsObject();
        var media = (await reader.ReadNextSectionAsync(request.Aborted))!;
        if (media.ContentType is null)
            return FakeGcsResponse.Error(500, "internalError", "The media part has no content type.");
        var content = new FakeGcsContent(folder);
        await CopyAsync(media.Body, content, keepsPart: false, cut, request.Aborted);
        var response = bucket.Place(
            request.Name, FakeGcsConditions.Of(request), resource, content, request.Query("fields"));
        if (response.Status != 200)
            content.Dispose();
        return response;
    }

    public async Task<FakeGcsResponse> StartAsync(FakeGcsBucket bucket, FakeGcsRequest request)
    {
        var resource = await request.ReadJsonAsync();
        var conditions = FakeGcsConditions.Of(request);
        if (bucket.Evaluate(request.Name, conditions) is { } refusal)
            return refusal;
        var id = Guid.NewGuid().ToString("n");
        sessions[id] = new Session(
            bucket, request.Name, conditions, resource, request.Query("fields"), new FakeGcsContent(folder));
        Begun++;
        var location = new Uri(address(), $"/upload/sessions/{id}").AbsoluteUri;
        return new FakeGcsResponse(200) { Headers = { ["Location"] = location } };
    }

    public async Task<FakeGcsResponse> ContinueAsync(FakeGcsRequest request, FakeGcsFault? fault)
    {
        if (fault?.LosesSession == true)
            sessions.TryRemove(request.Name, out _);
        if (!sessions.TryGetValue(request.Name, out var session))
            return FakeGcsResponse.Error(410, "gone", "The requested session no longer exists.");
        if (session.Final is { } final)
            return final;
        var range = ContentRangeHeaderValue.Parse(request.Context.Request.Headers.ContentRange.ToString());
        if (range.From is { } from)
        {
            if (from != session.Content.Length)
                return FakeGcsResponse.Error(
                    400, "invalid", $"The session has {session.Content.Length} bytes, not {from}.");
            if (range.To + 1 != range.Length && (range.To + 1 - from) % Block != 0)
                return FakeGcsResponse.Error(400, "invalid", $"A chunk must be a multiple of {Block} bytes.");
            await CopyAsync(
                request.Context.Request.Body, session.Content, keepsPart: true, fault?.RequestBytes, request.Aborted);
        }

        return session.Content.Length == range.Length && fault?.IsUnfinished != true
            ? session.Finish()
            : session.Describe();
    }

    public FakeGcsResponse Cancel(FakeGcsRequest request) => new(sessions.TryRemove(request.Name, out _) ? 499 : 410);

    /// <summary>
    /// Appends whole blocks as they arrive and the rest at the end of the body. With <paramref name="keepsPart"/>, a
    /// cut body keeps its earlier blocks; otherwise it throws, as does a body that ends early.
    /// </summary>
    private static async Task CopyAsync(
        Stream body, FakeGcsContent content, bool keepsPart, int? cut, CancellationToken cancellationToken)
    {
        var block = new byte[Block];
        for (var taken = 0; ;)
        {
            var read = await body.ReadAtLeastAsync(block, block.Length, throwOnEndOfStream: false, cancellationToken);
            if (taken + read > cut)
            {
                if (!keepsPart)
                    throw new IOException("The test cut the connection.");
                return;
            }

            await content.AppendAsync(block.AsMemory(0, read), cancellationToken);
            taken += read;
            if (read < block.Length)
                return;
        }
    }

    private sealed record Session(
        FakeGcsBucket Bucket,
        string Name,
        FakeGcsConditions Conditions,
        JsonObject Resource,
        string? Fields,
        FakeGcsContent Content)
    {
        /// <summary>The final response, repeated once the object is created.</summary>
        public FakeGcsResponse? Final { get; private set; }

        public FakeGcsResponse Finish() => Final = Bucket.Place(Name, Conditions, Resource, Content, Fields);

        public FakeGcsResponse Describe() => new(308)
        {
            Headers = Content.Length == 0
                ? []
                : new() { ["Range"] = string.Create(CultureInfo.InvariantCulture, $"bytes=0-{Content.Length - 1}") },
        };
    }
}
