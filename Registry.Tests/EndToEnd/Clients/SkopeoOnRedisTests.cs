using NUnit.Framework;
using Registry.Tests.Support;
using Registry.Tests.Support.Clients;
using Registry.Tests.Support.Servers;

namespace Registry.Tests.EndToEnd.Clients;

/// <summary>Skopeo and a registry that stores its data in Redis.</summary>
public sealed class SkopeoOnRedisTests : SkopeoTest
{
    private RedisServer? server;

    [Test]
    public async Task An_image_is_copied_in_between_repositories_and_out()
    {
        var noise = new byte[10 << 20];
        await new NoiseStream(5, noise.Length).ReadExactlyAsync(noise, CancellationToken);
        var layout = new ImageLayout();
        var digest = layout.AddImage("one", isGzipped: true, noise, "small"u8.ToArray());
        await CopyInAsync(layout, "one", Reference("image", "v1"));
        await Skopeo.RunAsync("copy", Reference("image", "v1"), Reference("other", "v1"));
        await Skopeo.RunAsync("delete", Reference("image", "v1"));
        Assert.That(await DigestAsync(Reference("other", "v1")), Is.EqualTo(digest));
        Assert.That(
            ImageLayout.BlobsOf(await CopyOutAsync(Reference("other", "v1"))),
            Is.EqualTo(layout.Blobs).AsCollection);
    }

    /// <summary>Skopeo then sends the layer without a Content-Length.</summary>
    [Test]
    public async Task Layers_that_are_compressed_while_they_are_sent_are_accepted()
    {
        var layout = new ImageLayout();
        layout.AddImage("one", isGzipped: false, new byte[3 << 20]);
        await CopyInAsync(layout, "one", Reference("image", "v1"));
        await CopyOutAsync(Reference("image", "v1"));
        Assert.That(await TagsAsync("image"), Is.EqualTo(["v1"]).AsCollection);
    }

    private protected override async Task<IEnumerable<(string Name, string? Value)>> SettingsAsync()
    {
        server = await RedisServer.StartAsync(CancellationToken);
        return
            [
                ("STORAGE", "redis"), ("REDIS__CONFIGURATION", server.Configuration),
                // These tests are not about slow servers, and the machine is busy.
                ("REDIS__DEADLINESECONDS", "60"),
            ];
    }

    private protected override ValueTask StopStorageAsync() => server?.DisposeAsync() ?? default;
}
