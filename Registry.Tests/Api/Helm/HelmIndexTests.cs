using System.IO.Compression;
using System.Net;
using NUnit.Framework;
using Registry.Tests.Unit.Content;
using YamlDotNet.RepresentationModel;

namespace Registry.Tests.Api.Helm;

public sealed class HelmIndexTests : HelmTest
{
    [Test]
    public async Task A_chart_that_was_pushed_by_CNR_is_in_the_index_of_its_namespace()
    {
        var archive = Chart("app", "1.0.0", "appVersion: 1.10\nhome: http://x/?a=b&c\ndescription: é 😀");
        await PushByCnrAsync("team/app", "1.0.0", archive);
        var index = await GetJsonAsync("helm/team/index.yaml");
        Assert.That(index.GetProperty("apiVersion").GetString(), Is.EqualTo("v1"));
        Assert.That(index.TryGetProperty("generated", out _), Is.False);
        Assert.That(
            index.GetProperty("serverInfo").GetProperty("contextPath").GetString(), Is.EqualTo("/helm"));
        var entry = index.GetProperty("entries").GetProperty("app")[0];
        Assert.Multiple(() =>
        {
            Assert.That(entry.GetProperty("appVersion").GetString(), Is.EqualTo("1.1"));
            Assert.That(entry.GetProperty("home").GetString(), Is.EqualTo("http://x/?a=b&c"));
            Assert.That(entry.GetProperty("description").GetString(), Is.EqualTo("é 😀"));
            Assert.That(entry.GetProperty("digest").GetString(), Is.EqualTo(SampleContent.Sha256(archive)));
            Assert.That(entry.GetProperty("urls")[0].GetString(), Is.EqualTo("charts/app-1.0.0.tgz"));
            Assert.That(entry.GetProperty("created").GetString(), Does.Match(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"));
        });
    }

    [Test]
    public async Task The_index_is_valid_YAML_too()
    {
        await PushChartAsync("team", Chart("app", "1.0.0", "annotations: {a: \"b\\nc\\x7f\\u2028é😀\"}"));
        var text = await Client.GetStringAsync("helm/team/index.yaml");
        var yaml = new YamlStream();
        yaml.Load(new StringReader(text));
        Assert.That(
            yaml.Documents[0].RootNode["entries"]["app"][0]["annotations"]["a"].ToString(),
            Is.EqualTo("b\nc\u007f\u2028é😀"));
    }

    [Test]
    public async Task The_newest_version_comes_first()
    {
        foreach (var version in (string[])["1.9.0", "1.10.0", "1.10.0-rc.1", "2.0.0-alpha"])
            await PushChartAsync("team", Chart("app", version));
        await PushChartAsync("team", Chart("aaa", "1.0.0"));
        Assert.That(
            await ListAsync("helm/team/index.yaml"),
            Is.EqualTo((string[])["aaa 1.0.0", "app 2.0.0-alpha", "app 1.10.0", "app 1.10.0-rc.1", "app 1.9.0"]));
    }

    [Test]
    public async Task An_index_lists_the_direct_packages_of_its_namespace_only()
    {
        await PushChartAsync("", Chart("app", "0.1.0"));
        await PushChartAsync("org", Chart("app", "1.0.0"));
        await PushChartAsync("org", Chart("zoo", "1.1.0"));
        await PushChartAsync("org/charts", Chart("app", "2.0.0"));
        await PushChartAsync("org/charts/charts", Chart("app", "3.0.0"));
        await PushChartAsync("organ", Chart("app", "4.0.0"));
        Assert.Multiple(async () =>
        {
            Assert.That(await ListAsync("helm/index.yaml"), Is.EqualTo((string[])["app 0.1.0"]));
            Assert.That(await ListAsync("helm/org/index.yaml"), Is.EqualTo((string[])["app 1.0.0", "zoo 1.1.0"]));
            Assert.That(await ListAsync("helm/org/charts/index.yaml"), Is.EqualTo((string[])["app 2.0.0"]));
            Assert.That(await ListAsync("helm/org/charts/charts/index.yaml"), Is.EqualTo((string[])["app 3.0.0"]));
            Assert.That(await ListAsync("helm/nothing/index.yaml"), Is.Empty);
        });
    }

    [Test]
    public async Task An_index_is_sent_again_only_when_it_has_changed()
    {
        await PushChartAsync("team", Chart("app", "1.0.0"));
        using var first = await Client.GetAsync("helm/team/index.yaml");
        var tag = first.Headers.ETag!;
        await PushChartAsync("other", Chart("app", "1.0.0"));
        using var same = await GetAsync("helm/team/index.yaml", ("If-None-Match", tag.ToString()));
        Assert.That(same.StatusCode, Is.EqualTo(HttpStatusCode.NotModified));
        await PushChartAsync("team", Chart("app", "1.0.1"));
        using var changed = await GetAsync("helm/team/index.yaml", ("If-None-Match", tag.ToString()));
        Assert.That(changed.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(changed.Headers.ETag, Is.Not.EqualTo(tag));
    }

    [Test]
    public async Task An_index_is_compressed_only_on_request()
    {
        await PushChartAsync("team", Chart("app", "1.0.0", $"description: {new string('x', 3000)}"));
        using var plain = await Client.GetAsync("helm/team/index.yaml");
        Assert.That(plain.Content.Headers.ContentEncoding, Is.Empty);
        Assert.That(plain.Content.Headers.ContentLength, Is.GreaterThan(3000));
        var expected = await plain.Content.ReadAsByteArrayAsync();
        for (var i = 0; i < 2; i++)
        {
            using var packed = await GetAsync("helm/team/index.yaml", ("Accept-Encoding", "gzip"));
            Assert.That(packed.Content.Headers.ContentEncoding, Is.EqualTo((string[])["gzip"]));
            Assert.That(packed.Headers.ETag, Is.Not.EqualTo(plain.Headers.ETag));
            using var unpacked = new MemoryStream();
            await using (var gzip = new GZipStream(
                await packed.Content.ReadAsStreamAsync(), CompressionMode.Decompress))
                await gzip.CopyToAsync(unpacked);
            Assert.That(unpacked.ToArray(), Is.EqualTo(expected));
            using var known = await GetAsync(
                "helm/team/index.yaml",
                ("Accept-Encoding", "gzip"),
                ("If-None-Match", packed.Headers.ETag!.ToString()));
            Assert.That(known.StatusCode, Is.EqualTo(HttpStatusCode.NotModified));
        }
    }

    [Test]
    public async Task HEAD_gives_the_headers_of_GET()
    {
        await PushChartAsync("team", Chart("app", "1.0.0"));
        using var get = await Client.GetAsync("helm/team/index.yaml");
        using var head = await Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "helm/team/index.yaml"));
        Assert.That(head.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(head.Headers.ETag, Is.EqualTo(get.Headers.ETag));
        Assert.That(head.Content.Headers.ContentType, Is.EqualTo(get.Content.Headers.ContentType));
        Assert.That(await head.Content.ReadAsByteArrayAsync(), Is.Empty);
    }

    [Test]
    public async Task An_index_with_many_charts_is_streamed_whole()
    {
        var more = $"description: {new string('x', 20_000)}";
        for (var i = 10; i < 30; i++)
            await PushChartAsync("team", Chart($"app{i}", "1.0.0", more));
        var expected = Enumerable.Range(10, 20).Select(static i => $"app{i} 1.0.0");
        for (var attempt = 0; attempt < 2; attempt++)
            Assert.That(await ListAsync("helm/team/index.yaml"), Is.EqualTo(expected));
        using var packed = await GetAsync("helm/team/index.yaml", ("Accept-Encoding", "gzip"));
        await using var gzip = new GZipStream(await packed.Content.ReadAsStreamAsync(), CompressionMode.Decompress);
        using var unpacked = await System.Text.Json.JsonDocument.ParseAsync(gzip);
        Assert.That(List(unpacked.RootElement.GetProperty("entries")), Is.EqualTo(expected));
    }

    [Test]
    public async Task A_channel_is_a_repository_of_what_it_points_at()
    {
        foreach (var version in (string[])["1.0.0", "1.1.0"])
            await PushByCnrAsync("team/app", version, Chart("app", version));
        await PushByCnrAsync("team/other", "1.0.0", Chart("other", "1.0.0"));
        await SetChannelAsync("team/app", "stable", "1.0.0");
        Assert.That(await ListAsync("helm/team/-/stable/index.yaml"), Is.EqualTo((string[])["app 1.0.0"]));
        var all = await GetJsonAsync("helm/team/index.yaml");
        var stable = await GetJsonAsync("helm/team/-/stable/index.yaml");
        Assert.That(
            stable.GetProperty("entries").GetProperty("app")[0].GetRawText(),
            Is.EqualTo(all.GetProperty("entries").GetProperty("app")[1].GetRawText()));
        Assert.That(await ListAsync("helm/team/-/none/index.yaml"), Is.Empty);
        using var current = await Client.GetAsync("helm/team/-/stable/charts/app-1.0.0.tgz");
        Assert.That(current.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        using var other = await Client.GetAsync("helm/team/-/stable/charts/app-1.1.0.tgz");
        await ErrorOfAsync(other, HttpStatusCode.NotFound);
        await SetChannelAsync("team/app", "stable", "1.1.0");
        Assert.That(await ListAsync("helm/team/-/stable/index.yaml"), Is.EqualTo((string[])["app 1.1.0"]));
    }

    [Test]
    public async Task A_release_that_Helm_cannot_take_is_not_listed_but_explained()
    {
        await PushByCnrAsync("team/app", "1.0.0", Chart("app", "1.0.0"));
        await PushByCnrAsync("team/app", "1.1.0", Chart("app", "1.1.0", "maintainers: [Ann]"));
        await PushByCnrAsync("team/app", "1.2.0", Chart("app", "1.0"));
        await PushByCnrAsync("team/none", "1.0.0", SampleContent.Gzip(SampleContent.EmptyTar));
        await PushByCnrAsync("team/kpm", "1.0.0", Chart("kpm", "1.0.0"), mediaType: "kpm");
        Assert.That(await ListAsync("helm/team/index.yaml"), Is.EqualTo((string[])["app 1.0.0"]));
        var unlisted = (await GetJsonAsync("helm/api/team/charts?unlisted")).EnumerateArray()
            .Select(static chart => (
                chart.GetProperty("name").GetString(),
                chart.GetProperty("version").GetString(),
                chart.GetProperty("reason").GetString()))
            .ToList();
        Assert.That(
            unlisted.Select(static chart => $"{chart.Item1} {chart.Item2}"),
            Is.EqualTo((string[])["app 1.2.0", "app 1.1.0", "none 1.0.0"]));
        Assert.That(unlisted[0].Item3, Does.Contain("The version '1' is not a semantic version"));
        Assert.That(unlisted[1].Item3, Does.Contain("maintainers[0] is text"));
        Assert.That(unlisted[2].Item3, Does.Contain("contains no Chart.yaml"));
    }

    [Test]
    public async Task The_index_names_a_chart_as_the_package_and_the_release()
    {
        await PushByCnrAsync("team/app", "1.0.0", Chart("other", "9.9.9"));
        Assert.That(await ListAsync("helm/team/index.yaml"), Is.EqualTo((string[])["app 1.0.0"]));
    }

    [Test]
    public async Task An_entry_whose_archive_belongs_to_another_package_is_not_listed()
    {
        await PushChartAsync("team", Chart("app-1.0.0", "2.0.0"));
        Assert.That(await ListAsync("helm/team/index.yaml"), Is.EqualTo((string[])["app-1.0.0 2.0.0"]));
        var archive = Chart("app", "1.0.0-2.0.0");
        await PushChartAsync("team", archive);
        Assert.That(await ListAsync("helm/team/index.yaml"), Is.EqualTo((string[])["app 1.0.0-2.0.0"]));
        Assert.That(await Client.GetByteArrayAsync("helm/team/charts/app-1.0.0-2.0.0.tgz"), Is.EqualTo(archive));
        var unlisted = await GetJsonAsync("helm/api/team/charts?unlisted");
        Assert.That(
            unlisted[0].GetProperty("reason").GetString(),
            Is.EqualTo("app-1.0.0-2.0.0.tgz is an archive of the package team/app."));
        using var deleted = await Client.DeleteAsync("helm/api/team/charts/app/1.0.0-2.0.0");
        Assert.That(await ListAsync("helm/team/index.yaml"), Is.EqualTo((string[])["app-1.0.0 2.0.0"]));
    }

    [Test]
    public async Task A_package_without_the_version_owns_no_archive()
    {
        var archive = Chart("app-1.0.0", "2.0.0");
        await PushChartAsync("team", archive);
        await PushByCnrAsync("team/app", "1.0.0-2.0.0", SampleContent.Gzip(SampleContent.EmptyTar), mediaType: "kpm");
        await PushChartAsync("team", Chart("app", "3.0.0"));
        Assert.That(
            await ListAsync("helm/team/index.yaml"), Is.EquivalentTo((string[])["app 3.0.0", "app-1.0.0 2.0.0"]));
        Assert.That(await Client.GetByteArrayAsync("helm/team/charts/app-1.0.0-2.0.0.tgz"), Is.EqualTo(archive));
    }

    [Test]
    public async Task The_time_of_an_entry_changes_only_with_its_content()
    {
        var archive = Chart("app", "1.0.0");
        await PushByCnrAsync("team/app", "1.0.0", archive);
        var before = await EntryAsync();
        await Task.Delay(1100);
        await PushByCnrAsync("team/app", "1.0.0", archive, force: true);
        Assert.That(await EntryAsync(), Is.EqualTo(before));
        await PushByCnrAsync("team/app", "1.0.0", Chart("app", "1.0.0", "home: x"), force: true);
        Assert.That((await EntryAsync()).Created, Is.GreaterThan(before.Created));

        async Task<(string Created, string Digest)> EntryAsync()
        {
            var entry = (await GetJsonAsync("helm/team/index.yaml")).GetProperty("entries").GetProperty("app")[0];
            return (entry.GetProperty("created").GetString()!, entry.GetProperty("digest").GetString()!);
        }
    }

    [TestCase("helm/team/index.yaml", HttpStatusCode.OK)]
    [TestCase("v2/team/old/tags/list", HttpStatusCode.OK)]
    [TestCase("helm/team/charts/old-1.0.0.tgz", HttpStatusCode.NotFound)]
    public async Task A_request_for_an_incomplete_release_starts_its_completion(string path, HttpStatusCode expected)
    {
        await Host.PushIncompleteAsync("team/old", "1.0.0");
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            using var response = await Client.GetAsync(path, deadline.Token);
            if (response.StatusCode == expected)
                break;
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
            await Task.Delay(100, deadline.Token);
        }
    }

    private async Task<HttpResponseMessage> GetAsync(string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await Client.SendAsync(request);
    }

    private async Task SetChannelAsync(string package, string channel, string release)
    {
        using var response = await Client.PostAsync(
            $"api/v1/packages/{package}/channels/{channel}/{release}", content: null);
        Assert.That(response.IsSuccessStatusCode, Is.True, await response.Content.ReadAsStringAsync());
    }
}
