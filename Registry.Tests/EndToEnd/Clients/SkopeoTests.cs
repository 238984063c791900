using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using NUnit.Framework;
using Registry.Tests.Support;
using Registry.Tests.Support.Clients;

namespace Registry.Tests.EndToEnd.Clients;

/// <summary>Images and charts that skopeo copies, inspects and deletes.</summary>
public sealed class SkopeoTests : SkopeoTest
{
    [Test]
    public async Task A_copied_image_is_copied_out_with_the_same_blobs()
    {
        var layout = new ImageLayout();
        var digest = layout.AddImage("one", isGzipped: true, "first layer"u8.ToArray(), "second layer"u8.ToArray());
        await CopyInAsync(layout, "one", Reference("image", "v1"));

        Assert.That(await DigestAsync(Reference("image", "v1")), Is.EqualTo(digest));
        Assert.That(await DigestAsync(Reference("image", $"@{digest}")), Is.EqualTo(digest));
        var inspected = JsonDocument.Parse(await Skopeo.RunAsync("inspect", Reference("image", "v1"))).RootElement;
        Assert.That(inspected.GetProperty("Digest").GetString(), Is.EqualTo(digest));
        Assert.That(inspected.GetProperty("Layers").GetArrayLength(), Is.EqualTo(2));
        Assert.That(inspected.GetProperty("Architecture").GetString(), Is.EqualTo("amd64"));
        Assert.That(
            ImageLayout.BlobsOf(await CopyOutAsync(Reference("image", "v1"))),
            Is.EqualTo(layout.Blobs).AsCollection);
    }

    /// <summary>Skopeo then sends layers in chunks, without a Content-Length.</summary>
    [Test]
    public async Task Layers_that_are_compressed_while_they_are_sent_arrive_whole()
    {
        var noise = new byte[20 << 20];
        await new NoiseStream(3, noise.Length).ReadExactlyAsync(noise, CancellationToken);
        var layout = new ImageLayout();
        layout.AddImage("one", isGzipped: false, noise);
        await CopyInAsync(layout, "one", Reference("image", "v1"));

        var config = JsonDocument.Parse(await Skopeo.RunAsync("inspect", "--config", Reference("image", "v1")));
        var tar = config.RootElement.GetProperty("rootfs").GetProperty("diff_ids")[0].GetString();
        var layer = JsonDocument.Parse(await RawAsync(Reference("image", "v1"))).RootElement.GetProperty("layers")[0];
        Assert.That(layer.GetProperty("mediaType").GetString(), Does.EndWith("+gzip"));
        var stored = await CopyOutAsync(Reference("image", "v1"));
        await using var file = ImageLayout.Open(stored, layer.GetProperty("digest").GetString()!);
        await using var unzipped = new GZipStream(file, CompressionMode.Decompress);
        Assert.That(
            $"sha256:{Convert.ToHexStringLower(await SHA256.HashDataAsync(unzipped, CancellationToken))}",
            Is.EqualTo(tar));
    }

    [Test]
    public async Task An_index_is_copied_with_all_its_images()
    {
        var layout = new ImageLayout();
        var digest = layout.AddIndex("one", "amd64", "arm64");
        await CopyInAsync(layout, "one", Reference("image", "v1"), "--all");

        Assert.That(await DigestAsync(Reference("image", "v1")), Is.EqualTo(digest));
        Assert.That(
            ImageLayout.BlobsOf(await CopyOutAsync(Reference("image", "v1"), "--all")),
            Is.EqualTo(layout.Blobs).AsCollection);
        var chosen = JsonDocument.Parse(
            await Skopeo.RunAsync("inspect", "--override-arch", "arm64", Reference("image", "v1")));
        Assert.That(chosen.RootElement.GetProperty("Architecture").GetString(), Is.EqualTo("arm64"));
    }

    [Test]
    public async Task An_image_in_the_format_of_Docker_keeps_it()
    {
        var layout = new ImageLayout();
        layout.AddImage("one", isGzipped: true, "layer"u8.ToArray());
        await CopyInAsync(layout, "one", Reference("image", "v1"), "--format", "v2s2");
        var manifest = JsonDocument.Parse(await RawAsync(Reference("image", "v1"))).RootElement;
        Assert.That(
            manifest.GetProperty("mediaType").GetString(),
            Is.EqualTo("application/vnd.docker.distribution.manifest.v2+json"));

        var folder = Path.Combine(Folder, "docker");
        await Skopeo.RunAsync("copy", Reference("image", "v1"), $"dir:{folder}");
        await Skopeo.RunAsync("copy", $"dir:{folder}", Reference("other", "v1"));
        Assert.That(
            await DigestAsync(Reference("other", "v1")), Is.EqualTo(await DigestAsync(Reference("image", "v1"))));
    }

    [Test]
    public async Task A_deleted_image_loses_all_its_tags_and_no_other()
    {
        var layout = new ImageLayout();
        layout.AddImage("one", isGzipped: true, "one"u8.ToArray());
        layout.AddImage("two", isGzipped: true, "two"u8.ToArray());
        foreach (var (image, tag) in ((string, string)[])[("one", "v1"), ("one", "latest"), ("two", "v2")])
            await CopyInAsync(layout, image, Reference("image", tag));
        Assert.That(await TagsAsync("image"), Is.EqualTo(["latest", "v1", "v2"]).AsCollection);

        await Skopeo.RunAsync("delete", Reference("image", "v1"));
        Assert.That(await TagsAsync("image"), Is.EqualTo(["v2"]).AsCollection);
        Assert.That(
            await Skopeo.FailAsync("inspect", Reference("image", "latest")), Does.Contain("manifest unknown"));
        await CopyOutAsync(Reference("image", "v2"));
    }

    [Test]
    public async Task A_tag_is_moved_to_another_image()
    {
        var layout = new ImageLayout();
        string[] digests =
            [
                layout.AddImage("one", isGzipped: true, "one"u8.ToArray()),
                layout.AddImage("two", isGzipped: true, "two"u8.ToArray()),
            ];
        foreach (var image in (string[])["one", "two"])
            await CopyInAsync(layout, image, Reference("image", "latest"));
        Assert.That(await DigestAsync(Reference("image", "latest")), Is.EqualTo(digests[1]));
        Assert.That(await DigestAsync(Reference("image", $"@{digests[0]}")), Is.EqualTo(digests[0]));
    }

    [Test]
    public async Task An_image_is_copied_between_repositories()
    {
        var layout = new ImageLayout();
        var digest = layout.AddImage("one", isGzipped: true, Encoding.UTF8.GetBytes(new string('x', 100_000)));
        await CopyInAsync(layout, "one", Reference("image", "v1"));
        await Skopeo.RunAsync("copy", Reference("image", "v1"), Reference("other/deep", "v1"));
        // The copy does not depend on its source.
        await Skopeo.RunAsync("delete", Reference("image", "v1"));
        Assert.That(await DigestAsync(Reference("other/deep", "v1")), Is.EqualTo(digest));
        Assert.That(
            ImageLayout.BlobsOf(await CopyOutAsync(Reference("other/deep", "v1"))),
            Is.EqualTo(layout.Blobs).AsCollection);
    }

    [Test]
    public async Task A_chart_that_CNR_pushed_is_copied_as_a_chart()
    {
        var chart = new SampleChart("app", "1.0.0+build.5");
        await PushThroughCnrAsync(chart);
        Assert.That(await TagsAsync("app"), Is.EqualTo(["1.0.0_build.5"]).AsCollection);
        var stored = await CopyOutAsync(Reference("app", "1.0.0_build.5"));
        Assert.That(
            ImageLayout.BlobsOf(stored),
            Has.Member($"{DigestOf(chart.ToArray())[7..]} {chart.ToArray().Length}"));

        await Skopeo.RunAsync("copy", $"oci:{stored}:out", $"docker://{Host}/{Namespace}-copy/app:1.0.0_build.5");
        Assert.That(
            await Registry.Client.GetByteArrayAsync(
                $"/api/v1/packages/{Namespace}-copy/app/1.0.0%2Bbuild.5/helm/pull", CancellationToken),
            Is.EqualTo(chart.ToArray()).AsCollection);
    }

    [Test]
    public async Task Channels_are_tags()
    {
        var chart = new SampleChart("app", "1.0.0");
        await PushThroughCnrAsync(chart);
        await PushThroughCnrAsync(chart with { Version = "1.1.0" });
        await MoveChannelAsync("app", "stable", "1.0.0");
        Assert.That(await TagsAsync("app"), Is.EqualTo(["1.0.0", "1.1.0", "stable"]).AsCollection);
        Assert.That(
            await DigestAsync(Reference("app", "stable")), Is.EqualTo(await DigestAsync(Reference("app", "1.0.0"))));

        await Skopeo.RunAsync("copy", Reference("app", "1.1.0"), Reference("app", "stable"));
        await Skopeo.RunAsync("copy", Reference("app", "1.0.0"), Reference("app", "lts"));
        Assert.That(await CurrentAsync("stable"), Is.EqualTo("1.1.0"));
        Assert.That(await CurrentAsync("lts"), Is.EqualTo("1.0.0"));
    }

    [Test]
    public async Task Another_chart_under_an_existing_version_is_refused_with_the_reason()
    {
        var chart = new SampleChart("app", "1.0.0");
        await PushThroughCnrAsync(chart);
        await PushThroughCnrAsync(chart with { Version = "1.1.0" });
        Assert.That(
            await Skopeo.FailAsync("copy", Reference("app", "1.1.0"), Reference("app", "1.0.0")),
            Does.Contain("denied").And.Contain("1.0.0").And.Contain("RELEASES__MUTABLE"));
        Assert.That(await PullThroughCnrAsync("app", "1.0.0"), Is.EqualTo(chart.ToArray()).AsCollection);
    }

    [Test]
    public async Task An_image_tagged_with_a_version_blocks_that_release()
    {
        var layout = new ImageLayout();
        var digest = layout.AddImage("one", isGzipped: true, "layer"u8.ToArray());
        await CopyInAsync(layout, "one", Reference("app", "1.0.0"));
        foreach (var force in (bool[])[false, true])
        {
            using var push = PushOf(new SampleChart("app", "1.0.0"), force: force);
            using var refused = await Registry.Client.PostAsync(
                $"/api/v1/packages/{Namespace}/app", push, CancellationToken);
            await AssertErrorAsync(refused, HttpStatusCode.Conflict, "package-exists");
        }

        Assert.That(await DigestAsync(Reference("app", "1.0.0")), Is.EqualTo(digest));
        await Skopeo.RunAsync("delete", Reference("app", "1.0.0"));
        await PushThroughCnrAsync(new SampleChart("app", "1.0.0"));
    }

    private async Task<string?> CurrentAsync(string channel) =>
        (await GetJsonAsync(Registry, $"/api/v1/packages/{Namespace}/app/channels/{channel}"))
            .GetProperty("current").GetString();
}
