using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using NUnit.Framework;
using Registry.Core.Artifacts;
using Registry.Tests.Api.Oci;

namespace Registry.Tests.Support;

/// <summary>The ways in which clients push a chart.</summary>
internal enum ChartDoor
{
    /// <summary>CNR: JSON with the archive.</summary>
    Cnr,

    /// <summary>OCI as helm 4 and oras use it: blobs, the manifest by digest, then the manifest by tag.</summary>
    Oci,

    /// <summary>OCI as skopeo uses it: blobs in several requests, then the manifest by tag.</summary>
    OciInPieces,

    /// <summary>The API of ChartMuseum.</summary>
    ChartMuseum,
}

/// <summary>A chart that is pushed through one API, and read through all of them.</summary>
/// <param name="Door">How it is pushed.</param>
/// <param name="Package">The package, in a namespace of one part. Its name is that of the chart.</param>
/// <param name="Release">The release, without <c>+</c>.</param>
/// <param name="Chart">The archive.</param>
internal sealed record ChartPush(ChartDoor Door, string Package, string Release, byte[] Chart)
{
    private string Namespace => Package[..Package.IndexOf('/', StringComparison.Ordinal)];

    private string Name => Package[(Namespace.Length + 1)..];

    /// <summary>The config that OCI clients push.</summary>
    public byte[] Config => Encoding.UTF8.GetBytes($$"""{"name":"{{Name}}","version":"{{Release}}"}""");

    /// <summary>The manifest that OCI clients push.</summary>
    public byte[] Manifest => Encoding.UTF8.GetBytes(
        $$"""
        {"schemaVersion":2,"config":{{OneRegistry.Descriptor(Config, OciMediaTypes.HelmConfig)}},
        "layers":[{{OneRegistry.Descriptor(Chart, OciMediaTypes.HelmChart)}}]}
        """);

    /// <summary>Returns a push of a chart with unique bytes.</summary>
    /// <param name="door">How it is pushed.</param>
    /// <param name="package">The package.</param>
    /// <param name="release">The release.</param>
    /// <param name="text">Makes the bytes unique.</param>
    /// <param name="bytes">The length of a file that gzip cannot compress much.</param>
    public static ChartPush Of(ChartDoor door, string package, string release, string text, int bytes = 0)
    {
        var name = package[(package.IndexOf('/', StringComparison.Ordinal) + 1)..];
        return new ChartPush(door, package, release, OneRegistry.Archive(
            ($"{name}/Chart.yaml", $"apiVersion: v2\nname: {name}\nversion: {release}\ndescription: {text}\n"),
            ($"{name}/values", Convert.ToBase64String(RandomNumberGenerator.GetBytes(bytes)))));
    }

    /// <summary>Pushes the chart.</summary>
    /// <returns>Whether it is a release now; false when the release exists with different content.</returns>
    /// <exception cref="HttpRequestException">The connection broke; the outcome is unknown.</exception>
    public async Task<bool> TryPushAsync(HttpClient client)
    {
        if (Door == ChartDoor.Cnr)
        {
            using var response = await client.PostAsJsonAsync(
                $"/cnr/api/v1/packages/{Package}", new { release = Release, media_type = "helm", blob = Chart });
            return await IsAcceptedAsync(response, HttpStatusCode.OK, "\"package-exists\"");
        }

        if (Door == ChartDoor.ChartMuseum)
        {
            using var response = await client.PostAsync(
                $"/helm/api/{Namespace}/charts", OciRepository.Bytes(Chart, "application/gzip"));
            return await IsAcceptedAsync(response, HttpStatusCode.Created, "exists already");
        }

        var repository = new OciRepository(client, Package);
        foreach (var blob in (byte[][])[Config, Chart])
            if (Door == ChartDoor.Oci)
                await repository.PushBlobAsync(blob);
            else
                await PushInPiecesAsync(repository, blob);
        if (Door == ChartDoor.Oci)
            using (var stored = await repository.PutManifestAsync(OciRepository.DigestOf(Manifest), Manifest))
                Assert.That(
                    stored.StatusCode, Is.EqualTo(HttpStatusCode.Created), await stored.Content.ReadAsStringAsync());
        using var tagged = await repository.PutManifestAsync(Release, Manifest);
        return await IsAcceptedAsync(tagged, HttpStatusCode.Created, "\"DENIED\"");
    }

    /// <summary>Asserts that the release is this chart for CNR, OCI and Helm clients.</summary>
    /// <returns>The manifest that its tag gives.</returns>
    public async Task<byte[]> AssertReadableAsync(HttpClient client)
    {
        var what = $"{Package} {Release} pushed through {Door}";
        var pulled = await client.GetByteArrayAsync($"/api/v1/packages/{Package}/{Release}/helm/pull");
        Assert.That(pulled, SameBytes.As(Chart), what);
        var manifest = await client.GetByteArrayAsync($"/v2/{Package}/manifests/{Release}");
        if (Door is ChartDoor.Oci or ChartDoor.OciInPieces)
            Assert.That(manifest, SameBytes.As(Manifest), what);
        var json = JsonNode.Parse(manifest)!;
        Assert.That((string?)json["layers"]![0]!["digest"], Is.EqualTo(OciRepository.DigestOf(Chart)), what);
        foreach (var blob in (JsonNode[])[json["config"]!, json["layers"]![0]!])
        {
            var digest = (string)blob["digest"]!;
            var bytes = await client.GetByteArrayAsync($"/v2/{Package}/blobs/{digest}");
            Assert.That(OciRepository.DigestOf(bytes), Is.EqualTo(digest), what);
            Assert.That(bytes, Has.Length.EqualTo((long)blob["size"]!), what);
        }

        var pinned = await client.GetByteArrayAsync(
            $"/v2/{Package}/manifests/{OciRepository.DigestOf(manifest)}");
        Assert.That(pinned, SameBytes.As(manifest), what);

        var index = JsonNode.Parse(await client.GetStringAsync($"/helm/{Namespace}/index.yaml"))!;
        var entry = index["entries"]![Name]!.AsArray().Single(each => (string?)each!["version"] == Release)!;
        Assert.That($"sha256:{entry["digest"]}", Is.EqualTo(OciRepository.DigestOf(Chart)), what);
        var archive = await client.GetByteArrayAsync($"/helm/{Namespace}/{entry["urls"]![0]}");
        Assert.That(archive, SameBytes.As(Chart), what);
        return manifest;
    }

    private static async Task PushInPiecesAsync(OciRepository repository, byte[] blob)
    {
        var location = await repository.BeginAsync();
        foreach (var piece in blob.Chunk((blob.Length / 2) + 1))
            using (var patched = await repository.SendAsync("PATCH", location, OciRepository.Bytes(piece)))
            {
                Assert.That(patched.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
                location = patched.Headers.Location!.OriginalString;
            }

        using var stored =
            await repository.SendAsync("PUT", $"{location}?digest={OciRepository.DigestOf(blob)}");
        Assert.That(stored.StatusCode, Is.EqualTo(HttpStatusCode.Created));
    }

    private static async Task<bool> IsAcceptedAsync(
        HttpResponseMessage response, HttpStatusCode accepted, string refusedCode)
    {
        if (response.StatusCode == accepted)
            return true;
        var text = await response.Content.ReadAsStringAsync();
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Conflict), text);
        Assert.That(text, Does.Contain(refusedCode));
        return false;
    }
}
