using System.Net;
using NUnit.Framework;
using Registry.Tests.Support;
using Registry.Tests.Unit.Content;

namespace Registry.Tests.Api.Helm;

public sealed class HelmArchiveTests : HelmTest
{
    [TestCase("helm/team/charts/app-1.2.0+b1.tgz")]
    [TestCase("helm/team/charts/app-1.2.0%2Bb1.tgz")]
    [TestCase("helm/team/charts/app-1.2.0%2bb1.tgz")]
    public async Task An_archive_is_the_bytes_that_were_pushed(string path)
    {
        var archive = Chart("app", "1.2.0+b1");
        await PushByCnrAsync("team/app", "1.2.0+b1", archive);
        using var response = await Client.GetAsync(path);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(response.Content.Headers.ContentType!.ToString(), Is.EqualTo("application/gzip"));
        Assert.That(response.Content.Headers.ContentEncoding, Is.Empty);
        Assert.That(response.Content.Headers.ContentLength, Is.EqualTo(archive.Length));
        Assert.That(response.Headers.ETag!.Tag, Is.EqualTo($"\"{SampleContent.Sha256(archive)}\""));
        Assert.That(await response.Content.ReadAsByteArrayAsync(), Is.EqualTo(archive));
    }

    [Test]
    public async Task A_chart_of_any_size_is_pulled_with_the_same_bytes(
        [Values(60_000, 100_000, 130_000, 150_000, 3_000_000)] int size)
    {
        var chart = ChartPush.Of(ChartDoor.ChartMuseum, "team/app", "1.0.0", "", size).Chart;
        using (var pushed = await Client.PostAsync("helm/api/team/charts", new ByteArrayContent(chart)))
            Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        Assert.That(
            await Client.GetByteArrayAsync("helm/team/charts/app-1.0.0.tgz"), Is.EqualTo(chart).AsCollection);
    }

    [Test]
    public async Task An_archive_has_ranges_and_conditions()
    {
        var archive = Chart("app", "1.0.0");
        await PushChartAsync("team", archive);
        const string Path = "helm/team/charts/app-1.0.0.tgz";
        using var part = new HttpRequestMessage(HttpMethod.Get, Path);
        part.Headers.Range = new System.Net.Http.Headers.RangeHeaderValue(2, 5);
        using var partial = await Client.SendAsync(part);
        Assert.That(partial.StatusCode, Is.EqualTo(HttpStatusCode.PartialContent));
        Assert.That(await partial.Content.ReadAsByteArrayAsync(), Is.EqualTo(archive[2..6]));
        using var condition = new HttpRequestMessage(HttpMethod.Get, Path);
        condition.Headers.TryAddWithoutValidation("If-None-Match", $"\"{SampleContent.Sha256(archive)}\"");
        using var known = await Client.SendAsync(condition);
        Assert.That(known.StatusCode, Is.EqualTo(HttpStatusCode.NotModified));
        using var head = await Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, Path));
        Assert.That(head.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(head.Content.Headers.ContentLength, Is.EqualTo(archive.Length));
    }

    [Test]
    public async Task A_chart_without_a_folder_is_given_out_in_one_and_by_CNR_as_it_was_pushed()
    {
        var archive = Chart("app", "1.0.0", folder: "");
        await PushByCnrAsync("team/app", "1.0.0", archive);
        var entry = (await GetJsonAsync("helm/team/index.yaml")).GetProperty("entries").GetProperty("app")[0];
        var wrapped = await Client.GetByteArrayAsync("helm/team/charts/app-1.0.0.tgz");
        Assert.That(SampleContent.Sha256(wrapped), Is.EqualTo(entry.GetProperty("digest").GetString()));
        Assert.That(wrapped, Is.Not.EqualTo(archive));
        Assert.That(
            await Client.GetByteArrayAsync("api/v1/packages/team/app/1.0.0/helm/pull"), Is.EqualTo(archive));
    }

    [Test]
    public async Task The_last_charts_in_a_path_decides()
    {
        var archive = Chart("app", "1.0.0");
        await PushChartAsync("org/charts", archive);
        Assert.That(await Client.GetByteArrayAsync("helm/org/charts/charts/app-1.0.0.tgz"), Is.EqualTo(archive));
        var other = Chart("app", "2.0.0");
        await PushChartAsync("", other);
        Assert.That(await Client.GetByteArrayAsync("helm/charts/app-2.0.0.tgz"), Is.EqualTo(other));
    }

    [TestCase("helm/team/charts/app-1.0.1.tgz")]
    [TestCase("helm/team/charts/other-1.0.0.tgz")]
    [TestCase("helm/team/charts/app-1.0.0.tar.gz")]
    [TestCase("helm/team/charts/app-1.0.0")]
    [TestCase("helm/team/charts/app.tgz")]
    [TestCase("helm/team/charts/.tgz")]
    [TestCase("helm/team/charts/-1.0.0.tgz")]
    [TestCase("helm/team/charts/bad-1.0.0.tgz")]
    [TestCase("helm/team/charts/app-1.0.0.tgz.prov")]
    [TestCase("helm/team/charts/app-1.0.0.tgz.prov.prov")]
    [TestCase("helm/none/charts/app-1.0.0.tgz")]
    [TestCase("helm/charts/app-1.0.0.tgz")]
    [TestCase("helm/team/charts/")]
    public async Task An_archive_that_no_index_lists_is_not_found(string path)
    {
        await PushChartAsync("team", Chart("app", "1.0.0"));
        await PushByCnrAsync("team/bad", "1.0.0", SampleContent.Gzip(SampleContent.EmptyTar));
        using var response = await Client.GetAsync(path);
        await ErrorOfAsync(response, HttpStatusCode.NotFound);
    }

    [Test]
    public async Task Repositories_are_read_only()
    {
        using var post = await PushAsync("helm/team/charts/app-1.0.0.tgz", Chart("app", "1.0.0"));
        await ErrorOfAsync(post, HttpStatusCode.MethodNotAllowed);
        using var delete = await Client.DeleteAsync("helm/team/index.yaml");
        await ErrorOfAsync(delete, HttpStatusCode.MethodNotAllowed);
    }
}
