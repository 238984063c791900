using System.IO.Compression;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Registry.Core.Maintenance;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Support;

/// <summary>Reads, damages and collects the stored data of a <see cref="OneRegistry"/>.</summary>
internal static class StoredArtifacts
{
    /// <summary>Opens the storage as commands do, with nothing cached.</summary>
    public static RegistryStorage Open(this OneRegistry registry) =>
        new(registry.Storage.Documents, registry.Storage.Blobs);

    public static BlobCollector Collector(this OneRegistry registry, CollectionOptions options) => new(
        registry.Indexes,
        registry.Storage.Blobs,
        registry.Storage.Uploads,
        PackageServices.ManifestsOf(registry.Storage.Blobs),
        options,
        registry.Time,
        NullLogger<BlobCollector>.Instance);

    public static BlobKey KeyOf(Digest digest) => new(OneRegistry.Name.Key, digest);

    /// <summary>Returns the document of the package as JSON.</summary>
    public static async Task<string> DocumentAsync(this OneRegistry registry)
    {
        const string Mark = "brotli\n";
        var stored = (await registry.Storage.Documents.GetAsync(OneRegistry.Name.Key, default))!.Content.ToArray();
        if (!stored.AsSpan().StartsWith(Encoding.UTF8.GetBytes(Mark)))
            return Encoding.UTF8.GetString(stored);
        await using var json = new BrotliStream(new MemoryStream(stored[Mark.Length..]), CompressionMode.Decompress);
        return Encoding.UTF8.GetString(await json.ReadAllAsync(default));
    }

    /// <summary>Whether the package has a blob.</summary>
    public static bool Has(this OneRegistry registry, Digest digest)
    {
        lock (registry.Storage.Gate)
            return registry.Storage.StoredBlobs.ContainsKey(KeyOf(digest));
    }

    /// <summary>The digests of all blobs of the package.</summary>
    public static List<Digest> Stored(this OneRegistry registry)
    {
        lock (registry.Storage.Gate)
            return [.. registry.Storage.StoredBlobs.Keys.Select(static key => key.Digest)];
    }

    /// <summary>Removes a blob directly, without the storage; returns what puts it back.</summary>
    public static Action Lose(this OneRegistry registry, Digest digest)
    {
        lock (registry.Storage.Gate)
        {
            registry.Storage.StoredBlobs.Remove(KeyOf(digest), out var lost);
            return () => Set(registry, digest, lost!);
        }
    }

    /// <summary>Flips a bit of a blob, as bit rot does; returns what repairs it.</summary>
    public static Action Damage(this OneRegistry registry, Digest digest)
    {
        lock (registry.Storage.Gate)
        {
            var sound = registry.Storage.StoredBlobs[KeyOf(digest)];
            var bytes = sound.Chunks.SelectMany(static chunk => chunk.ToArray()).ToArray();
            bytes[bytes.Length / 2] ^= 1;
            Set(registry, digest, sound with { Chunks = [bytes] });
            return () => Set(registry, digest, sound);
        }
    }

    private static void Set(OneRegistry registry, Digest digest, StoredBlob blob)
    {
        lock (registry.Storage.Gate)
            registry.Storage.StoredBlobs[KeyOf(digest)] = blob;
    }
}
