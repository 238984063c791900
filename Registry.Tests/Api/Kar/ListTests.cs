using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using NUnit.Framework;
using Registry.Core.Archives;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Api.Kar;

[TestFixtureSource(typeof(Backends), nameof(Backends.Names))]
public sealed class ListTests(string backend)
{
    private FaultyHost host = null!;

    /// <summary>The list of a workspace that only this test uses.</summary>
    private static string List => $"/api/v1/app?workspace=//test/{TestContext.CurrentContext.Test.ID}";

    [OneTimeSetUp]
    public async Task Start() => host = await FaultyHost.StartAsync(await Backends.NewStorageAsync(backend));

    [OneTimeTearDown]
    public async Task Stop() => await host.DisposeAsync();

    [SetUp]
    public void Clear() => host.Faults.Clear();

    [Test]
    public async Task An_empty_list_is_an_empty_array() =>
        Assert.That(await host.Client.GetStringAsync("/api/v1/app"), Is.EqualTo("[]\n"));

    [Test]
    public async Task An_entry_has_four_strings()
    {
        Assert.That(Workspace.TryDerive("//H/x", out var workspace));
        await using (var writer = await host.Blobs.CreateAsync(workspace.Scope, default))
        {
            await writer.WriteAsync(await SampleArchive.BytesAsync(), default);
            await writer.CommitAsync(
                Digest.Parse(SampleArchive.Id),
                new DateTimeOffset(2016, 1, 4, 12, 31, 4, TimeSpan.Zero).AddMicroseconds(1001),
                default);
        }

        var list = await host.Client.GetFromJsonAsync<JsonArray>("/api/v1/app?workspace=//h/x");
        Assert.That(list!.Single()!.ToJsonString(), Is.EqualTo(
            $$"""{"generation":"1451910664001001","name":"h/x/{{SampleArchive.Id}}.zip","size":"4952","timeCreated":"2016-01-04T12:31:04.001Z"}"""));
    }

    [Test]
    public async Task An_upload_of_the_same_bytes_raises_the_generation()
    {
        var generations = new List<long>();
        for (var i = 0; i < 2; i++)
        {
            await host.Client.PostAsync(List, new ByteArrayContent([1]));
            generations.Add(
                long.Parse(
                    (string)(await host.Client.GetFromJsonAsync<JsonArray>(List))!.Single()!["generation"]!));
        }

        Assert.That(generations[1], Is.GreaterThan(generations[0]));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(1000)]
    public async Task The_ETag_of_a_list_depends_on_its_content(int count)
    {
        await FillAsync(count);
        using var response = await host.Client.GetAsync(List);
        Assert.That(await response.Content.ReadFromJsonAsync<JsonArray>(), Has.Count.EqualTo(count));
        Assert.That(response.Headers.ETag, Is.Not.Null.And.Property("IsWeak").False);

        using var again = await host.Client.SendAsync(Conditional(response));
        Assert.That(again.StatusCode, Is.EqualTo(HttpStatusCode.NotModified));
        Assert.That(again.Headers.ETag, Is.EqualTo(response.Headers.ETag));

        using var other =
            new HttpRequestMessage(HttpMethod.Get, List) { Headers = { IfMatch = { new("\"other\"") } } };
        Assert.That((await host.Client.SendAsync(other)).StatusCode, Is.EqualTo(HttpStatusCode.PreconditionFailed));

        await host.Client.PostAsync(List, new StringContent("one more"));
        using var changed = await host.Client.SendAsync(Conditional(response));
        Assert.That(changed.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task A_gzipped_list_has_its_own_ETag()
    {
        await FillAsync(50);
        using var plain = await host.Client.GetAsync(List);
        using var request = new HttpRequestMessage(HttpMethod.Get, List)
        {
            Headers = { AcceptEncoding = { new("gzip"), new("deflate") } }
        };
        using var zipped = await host.Client.SendAsync(request);
        Assert.That(zipped.Content.Headers.ContentEncoding, Is.EqualTo(new[] { "gzip" }));
        Assert.That(zipped.Headers.ETag, Is.Not.EqualTo(plain.Headers.ETag));
        Assert.That(plain.Headers.Vary.Concat(zipped.Headers.Vary), Is.All.EqualTo("Accept-Encoding"));
        await using var gunzip = new System.IO.Compression.GZipStream(
            await zipped.Content.ReadAsStreamAsync(), System.IO.Compression.CompressionMode.Decompress);
        using var reader = new StreamReader(gunzip);
        Assert.That(await reader.ReadToEndAsync(), Is.EqualTo(await plain.Content.ReadAsStringAsync()));

        using var refused =
            new HttpRequestMessage(HttpMethod.Get, List) { Headers = { AcceptEncoding = { new("gzip", 0) } } };
        Assert.That((await host.Client.SendAsync(refused)).Content.Headers.ContentEncoding, Is.Empty);
    }

    [Test]
    public async Task A_long_list_is_streamed_without_an_ETag_and_breaks_on_failure()
    {
        const int Count = 1300;
        await FillAsync(Count);
        using (var response = await host.Client.GetAsync(List))
        {
            Assert.That(response.Headers.ETag, Is.Null);
            var names = (await response.Content.ReadFromJsonAsync<JsonArray>())!
                .Select(static app => (string)app!["name"]!)
                .ToList();
            Assert.That(names, Has.Count.EqualTo(Count).And.Unique);
            Assert.That(names, Is.EqualTo(names.Order(StringComparer.Ordinal)));
        }

        using (var head = await host.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, List)))
            await CheckHeadAsync(head);
        FailAtEntry(1000);
        Assert.That(
            (await host.Client.GetAsync(List)).StatusCode,
            Is.EqualTo(HttpStatusCode.ServiceUnavailable),
            "nothing had been sent, so the status can still be 503");
        FailAtEntry(Count);
        Assert.That(() => host.Client.GetStringAsync(List), Throws.TypeOf<HttpRequestException>());
        FailAtEntry(Count);
        var raw =
            await RawHttp.SendAsync(host.Address, $"GET {List} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        Assert.That(raw, Does.Not.EndWith("0\r\n\r\n"));
        Assert.That(raw.TrimEnd(), Does.Not.EndWith("]"));
    }

    [Test]
    public async Task Head_of_a_list_has_no_body()
    {
        await FillAsync(1);
        using var response = await host.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, List));
        await CheckHeadAsync(response);
    }

    [TestCase("PUT")]
    [TestCase("DELETE")]
    [TestCase("PATCH")]
    [TestCase("FOO")]
    public async Task Other_methods_get_405_with_the_allowed_ones(string method)
    {
        using var response = await host.Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), List));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.MethodNotAllowed));
        Assert.That(response.Content.Headers.Allow, Is.EquivalentTo(new[] { "GET", "HEAD", "POST", "OPTIONS" }));
    }

    private static HttpRequestMessage Conditional(HttpResponseMessage earlier) =>
        new(HttpMethod.Get, List) { Headers = { IfNoneMatch = { earlier.Headers.ETag! } } };

    private static async Task CheckHeadAsync(HttpResponseMessage response)
    {
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(response.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/json"));
        Assert.That(await response.Content.ReadAsByteArrayAsync(), Is.Empty);
    }

    /// <summary>Makes the listing fail at the entry with this number, starting from one.</summary>
    private void FailAtEntry(int number)
    {
        // The call of the listing itself precedes those of its entries.
        var left = number;
        host.Faults.Before = call => call.Operation == StorageOperation.ListBlobs && Interlocked.Decrement(ref left) < 0
            ? throw new StorageException(StorageFault.Unavailable, "secret-host went away")
            : default;
    }

    private async Task FillAsync(int count)
    {
        var archives = new AppArchiveRegistry(host.Blobs, new ArchiveLimits(), Samples.Events);
        Assert.That(Workspace.TryDerive($"//test/{TestContext.CurrentContext.Test.ID}", out var workspace));
        await Parallel.ForEachAsync(
            Enumerable.Range(0, count),
            new ParallelOptions { MaxDegreeOfParallelism = 16 },
            async (i, cancellationToken) =>
                await archives.UploadAsync(
                    workspace, new MemoryStream(BitConverter.GetBytes(i)), Samples.Caller, cancellationToken));
    }
}
