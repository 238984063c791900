using System.Net;
using System.Net.Http.Headers;
using System.Text;
using NUnit.Framework;
using Registry.Core.Artifacts;
using Registry.Core.Packages;
using Registry.Core.Storage;

namespace Registry.Tests.Support;

/// <summary>An image with one layer, pushed as OCI clients do.</summary>
internal static class OciImage
{
    /// <summary>The media type of its config.</summary>
    public const string ConfigType = "application/vnd.oci.image.config.v1+json";

    private const string LayerType = "application/vnd.oci.image.layer.v1.tar+gzip";

    /// <summary>Pushes an image; returns the digest and length of its manifest.</summary>
    /// <param name="registry">The registry.</param>
    /// <param name="package">The package.</param>
    /// <param name="tags">Its tags; none for a push by digest.</param>
    /// <param name="more">More members of the manifest, each with a comma before it.</param>
    /// <param name="configType">The media type of the config.</param>
    public static async Task<BlobDescriptor> PushAsync(
        GuardedRegistry registry, string package, string[] tags, string more = "", string configType = ConfigType)
    {
        var config = await PushBlobAsync(
            registry,
            package,
            """
            {"os":"linux","architecture":"arm64","created":"2024-02-03T04:05:06Z",
            "config":{"Labels":{"org.opencontainers.image.licenses":"MIT","org.opencontainers.image.title":"label"}}}
            """,
            configType);
        var layer = await PushBlobAsync(registry, package, "layer", LayerType);
        return await PutAsync(
            registry,
            package,
            tags,
            OciMediaTypes.Manifest,
            $$"""
            {"schemaVersion":2,"mediaType":"{{OciMediaTypes.Manifest}}","config":{{config}},
            "layers":[{{layer}}]{{more}}
            }
            """);
    }

    /// <summary>Pushes a manifest or an index.</summary>
    public static async Task<BlobDescriptor> PutAsync(
        GuardedRegistry registry, string package, string[] tags, string mediaType, string manifest)
    {
        var bytes = Encoding.UTF8.GetBytes(manifest);
        var digest = Digest.Of(bytes);
        foreach (var reference in tags.DefaultIfEmpty($"sha256:{digest}"))
        {
            using var content = new ByteArrayContent(bytes);
            content.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
            using var pushed = await registry.SendAsync(
                "PUT", $"/v2/{package}/manifests/{reference}", GuardedRegistry.AdminSecret, content);
            Assert.That(
                pushed.StatusCode, Is.EqualTo(HttpStatusCode.Created), await pushed.Content.ReadAsStringAsync());
        }

        return new BlobDescriptor(digest, bytes.Length);
    }

    /// <summary>Pushes a blob; returns its descriptor in JSON.</summary>
    public static async Task<string> PushBlobAsync(
        GuardedRegistry registry, string package, string text, string mediaType)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        using var pushed = await registry.SendAsync(
            "POST",
            $"/v2/{package}/blobs/uploads/?digest=sha256:{Digest.Of(bytes)}",
            GuardedRegistry.AdminSecret,
            new ByteArrayContent(bytes));
        Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.Created), await pushed.Content.ReadAsStringAsync());
        return OneRegistry.Descriptor(bytes, mediaType);
    }
}
