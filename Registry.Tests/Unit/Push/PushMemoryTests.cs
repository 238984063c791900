using System.IO.Compression;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;
using NUnit.Framework;
using Registry.Api.Cnr;
using Registry.Api.Cnr.Push;
using Registry.Core.Content;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Unit.Content;

namespace Registry.Tests.Unit.Push;

/// <summary>Memory use is independent of the size of what is pushed and pulled.</summary>
[NonParallelizable]
public sealed class PushMemoryTests
{
    private const long PackageBytes = 96 << 20;
    private const long AllowedBytes = 16 << 20;

    [Test]
    public async Task A_large_package_is_pushed_in_constant_memory()
    {
        var blobs = new MemoryBlobs { Keep = false };
        var used = await MeasureAsync(async body =>
        {
            await using var push = await ReadAsync(body, blobs);
            var content = await push.Push.Upload.CompleteAsync(CancellationToken.None);
            Assert.That(content.Size, Is.EqualTo(blobs.Writers.Single().Written).And.GreaterThan(PackageBytes));
            Assert.That(push.Release, Is.EqualTo("1.0.0"));
        }, WritePackageAsync);
        Assert.That(used, Is.LessThan(AllowedBytes));
    }

    [TestCase("{\"x\":\"", "a", "\"}")]
    [TestCase("{\"x\":[", "{\"y\":[1,true,\"\\u00e9\"]},", "0]}")]
    [TestCase("{\"x\":", "1234567890", "}")]
    [TestCase("{\"", "name", "\":1}")]
    [TestCase("{\"release\":\"", "1.0.0", "\"}")]
    [TestCase("{\"metadata\":[", "1,", "1]}")]
    [TestCase("", " ", "{}")]
    [TestCase("{\"blob\":\"", "A!", "\"}")]
    [TestCase("{\"blob\":\"no gzip", "AAAA", "\"}")]
    public async Task Skipped_input_uses_no_memory(string start, string repeated, string end)
    {
        var used = await MeasureAsync(
            body =>
            {
                Assert.That(
                    async () => await ReadAsync(body, new MemoryBlobs { Keep = false }),
                    Throws.InstanceOf<Core.Errors.RegistryException>());
                return Task.CompletedTask;
            },
            async writer =>
            {
                await writer.WriteAsync(Encoding.UTF8.GetBytes(start));
                var block = Encoding.UTF8.GetBytes(
                    string.Concat(Enumerable.Repeat(repeated, 60_000 / repeated.Length)));
                for (var written = 0L; written < 24 << 20; written += block.Length)
                    await writer.WriteAsync(block);
                await writer.WriteAsync(Encoding.UTF8.GetBytes(end));
            });
        Assert.That(used, Is.LessThan(AllowedBytes));
    }

    [Test]
    public async Task A_large_blob_is_written_as_json_in_constant_memory()
    {
        var json = new BlobJson(PackageBytes, ("filename", "f"));
        var used = await MeasureAsync(
            async body =>
            {
                var total = 0L;
                while (await body.ReadAsync() is { } result)
                {
                    total += result.Buffer.Length;
                    body.AdvanceTo(result.Buffer.End);
                    if (result.IsCompleted)
                        break;
                }

                Assert.That(total, Is.EqualTo(json.ContentLength));
            },
            async writer =>
            {
                var key = new BlobKey(SampleContent.Scope, Digest.FromHash(new byte[32]));
                var info = new BlobInfo(key, PackageBytes, default, new Revision("1"));
                await using var blob = new BlobReader(info, PackageBytes, new ZeroStream());
                await json.WriteAsync(blob, writer, 128 * 1024, CancellationToken.None);
            });
        Assert.That(used, Is.LessThan(AllowedBytes));
    }

    private static ValueTask<PushRequest> ReadAsync(PipeReader body, MemoryBlobs blobs)
    {
        var context = new DefaultHttpContext { Request = { ContentType = Pushes.Json } };
        context.Features.Set<Microsoft.AspNetCore.Http.Features.IRequestBodyPipeFeature>(new Body(body));
        return PushRequestReader.ReadAsync(
            context.Request,
            cancellationToken =>
                SampleContent.BeginPushAsync(blobs, new ContentLimits(), cancellationToken),
            new ContentLimits().MaxMetadataBytes,
            CancellationToken.None);
    }

    /// <summary>Returns by how much live memory rose while one side wrote and the other read.</summary>
    private static async Task<long> MeasureAsync(Func<PipeReader, Task> readAsync, Func<PipeWriter, Task> writeAsync)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 1 << 20, resumeWriterThreshold: 1 << 19));
        var before = LiveMemory.Measure();
        return await LiveMemory.HighestUntilAsync(TransferAsync(), CancellationToken.None) - before;

        async Task TransferAsync()
        {
            var writing = Task.Run(async () =>
            {
                await writeAsync(pipe.Writer);
                await pipe.Writer.CompleteAsync();
            });
            await Task.Run(() => readAsync(pipe.Reader));
            await writing;
        }
    }

    /// <summary>Writes a push of a tar of random bytes, without holding it in memory.</summary>
    private static async Task WritePackageAsync(PipeWriter writer)
    {
        await writer.WriteAsync("{\"blob\":\""u8.ToArray());
        await using var base64 = new Base64WriteStream(writer.AsStream(leaveOpen: true));
        await using (var gzip = new GZipStream(base64, CompressionLevel.NoCompression))
        {
            // One entry with all the bytes: the header of a one-file archive, changed to a larger size.
            var header = SampleContent.Tar(System.Formats.Tar.TarEntryFormat.Ustar, ("a", [])).AsMemory(0, 512);
            Encoding.ASCII.GetBytes(Convert.ToString(PackageBytes, 8).PadLeft(11, '0')).CopyTo(header.Slice(124).Span);
            header.Slice(148, 8).Span.Fill((byte)' ');
            var sum = Convert.ToString(header.ToArray().Sum(b => b), 8).PadLeft(6, '0') + "\0";
            Encoding.ASCII.GetBytes(sum).CopyTo(header.Slice(148).Span);
            await gzip.WriteAsync(header);
            var block = SampleContent.Random(1 << 20);
            for (var written = 0L; written < PackageBytes; written += block.Length)
                await gzip.WriteAsync(block);
            await gzip.WriteAsync(new byte[1024]);
        }

        await base64.FinishAsync(CancellationToken.None);
        await writer.WriteAsync("\",\"release\":\"1.0.0\"}"u8.ToArray());
    }

    private sealed class Body(PipeReader reader) : Microsoft.AspNetCore.Http.Features.IRequestBodyPipeFeature
    {
        public PipeReader Reader => reader;
    }

    private sealed class ZeroStream() : ForwardOnlyStream(null)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            buffer.Span.Clear();
            return ValueTask.FromResult(buffer.Length);
        }
    }
}
