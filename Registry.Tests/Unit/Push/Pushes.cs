using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Registry.Api.Cnr.Push;
using Registry.Core.Content;
using Registry.Core.Errors;
using Registry.Tests.Unit.Content;

namespace Registry.Tests.Unit.Push;

/// <summary>Sends pushes to the reader, in pieces of any size, and returns the outcome.</summary>
internal static class Pushes
{
    public const string Json = "application/json";
    public const string Form = "application/x-www-form-urlencoded";

    /// <summary>A valid package.</summary>
    public static byte[] Package { get; } = SampleContent.Gzip(
        [.. SampleContent.Tar(System.Formats.Tar.TarEntryFormat.Ustar, ("a", SampleContent.Random(777)))]);

    public static string Blob { get; } = Convert.ToBase64String(Package);

    public static string Minimal { get; } = $$"""{"release":"1.0.0","blob":"{{Blob}}"}""";

    public static Task<Outcome> ReadAsync(
        string body,
        string? contentType = Json,
        string query = "",
        int pieceBytes = int.MaxValue,
        ContentLimits? limits = null) =>
        ReadAsync(Encoding.UTF8.GetBytes(body), contentType, query, pieceBytes, limits);

    public static Task<Outcome> ReadAsync(
        byte[] body,
        string? contentType = Json,
        string query = "",
        int pieceBytes = int.MaxValue,
        ContentLimits? limits = null)
    {
        var pieces = new List<int>();
        for (var at = 0; at < body.Length; at += pieces[^1])
            pieces.Add(Math.Min(pieceBytes, body.Length - at));
        return ReadAsync(
            PipeReader.Create(pieces.Count == 0 ? ReadOnlySequence<byte>.Empty : Split(body, pieces)),
            contentType,
            query,
            limits);
    }

    public static async Task<Outcome> ReadAsync(
        PipeReader body,
        string? contentType = Json,
        string query = "",
        ContentLimits? limits = null,
        Action<HttpRequest>? change = null)
    {
        var context = new DefaultHttpContext();
        context.Features.Set<IRequestBodyPipeFeature>(new Body(body));
        context.Request.ContentType = contentType;
        context.Request.QueryString = new QueryString(query);
        change?.Invoke(context.Request);
        var blobs = new MemoryBlobs();
        limits ??= new ContentLimits();
        try
        {
            await using var push = await PushRequestReader.ReadAsync(
                context.Request,
                cancellationToken =>
                    SampleContent.BeginPushAsync(blobs, limits, cancellationToken),
                limits.MaxMetadataBytes,
                CancellationToken.None);
            return await CompleteAsync(push, blobs);
        }
        catch (RegistryException exception)
        {
            return new Outcome
            {
                Error = exception,
                BodyIsRead = await IsReadAsync(body),
                IsDiscarded = blobs.Writers.TrueForAll(writer => writer.Disposed)
            };
        }
    }

    /// <summary>Returns a body that arrives in these pieces.</summary>
    public static ReadOnlySequence<byte> Split(byte[] bytes, IEnumerable<int> pieces)
    {
        var first = new Segment(ReadOnlyMemory<byte>.Empty, null);
        var last = first;
        var at = 0;
        foreach (var piece in pieces)
        {
            last = new Segment(bytes.AsMemory(at, piece), last);
            at += piece;
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private static async Task<Outcome> CompleteAsync(PushRequest push, MemoryBlobs blobs)
    {
        RegistryException? contentError = null;
        string? metadata = null;
        try
        {
            metadata = push.GetMetadata();
            await push.Push.Upload.CompleteAsync(CancellationToken.None);
            await push.Push.Upload.CommitAsync(CancellationToken.None);
        }
        catch (RegistryException exception)
        {
            contentError = exception;
        }

        return new Outcome
        {
            Release = push.Release,
            MediaType = push.MediaType,
            Force = push.Force,
            Metadata = metadata,
            ContentError = contentError,
            Stored = blobs.Committed.Values.SingleOrDefault(),
        };
    }

    private static async Task<bool> IsReadAsync(PipeReader body)
    {
        var rest = await body.ReadAsync();
        return rest is { IsCompleted: true, Buffer.IsEmpty: true };
    }

    private sealed class Body(PipeReader reader) : IRequestBodyPipeFeature
    {
        public PipeReader Reader => reader;
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? before)
        {
            Memory = memory;
            if (before is null)
                return;
            RunningIndex = before.RunningIndex + before.Memory.Length;
            before.Next = this;
        }
    }
}

/// <summary>The outcome of a push.</summary>
internal sealed record Outcome
{
    /// <summary>The exception of reading the push, or null.</summary>
    public RegistryException? Error { get; init; }

    public bool BodyIsRead { get; init; } = true;

    public bool IsDiscarded { get; init; }

    public string? Release { get; init; }

    public string? MediaType { get; init; }

    public bool Force { get; init; }

    public string? Metadata { get; init; }

    /// <summary>The exception of validating the content, or null if it was accepted.</summary>
    public RegistryException? ContentError { get; init; }

    public byte[]? Stored { get; init; }

    /// <summary>
    /// The error in short: <c>InvalidUsage release</c>, <c>InvalidParameters blob</c>; <c>ok</c> if there is none.
    /// </summary>
    public string Summary =>
        (Error ?? ContentError) is not { } exception
            ? "ok"
            : exception.Details is [("field", var name)] ? $"{exception.Code} {name}" : $"{exception.Code}";
}
