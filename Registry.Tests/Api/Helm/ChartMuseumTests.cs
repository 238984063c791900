using System.Net;
using System.Text;
using System.Text.Json;
using NUnit.Framework;
using Registry.Tests.Support;
using Registry.Tests.Unit.Content;

namespace Registry.Tests.Api.Helm;

public sealed class ChartMuseumTests : HelmTest
{
    private const string Charts = "helm/api/team/charts";

    protected override string[] Settings => ["--Limits:PackageBytes=100000"];

    private static async Task<string> BodyOfAsync(HttpResponseMessage response, HttpStatusCode status)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.That(response.StatusCode, Is.EqualTo(status), text);
        return text.Trim();
    }

    private async Task<HttpResponseMessage> PostFormAsync(string path, params (string Name, byte[] Bytes)[] parts)
    {
        using var form = new MultipartFormDataContent();
        foreach (var (name, bytes) in parts)
            form.Add(new ByteArrayContent(bytes), name, "file");
        return await Client.PostAsync(path, form);
    }

    [Test]
    public async Task A_pushed_chart_is_a_release_of_the_package_that_it_names()
    {
        var archive = Chart("app", "1.0.0");
        using var response = await PushAsync(Charts, archive);
        Assert.That(await BodyOfAsync(response, HttpStatusCode.Created), Is.EqualTo("{\"saved\":true}"));
        Assert.That(await ListAsync("helm/team/index.yaml"), Is.EqualTo((string[])["app 1.0.0"]));
        Assert.That(
            await Client.GetByteArrayAsync("api/v1/packages/team/app/1.0.0/helm/pull"), Is.EqualTo(archive));
    }

    [Test]
    public async Task A_form_has_the_chart_in_its_field()
    {
        var archive = Chart("app", "1.0.0");
        using var response = await PostFormAsync(Charts, ("other", [1, 2]), ("chart", archive));
        await BodyOfAsync(response, HttpStatusCode.Created);
        Assert.That(await Client.GetByteArrayAsync("helm/team/charts/app-1.0.0.tgz"), Is.EqualTo(archive));
    }

    [Test]
    public async Task An_existing_version_is_replaced_only_by_force()
    {
        await PushChartAsync("team", Chart("app", "1.0.0"));
        var other = Chart("app", "1.0.0", "home: x");
        using var refused = await PushAsync(Charts, other);
        Assert.That(
            await ErrorOfAsync(refused, HttpStatusCode.Conflict),
            Does.Contain("team/app 1.0.0 exists already").And.Contains("?force"));
        using var unforced = await PushAsync($"{Charts}?force=false", other);
        await ErrorOfAsync(unforced, HttpStatusCode.Conflict);
        using var forced = await PushAsync($"{Charts}?force", other);
        await BodyOfAsync(forced, HttpStatusCode.Created);
        Assert.That(await Client.GetByteArrayAsync("helm/team/charts/app-1.0.0.tgz"), Is.EqualTo(other));
    }

    [Test]
    public async Task What_is_no_chart_is_refused_with_the_reason()
    {
        (byte[] Bytes, HttpStatusCode Status, string Reason)[] cases =
        [
            ([], HttpStatusCode.BadRequest, "The archive is empty."),
            ("no gzip"u8.ToArray(), HttpStatusCode.BadRequest, "The archive is not a gzip file."),
            (SampleContent.Gzip(SampleContent.EmptyTar), HttpStatusCode.BadRequest, "contains no Chart.yaml"),
            (Chart("app", "1.0"), HttpStatusCode.BadRequest, "The version '1' is not a semantic version"),
            (Chart("app", "v1.0.0"), HttpStatusCode.BadRequest, "is not a semantic version"),
            (Chart("app", "1.0.0", "deprecated: 'true'"), HttpStatusCode.BadRequest, "deprecated is text"),
            (
                Chart("'a b'", "1.0.0", folder: "a"),
                HttpStatusCode.BadRequest,
                "The chart cannot be named 'a b' in the namespace 'team'"),
            (SampleContent.Random(200_000), HttpStatusCode.RequestEntityTooLarge, "larger than 100000 bytes"),
            (
                Chart("app", "1.0.0")[..^3],
                HttpStatusCode.BadRequest,
                "The archive is a damaged or truncated gzip file."),
            (
                Chart("app", "1.0.0-" + new string('a', 200)),
                HttpStatusCode.BadRequest,
                "Chart.yaml: The version has 206 characters; expected at most 128."),
        ];
        foreach (var (bytes, status, reason) in cases)
        {
            using var response = await PushAsync(Charts, bytes);
            Assert.That(await ErrorOfAsync(response, status), Does.Contain(reason));
        }

        Assert.That(await ListAsync("helm/team/index.yaml"), Is.Empty);
    }

    [Test]
    public async Task A_malformed_form_is_refused()
    {
        using var neither = await PostFormAsync(Charts, ("other", [1]));
        Assert.That(await ErrorOfAsync(neither, HttpStatusCode.BadRequest), Does.Contain("neither a field"));
        using var content = new StringContent("--x\r\nContent-Disposition: form-data; name=chart\r\n\r\nabc");
        content.Headers.Remove("Content-Type");
        content.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data; boundary=x");
        using var truncated = await Client.PostAsync(Charts, content);
        Assert.That(await ErrorOfAsync(truncated, HttpStatusCode.BadRequest), Does.Contain("truncated"));
        using var unbounded = new StringContent("x");
        unbounded.Headers.Remove("Content-Type");
        unbounded.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data");
        using var refused = await Client.PostAsync(Charts, unbounded);
        Assert.That(await ErrorOfAsync(refused, HttpStatusCode.BadRequest), Does.Contain("boundary"));
    }

    [Test]
    public async Task Charts_are_listed_by_name()
    {
        foreach (var (name, version) in ((string, string)[])
            [("a", "1.0.0"), ("b", "1.0.0"), ("b", "1.1.0"), ("c", "1.0.0")])
            await PushChartAsync("team", Chart(name, version));
        Assert.That(
            List(await GetJsonAsync(Charts)),
            Is.EqualTo((string[])["a 1.0.0", "b 1.1.0", "b 1.0.0", "c 1.0.0"]));
        Assert.That(
            List(await GetJsonAsync($"{Charts}?offset=1")), Is.EqualTo((string[])["b 1.1.0", "b 1.0.0", "c 1.0.0"]));
        Assert.That(
            List(await GetJsonAsync($"{Charts}?offset=1&limit=1")), Is.EqualTo((string[])["b 1.1.0", "b 1.0.0"]));
        Assert.That(List(await GetJsonAsync($"{Charts}?limit=0")), Is.Empty);
        Assert.That(List(await GetJsonAsync($"{Charts}?offset=9")), Is.Empty);
        Assert.That(List(await GetJsonAsync("helm/api/charts")), Is.Empty);
        using var wrong = await Client.GetAsync($"{Charts}?limit=-1");
        await ErrorOfAsync(wrong, HttpStatusCode.BadRequest);
    }

    [Test]
    public async Task A_chart_and_a_version_are_shown_as_in_the_index()
    {
        await PushChartAsync("team", Chart("app", "1.0.0"));
        await PushChartAsync("team", Chart("app", "1.1.0+b"));
        var index = (await GetJsonAsync("helm/team/index.yaml")).GetProperty("entries").GetProperty("app");
        Assert.That((await GetJsonAsync($"{Charts}/app")).GetRawText(), Is.EqualTo(index.GetRawText()));
        Assert.That(
            (await GetJsonAsync($"{Charts}/app/1.1.0+b")).GetRawText(), Is.EqualTo(index[0].GetRawText()));
        foreach (var path in (string[])["none", "app/1.0.1", "app/x", ".x", ".x/1.0.0"])
        {
            using var missing = await Client.GetAsync($"{Charts}/{path}");
            await ErrorOfAsync(missing, HttpStatusCode.NotFound);
        }

        foreach (var (path, status) in ((string, HttpStatusCode)[])
            [("app", HttpStatusCode.OK), ("app/1.0.0", HttpStatusCode.OK), ("none", HttpStatusCode.NotFound)])
        {
            using var head = await Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"{Charts}/{path}"));
            Assert.That(head.StatusCode, Is.EqualTo(status));
        }
    }

    [Test]
    public async Task A_deleted_version_is_gone_everywhere()
    {
        await PushChartAsync("team", Chart("app", "1.0.0+b"));
        await PushChartAsync("team", Chart("app", "1.1.0"));
        using var deleted = await Client.DeleteAsync($"{Charts}/app/1.0.0+b");
        Assert.That(await BodyOfAsync(deleted, HttpStatusCode.OK), Is.EqualTo("{\"deleted\":true}"));
        Assert.That(await ListAsync("helm/team/index.yaml"), Is.EqualTo((string[])["app 1.1.0"]));
        using var archive = await Client.GetAsync("helm/team/charts/app-1.0.0+b.tgz");
        await ErrorOfAsync(archive, HttpStatusCode.NotFound);
        foreach (var path in (string[])["app/1.0.0+b", "app/x", "none/1.0.0", ".x/1.0.0"])
        {
            using var again = await Client.DeleteAsync($"{Charts}/{path}");
            Assert.That(
                await ErrorOfAsync(again, HttpStatusCode.NotFound),
                Is.EqualTo($"Chart {path.Replace('/', ' ')} does not exist"));
        }
    }

    [Test]
    public async Task A_provenance_file_is_given_out_beside_its_archive()
    {
        var archive = Chart("app", "1.0.0");
        var provenance = Encoding.UTF8.GetBytes(Provenance("app", "1.0.0", archive));
        await PushChartAsync("team", archive);
        using var response = await PushAsync("helm/api/team/prov", provenance);
        Assert.That(await BodyOfAsync(response, HttpStatusCode.Created), Is.EqualTo("{\"saved\":true}"));
        Assert.That(await Client.GetByteArrayAsync("helm/team/charts/app-1.0.0.tgz.prov"), Is.EqualTo(provenance));
        using var again = await PushAsync("helm/api/team/prov", provenance);
        await BodyOfAsync(again, HttpStatusCode.Created);
        var other = Encoding.UTF8.GetBytes(Provenance("app", "1.0.0", archive, "other"));
        using var refused = await PushAsync("helm/api/team/prov", other);
        Assert.That(await ErrorOfAsync(refused, HttpStatusCode.Conflict), Does.Contain("another provenance file"));
        using var forced = await PostFormAsync("helm/api/team/prov?force", ("prov", other));
        await BodyOfAsync(forced, HttpStatusCode.Created);
        Assert.That(await Client.GetByteArrayAsync("helm/team/charts/app-1.0.0.tgz.prov"), Is.EqualTo(other));
    }

    [Test]
    public async Task A_chart_may_be_called_as_a_route()
    {
        await PushChartAsync("team", Chart("charts", "1.0.0"));
        using (var shown = await Client.GetAsync($"{Charts}/charts/1.0.0"))
            Assert.That(shown.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        using (var deleted = await Client.DeleteAsync($"{Charts}/charts/1.0.0"))
            Assert.That(deleted.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await ListAsync("helm/team/index.yaml"), Is.Empty);
    }

    [TestCase("chart")]
    [TestCase("prov")]
    public async Task A_field_that_a_form_has_twice_is_refused(string field)
    {
        var archive = Chart("app", "1.0.0");
        var provenance = Encoding.UTF8.GetBytes(Provenance("app", "1.0.0", archive));
        using var refused = await PostFormAsync(
            Charts,
            ("chart", archive),
            ("prov", provenance),
            (field, field == "chart" ? Chart("app", "2.0.0") : provenance));
        Assert.That(
            await ErrorOfAsync(refused, HttpStatusCode.BadRequest), Does.Contain($"several fields '{field}'"));
        Assert.That(await ListAsync("helm/team/index.yaml"), Is.Empty);
    }

    [TestCase("charts")]
    [TestCase("org/charts")]
    public async Task A_namespace_may_end_in_the_word_of_a_route(string @namespace)
    {
        var archive = Chart("prov", "1.0.0");
        using (var pushed = await PushAsync($"helm/api/{@namespace}/charts", archive))
            await BodyOfAsync(pushed, HttpStatusCode.Created);
        var provenance = Encoding.UTF8.GetBytes(Provenance("prov", "1.0.0", archive));
        using (var signed = await PushAsync($"helm/api/{@namespace}/prov", provenance))
            await BodyOfAsync(signed, HttpStatusCode.Created);
        Assert.That(
            await Client.GetByteArrayAsync($"helm/{@namespace}/charts/prov-1.0.0.tgz.prov"), Is.EqualTo(provenance));
        using var shown = await Client.GetAsync($"helm/api/{@namespace}/charts/prov");
        Assert.That(shown.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task A_provenance_file_gives_the_manifest_another_layer_and_the_former_one_stays()
    {
        var archive = Chart("app", "1.0.0");
        await PushChartAsync("team", archive);
        using var before = await Client.GetAsync("v2/team/app/manifests/1.0.0");
        var former = await before.Content.ReadAsByteArrayAsync();
        using var response = await PushAsync(
            "helm/api/team/prov", Encoding.UTF8.GetBytes(Provenance("app", "1.0.0", archive)));
        await BodyOfAsync(response, HttpStatusCode.Created);
        using var current = JsonDocument.Parse(await Client.GetByteArrayAsync("v2/team/app/manifests/1.0.0"));
        Assert.That(
            current.RootElement.GetProperty("layers").EnumerateArray().Select(
                static layer => layer.GetProperty("mediaType").GetString()),
            Is.EquivalentTo((string[])
            [
                "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
                "application/vnd.cncf.helm.chart.provenance.v1.prov",
            ]));
        Assert.That(
            await Client.GetByteArrayAsync($"v2/team/app/manifests/sha256:{SampleContent.Sha256(former)}"),
            Is.EqualTo(former));
    }

    [Test]
    public async Task A_provenance_file_must_name_the_archive_of_an_existing_chart()
    {
        var archive = Chart("app", "1.0.0");
        await PushChartAsync("team", archive);
        (string File, HttpStatusCode Status, string Reason)[] cases =
        [
            ("", HttpStatusCode.BadRequest, "not a cleartext-signed message"),
            (Provenance("app", "1.0.0", [1]), HttpStatusCode.BadRequest, SampleContent.Sha256(archive)),
            (Provenance("app", "1.0.1", archive), HttpStatusCode.NotFound, "team/app 1.0.1"),
            (Provenance("none", "1.0.0", archive), HttpStatusCode.NotFound, "team/none 1.0.0"),
            (new string('x', 1_100_000), HttpStatusCode.RequestEntityTooLarge, "larger than 1048576 bytes"),
        ];
        foreach (var (file, status, reason) in cases)
        {
            using var response = await PushAsync("helm/api/team/prov", Encoding.UTF8.GetBytes(file));
            Assert.That(await ErrorOfAsync(response, status), Does.Contain(reason));
        }

        using var missing = await Client.GetAsync("helm/team/charts/app-1.0.0.tgz.prov");
        await ErrorOfAsync(missing, HttpStatusCode.NotFound);
    }

    [Test]
    public async Task A_chart_and_its_provenance_file_come_in_one_form_or_not_at_all()
    {
        var archive = Chart("app", "1.0.0");
        (string File, string Reason)[] wrong =
        [
            (Provenance("app", "1.0.0", [1]), SampleContent.Sha256(archive)),
            (Provenance("app", "1.0.1", archive), "The provenance file is that of 'app' 1.0.1"),
            ("x", "not a cleartext-signed message"),
        ];
        foreach (var (file, reason) in wrong)
        {
            using var refused = await PostFormAsync(Charts, ("prov", Encoding.UTF8.GetBytes(file)), ("chart", archive));
            Assert.That(await ErrorOfAsync(refused, HttpStatusCode.BadRequest), Does.Contain(reason));
        }

        Assert.That(await ListAsync("helm/team/index.yaml"), Is.Empty);
        var rootless = Chart("app", "1.0.0", folder: "");
        using var unsignable = await PostFormAsync(
            Charts, ("chart", rootless), ("prov", Encoding.UTF8.GetBytes(Provenance("app", "1.0.0", rootless))));
        Assert.That(await ErrorOfAsync(unsignable, HttpStatusCode.BadRequest), Does.Contain("not in a folder"));
        var provenance = Encoding.UTF8.GetBytes(Provenance("app", "1.0.0", archive));
        using var response = await PostFormAsync(Charts, ("prov", provenance), ("chart", archive));
        await BodyOfAsync(response, HttpStatusCode.Created);
        Assert.That(await Client.GetByteArrayAsync("helm/team/charts/app-1.0.0.tgz.prov"), Is.EqualTo(provenance));
    }

    [Test]
    public async Task A_provenance_file_for_an_existing_chart_may_come_to_the_charts()
    {
        var archive = Chart("app", "1.0.0");
        await PushChartAsync("team", archive);
        using var response = await PostFormAsync(
            Charts, ("prov", Encoding.UTF8.GetBytes(Provenance("app", "1.0.0", archive))));
        await BodyOfAsync(response, HttpStatusCode.Created);
    }

    [Test]
    public async Task Another_replica_lists_a_chart_at_once()
    {
        using var folder = new TemporaryFolder();
        await using var one = await RegistryHost.StartAsync($"--Filesystem:Path={folder.Below("shared")}");
        await using var two = await RegistryHost.StartAsync($"--Filesystem:Path={folder.Below("shared")}");
        for (var i = 0; i < 5; i++)
        {
            using var content = new ByteArrayContent(Chart("app", $"1.0.{i}"));
            using var pushed = await one.Client.PostAsync(Charts, content);
            await BodyOfAsync(pushed, HttpStatusCode.Created);
            using var index = JsonDocument.Parse(await two.Client.GetStringAsync("helm/team/index.yaml"));
            Assert.That(
                List(index.RootElement.GetProperty("entries")),
                Does.Contain($"app 1.0.{i}").And.Count.EqualTo(i + 1));
        }
    }
}
