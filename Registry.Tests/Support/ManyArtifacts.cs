using System.Text;
using System.Text.Json.Nodes;
using Registry.Core.Artifacts;
using Registry.Core.Storage;
using static Registry.Tests.Support.OneRegistry;

namespace Registry.Tests.Support;

/// <summary>A package with one item of every kind that OCI and Helm clients push or pull.</summary>
/// <param name="Blobs">The blobs that the package refers to, by description.</param>
/// <param name="Manifests">The manifests that clients can read by digest, by description.</param>
internal sealed record ManyArtifacts(
    IReadOnlyDictionary<string, Digest> Blobs, IReadOnlyDictionary<string, Digest> Manifests)
{
    /// <summary>
    /// Fills the package: a chart with derived, pushed and former manifests and a provenance file, a rootless chart,
    /// one with long metadata, a release in two media types, an image with an index, a signature, and layers that
    /// clients download from elsewhere.
    /// </summary>
    public static async Task<ManyArtifacts> FillAsync(OneRegistry registry)
    {
        var blobs = new Dictionary<string, Digest>();
        var manifests = new Dictionary<string, Digest>();

        // A chart pushed through CNR. When helm later pushes a signed manifest for it, the derived manifest becomes a
        // former one.
        var chart = Chart("1.0.0");
        await registry.PushAsync("1.0.0", chart);
        var former = await registry.ReadAsync("1.0.0");
        manifests["former"] = blobs["former manifest"] = Sha256(former);
        blobs["former config"] = Config(former);
        blobs["content"] = Sha256(chart);
        var signed = "-----BEGIN PGP SIGNED MESSAGE-----"u8.ToArray();
        var layer = await registry.BlobAsync(signed, OciMediaTypes.HelmProvenance);
        var helm = JsonNode.Parse(await registry.HelmManifestAsync(chart, "signed"))!;
        helm["layers"]!.AsArray().Add(JsonNode.Parse(layer));
        var pushed = Encoding.UTF8.GetBytes(helm.ToJsonString());
        manifests["pushed"] = blobs["pushed manifest"] = await registry.PutAsync(pushed, "1.0.0");
        blobs["pushed config"] = Config(pushed);
        blobs["provenance"] = Sha256(signed);

        var rootless = Chart("1.1.0", "rootless", folder: "");
        var release = await registry.PushAsync("1.1.0", rootless);
        manifests["rootless"] = await registry.DigestAsync("1.1.0");
        blobs["rootless content"] = Sha256(rootless);
        blobs["wrapped archive"] = release.Artifact!.Chart!.Wrapped!.Digest;

        var lengthy = Chart("1.2.0", new string('x', 20_000));
        release = await registry.PushAsync("1.2.0", lengthy);
        manifests["lengthy"] = await registry.DigestAsync("1.2.0");
        blobs["lengthy content"] = Sha256(lengthy);
        blobs["metadata"] = release.Artifact!.Chart!.MetadataBlob!.Digest;

        // The image index over two media types becomes a former one when a third is pushed.
        foreach (var type in (string[])["kpm", "docker-compose", "kpm-compose"])
        {
            var content = Archive(("a", type));
            await registry.PushAsync("2.0.0", content, type);
            blobs[$"{type} content"] = Sha256(content);
            manifests[$"2.0.0 after {type}"] = await registry.DigestAsync("2.0.0");
        }

        blobs["former index"] = manifests["2.0.0 after docker-compose"];

        // An index over an image and over a derived manifest.
        var image = await registry.ImageAsync("image");
        manifests["image"] = blobs["image"] = await registry.PutAsync(image);
        blobs["layer"] = Sha256("image"u8);
        blobs["empty config"] = Sha256("{}"u8);
        var derived = await registry.ReadAsync("1.1.0");
        var index = Encoding.UTF8.GetBytes(
            $$"""
            {"schemaVersion":2,"manifests":[{{Descriptor(image, OciMediaTypes.Manifest)}},
            {{Descriptor(derived, OciMediaTypes.Manifest)}}]}
            """);
        manifests["index"] = blobs["index"] = await registry.PutAsync(index, "latest", OciMediaTypes.Index);
        blobs["pinned manifest"] = Sha256(derived);

        var signature = await registry.ImageAsync("signature", Sha256(image));
        manifests["signature"] = blobs["signature"] = await registry.PutAsync(signature);
        blobs["signature layer"] = Sha256("signature"u8);

        var elsewhere = JsonNode.Parse(await registry.ImageAsync("elsewhere"))!;
        var descriptor = JsonNode.Parse(Descriptor("not here"u8, "text/plain"))!;
        descriptor["urls"] = new JsonArray("https://example.org/layer");
        elsewhere["layers"]!.AsArray().Add(descriptor);
        manifests["elsewhere"] = blobs["elsewhere"] =
            await registry.PutAsync(Encoding.UTF8.GetBytes(elsewhere.ToJsonString()), "elsewhere");
        blobs["layer beside"] = Sha256("elsewhere"u8);
        return new ManyArtifacts(blobs, manifests);
    }

    /// <summary>Reads every manifest by digest and by tag, and the list of referrers.</summary>
    public async Task<IReadOnlyList<string>> ReadAllAsync(OneRegistry registry)
    {
        var lines = new List<string>();
        foreach (var (name, digest) in Manifests)
            lines.Add($"{name} {Convert.ToHexString(await registry.ReadAsync(digest))}");
        foreach (var tag in (await registry.IndexAsync())!.Tags)
            lines.Add($"{tag} {Convert.ToHexString(await registry.ReadAsync(tag.Value))}");
        foreach (var referrer in await registry.Repositories.ReferrersAsync(Name, Manifests["image"], default))
            lines.Add(referrer.ToString());
        return lines;
    }

    private static Digest Config(byte[] manifest) =>
        OciDigest.TryParse((string?)JsonNode.Parse(manifest)!["config"]!["digest"], out var digest)
            ? digest
            : throw new ArgumentException("The manifest has no config.");
}
