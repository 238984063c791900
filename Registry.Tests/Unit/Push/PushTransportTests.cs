using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using NUnit.Framework;
using Registry.Api.Cnr.Push;
using Registry.Core.Content;
using Registry.Core.Errors;
using Registry.Core.Storage;
using Registry.Tests.Unit.Content;

namespace Registry.Tests.Unit.Push;

public sealed class PushTransportTests
{
    [Test]
    public async Task A_body_rejected_as_too_large_by_the_server_throws_413_regardless_of_other_errors()
    {
        foreach (var start in (string[])[
            "{\"blob\":\"", "{\"release\":5,", "{nonsense", "[", "{\"blob\":\"!\",\"x\":\""
        ])
        {
            var body = new Pipe();
            await body.Writer.WriteAsync(Encoding.UTF8.GetBytes(start));
            var reading = Pushes.ReadAsync(body.Reader);
            await body.Writer.WriteAsync("AAAA"u8.ToArray());
            await body.Writer.CompleteAsync(
                new BadHttpRequestException("Request body too large.", StatusCodes.Status413PayloadTooLarge));
            Assert.That(
                async () => await reading,
                Throws.InstanceOf<BadHttpRequestException>().With.Property("StatusCode").EqualTo(413),
                start);
        }
    }

    [Test]
    public async Task A_disconnecting_client_leaves_nothing_behind(
        [Values(Pushes.Json, Pushes.Form, "multipart/form-data; boundary=xYzZY")] string contentType)
    {
        var blobs = new MemoryBlobs();
        var body = new Pipe();
        var context = new DefaultHttpContext { Request = { ContentType = contentType, Body = body.Reader.AsStream() } };
        var reading = PushRequestReader.ReadAsync(
            context.Request,
            cancellationToken =>
                SampleContent.BeginPushAsync(blobs, new ContentLimits(), cancellationToken),
            new ContentLimits().MaxMetadataBytes,
            CancellationToken.None).AsTask();
        var start = contentType == Pushes.Json
            ? "{\"blob\":\""
            : contentType == Pushes.Form ? "blob=" : "--xYzZY\r\nContent-Disposition: form-data; name=\"blob\"\r\n\r\n";
        await body.Writer.WriteAsync(Encoding.ASCII.GetBytes(start + Pushes.Blob[..400]));
        await body.Writer.CompleteAsync(new IOException("Connection reset by peer."));
        Assert.That(
            async () => await reading,
            Throws.InstanceOf<IOException>().With.Message.EqualTo("Connection reset by peer."));
        Assert.That(blobs.Writers.TrueForAll(writer => writer.Disposed), Is.True);
    }

    [Test]
    public async Task A_cancelled_read_stops()
    {
        using var cancel = new CancellationTokenSource();
        var body = new Pipe();
        var blobs = new MemoryBlobs();
        var context = new DefaultHttpContext { Request = { ContentType = Pushes.Json, Body = body.Reader.AsStream() } };
        var reading = PushRequestReader.ReadAsync(
            context.Request,
            cancellationToken =>
                SampleContent.BeginPushAsync(blobs, new ContentLimits(), cancellationToken),
            new ContentLimits().MaxMetadataBytes,
            cancel.Token).AsTask();
        await body.Writer.WriteAsync(Encoding.ASCII.GetBytes("{\"blob\":\"" + Pushes.Blob[..400]));
        await cancel.CancelAsync();
        Assert.That(async () => await reading, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(blobs.Writers.TrueForAll(writer => writer.Disposed), Is.True);
    }

    [Test]
    public async Task A_storage_failure_is_thrown_immediately_and_the_upload_discarded()
    {
        var blobs = new MemoryBlobs { FailAfterBytes = 10 };
        var body = new Pipe();
        var context = new DefaultHttpContext { Request = { ContentType = Pushes.Json } };
        context.Features.Set<IRequestBodyPipeFeature>(new Body(body.Reader));
        await body.Writer.WriteAsync(Encoding.ASCII.GetBytes(Pushes.Minimal));
        Assert.That(
            async () => await PushRequestReader.ReadAsync(
                context.Request,
                cancellationToken =>
                    SampleContent.BeginPushAsync(blobs, new ContentLimits(), cancellationToken),
                new ContentLimits().MaxMetadataBytes,
                CancellationToken.None),
            Throws.InstanceOf<StorageException>());
        Assert.That(blobs.Writers.Single().Disposed, Is.True);

        // The server continues with the body where the reading ended.
        await body.Writer.WriteAsync("rest"u8.ToArray());
        Assert.That((await body.Reader.ReadAsync()).Buffer.Length, Is.EqualTo(4));
    }

    [Test]
    public async Task Nothing_is_staged_for_a_push_without_a_blob()
    {
        var begun = 0;
        var context = new DefaultHttpContext
        {
            Request =
            {
                ContentType = Pushes.Json,
                Body = new MemoryStream("{\"release\":\"1.0.0\",\"blob\":\"\"}"u8.ToArray())
            }
        };
        Assert.That(
            async () => await PushRequestReader.ReadAsync(
                context.Request,
                cancellationToken =>
                {
                    begun++;
                    return SampleContent.BeginPushAsync(new MemoryBlobs(), new ContentLimits(), cancellationToken);
                },
                new ContentLimits().MaxMetadataBytes,
                CancellationToken.None),
            Throws.InstanceOf<RegistryException>());
        Assert.That(begun, Is.Zero);
        await Task.CompletedTask;
    }

    private sealed class Body(PipeReader reader) : IRequestBodyPipeFeature
    {
        public PipeReader Reader => reader;
    }
}
