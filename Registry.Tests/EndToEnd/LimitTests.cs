using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.EndToEnd;

/// <summary>What exceeds a limit is refused and leaves nothing behind.</summary>
public sealed class LimitTests : EndToEndTest
{
    private const string Package = "/api/v1/packages/limits/small";

    [Test]
    public async Task A_request_over_the_limit_is_413() => await RefusesAsync(
        "LIMITS__REQUESTBYTES", "50000", HttpStatusCode.RequestEntityTooLarge, "request-too-large", await PushAsync(
            64_000), await PushAsync(20_000));

    [Test]
    public async Task A_package_over_the_limit_is_422() => await RefusesAsync(
        "LIMITS__PACKAGEBYTES", "30000", HttpStatusCode.UnprocessableEntity, "invalid-parameters", await PushAsync(
            32_000), await PushAsync(20_000));

    [Test]
    public async Task A_package_that_unpacks_to_more_than_the_limit_is_422() => await RefusesAsync(
        "LIMITS__UNPACKEDBYTES", "30000", HttpStatusCode.UnprocessableEntity, "invalid-parameters", await PushAsync(
            32_000), await PushAsync(20_000));

    [Test]
    public Task Too_many_entries_are_422() => RefusesAsync(
        "LIMITS__TARENTRIES", "5", HttpStatusCode.UnprocessableEntity, "invalid-parameters", Json(
            Entries(6)), Json(Entries(5)));

    [Test]
    public async Task Metadata_over_the_limit_is_422() => await RefusesAsync(
        "LIMITS__METADATABYTES",
        "1000",
        HttpStatusCode.UnprocessableEntity,
        "invalid-parameters",
        Json(Samples.TarGz("one"), new string('x', 1_200)),
        Json(Samples.TarGz("one"), new string('x', 900)));

    [Test]
    public async Task A_decompression_bomb_is_422()
    {
        var zeros = new MemoryStream();
        await using (var gzip = new GZipStream(zeros, CompressionLevel.SmallestSize, leaveOpen: true))
            await gzip.WriteAsync(new byte[64 << 20], CancellationToken);
        await RefusesAsync(
            "LIMITS__RATIO",
            "200",
            HttpStatusCode.UnprocessableEntity,
            "invalid-parameters",
            Json(zeros.ToArray()),
            await PushAsync(20_000));
    }

    [Test]
    public async Task An_archive_over_the_limit_is_413_with_or_without_a_length()
    {
        var registry = await HostAsync(("LIMITS__ARCHIVEBYTES", "10000"));
        using (var fits =
            await registry.Client.PostAsync("/api/v1/app", new ByteArrayContent(new byte[10_000]), CancellationToken))
            Assert.That(fits.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        var files = DataFiles();

        using var withLength =
            await registry.Client.PostAsync("/api/v1/app", new ByteArrayContent(new byte[10_001]), CancellationToken);
        await AssertErrorAsync(withLength, HttpStatusCode.RequestEntityTooLarge, "request-too-large");
        using var chunked = new HttpRequestMessage(HttpMethod.Post, "/api/v1/app")
        {
            Content = new ByteArrayContent(new byte[200_000])
        };
        chunked.Headers.TransferEncodingChunked = true;
        using var refused = await registry.Client.SendAsync(chunked, CancellationToken);
        await AssertErrorAsync(refused, HttpStatusCode.RequestEntityTooLarge, "request-too-large");

        await UntilAsync(() => Task.FromResult(DataFiles().SequenceEqual(files)), "the refused upload leaves no file");
    }

    [Test]
    public async Task Refused_pushes_leave_nothing_behind()
    {
        var registry = await HostAsync();
        var good = Samples.TarGz("good");
        using (var pushed = await PostAsync(registry, Json(good)))
            Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        var files = DataFiles();

        (string Body, HttpStatusCode Status, string Code)[] refusals =
        [
            (Json(good), HttpStatusCode.Conflict, "package-exists"),
            (Json(Samples.TarGz("other")), HttpStatusCode.Conflict, "package-exists"),
            (Json(good[..^4], release: "2.0.0"), HttpStatusCode.UnprocessableEntity, "invalid-parameters"),
            (Json([.. good, 1], release: "2.0.0"), HttpStatusCode.UnprocessableEntity, "invalid-parameters"),
            (
                Json(Encoding.UTF8.GetBytes("no gzip"), release: "2.0.0"),
                HttpStatusCode.UnprocessableEntity,
                "invalid-parameters"),
            (Json(good, release: "2.0"), HttpStatusCode.UnprocessableEntity, "invalid-release"),
            (Json(good, release: "2.0.0")[..^1], HttpStatusCode.BadRequest, "invalid-usage"),
            ($$"""{"blob":"{{Convert.ToBase64String(good)}}"}""", HttpStatusCode.BadRequest, "invalid-usage"),
            ("""{"release":"2.0.0"}""", HttpStatusCode.BadRequest, "invalid-usage"),
            ("""{"release":"2.0.0","blob":"%%%%"}""", HttpStatusCode.UnprocessableEntity, "invalid-parameters"),
        ];
        foreach (var (body, status, code) in refusals)
        {
            using var response = await PostAsync(registry, body);
            await AssertErrorAsync(response, status, code);
        }

        // A client that disconnects midway.
        var hungUp =
            new PushContent(new SeededPackage(7, 1 << 20), "3.0.0", static () => throw new IOException("enough"));
        Assert.That(
            () => registry.Client.PostAsync(Package, hungUp, CancellationToken),
            Throws.InstanceOf<HttpRequestException>());

        await UntilAsync(() => Task.FromResult(DataFiles().SequenceEqual(files)), "the refused pushes leave no file");
    }

    private async Task RefusesAsync(
        string limit, string value, HttpStatusCode status, string code, string over, string within)
    {
        var registry = await HostAsync((limit, value));
        var files = DataFiles();
        using (var refused = await PostAsync(registry, over))
            await AssertErrorAsync(refused, status, code);
        await UntilAsync(() => Task.FromResult(DataFiles().SequenceEqual(files)), "the refused push leaves no file");
        using (var none = await registry.Client.GetAsync(Package, CancellationToken))
            await AssertErrorAsync(none, HttpStatusCode.NotFound, "package-not-found");

        using var accepted = await PostAsync(registry, within);
        Assert.That(
            accepted.StatusCode,
            Is.EqualTo(HttpStatusCode.OK),
            await accepted.Content.ReadAsStringAsync(CancellationToken));
    }

    private Task<HttpResponseMessage> PostAsync(RegistryHost registry, string json) =>
        registry.Client.PostAsync(
            Package, new StringContent(json, Encoding.UTF8, "application/json"), CancellationToken);

    private async Task<string> PushAsync(
        long fileBytes) => Json(await new SeededPackage(1, fileBytes).ToArrayAsync(CancellationToken));

    private static string Json(byte[] blob, string? metadata = null, string release = "1.0.0") =>
        JsonSerializer.Serialize(new { blob = Convert.ToBase64String(blob), release, metadata });

    private static byte[] Entries(int count)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip))
            for (var i = 0; i < count; i++)
                tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, $"file{i}"));
        return packed.ToArray();
    }
}
