using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.EndToEnd;

/// <summary>The commands of both protocols' documentation, run with the real curl.</summary>
public sealed class DocumentedCommandsTests : EndToEndTest
{
    /// <summary>The digest in CNR's documentation of its chart.</summary>
    private const string ChartDigest = "72ed15c9a65961ecd034cca098ec18eb99002cd402824aae8a674a8ae41bd0ef";

    private static readonly string Samples = Path.Combine(AppContext.BaseDirectory, "Data");

    [TestCase("/api/v1/packages", "vnd.cnr.package.helm.v1")]
    [TestCase("/cnr/api/v1/packages", "vnd.appr.package.helm.v0")]
    public async Task The_commands_of_the_CNR_documentation_work(string mount, string mediaType)
    {
        var registry = await HostAsync();
        var packages = $"{registry.Address}{mount[1..]}";
        File.Copy(Path.Combine(Samples, "elasticsearch-chart.tar.gz"), Path.Combine(Folder, "elastichart.tar.gz"));

        var pushed = await Curl.ShellAsync(
            Folder,
            $$"""
            curl -sS -XPOST {{packages}}/myname/elasticsearch -d '
            {
              "blob": "'$(cat elastichart.tar.gz | base64 -w 0)'",
              "release": "2.2.1",
              "media_type": "helm"
            }'
            """,
            CancellationToken);
        Assert.That(JsonDocument.Parse(pushed).RootElement.GetProperty("status").GetString(), Is.EqualTo("ok"));

        var shown = JsonDocument.Parse(
            await Curl.ShellAsync(
                Folder, $"curl -sS -XGET {packages}/myname/elasticsearch/2.2.1/helm", CancellationToken)).RootElement;
        var content = shown.GetProperty("content");
        Assert.That(content.GetProperty("digest").GetString(), Is.EqualTo(ChartDigest));
        Assert.That(content.GetProperty("size").GetInt32(), Is.EqualTo(583));
        Assert.That(content.GetProperty("mediaType").GetString(), Is.EqualTo($"application/{mediaType}.tar+gzip"));
        Assert.That(content.GetProperty("urls").GetArrayLength(), Is.Zero);
        Assert.That(shown.GetProperty("channels").GetArrayLength(), Is.Zero);

        await Curl.ShellAsync(
            Folder,
            $"""
            curl -sS -XGET \
            {packages}/myname/elasticsearch/blobs/sha256/{ChartDigest} \
            -o elasticsearch-chart.tar.gz
            cmp elastichart.tar.gz elasticsearch-chart.tar.gz
            curl -sSf {packages}/myname/elasticsearch/2.2.1/helm/pull -o pulled.tar.gz
            cmp elastichart.tar.gz pulled.tar.gz
            tar -xzf pulled.tar.gz
            test -f Chart.yaml
            """,
            CancellationToken);
        var inJson = await Curl.ShellAsync(
            Folder, $"curl -sSf {packages}/myname/elasticsearch/default/helm/pull/json", CancellationToken);
        var bytes = JsonDocument.Parse(inJson).RootElement.GetProperty("blob").GetBytesFromBase64();
        Assert.That(
            bytes,
            Is.EqualTo(await File.ReadAllBytesAsync(Path.Combine(Folder, "elastichart.tar.gz"), CancellationToken)));
    }

    [Test]
    public async Task The_commands_of_the_KAR_documentation_work()
    {
        var registry = await HostAsync();
        var archives = $"{registry.Address}api/v1/app";
        File.Copy(Path.Combine(Samples, "app.kploy"), Path.Combine(Folder, "app.kploy"));

        var uploaded = JsonDocument.Parse(
            await Curl.ShellAsync(
                Folder, $"curl -sS -X POST --data-binary @app.kploy {archives}", CancellationToken)).RootElement;
        Assert.That(uploaded.GetProperty("app_archive_id").GetString(), Is.EqualTo(SampleArchive.Id));
        Assert.That(uploaded.GetProperty("selfLink").GetString(), Is.EqualTo($"{archives}/{SampleArchive.Id}"));

        var list =
            JsonDocument.Parse(await Curl.ShellAsync(Folder, $"curl -sS {archives}", CancellationToken)).RootElement;
        Assert.That(list[0].GetProperty("name").GetString(), Is.EqualTo($"global/{SampleArchive.Id}.zip"));
        Assert.That(list[0].GetProperty("size").GetString(), Is.EqualTo($"{SampleArchive.Length}"));

        await Curl.ShellAsync(
            Folder,
            $"curl -sSf -o back.kploy {archives}/{SampleArchive.Id} && cmp app.kploy back.kploy",
            CancellationToken);
        await Curl.ShellAsync(
            Folder,
            $"curl -sSf -o back.kploy '{uploaded.GetProperty("selfLink").GetString()}' && cmp app.kploy back.kploy",
            CancellationToken);
    }

    [Test]
    public async Task An_archive_of_a_workspace_is_found_like_the_kploy_client_does()
    {
        var registry = await HostAsync();
        var archives = $"{registry.Address}api/v1/app";
        const string Workspace = "https://github.com/kubernauts/kploy.net";
        File.Copy(Path.Combine(Samples, "app.kploy"), Path.Combine(Folder, "app.kploy"));

        await Curl.ShellAsync(
            Folder,
            $"curl -sSf -X POST --data-binary @app.kploy '{archives}?workspace={Workspace}'",
            CancellationToken);
        await Curl.ShellAsync(
            Folder,
            $"curl -sSf -o back.kploy '{archives}/{SampleArchive.Id}?workspace={Workspace}' && cmp app.kploy "
                + "back.kploy",
            CancellationToken);

        var elsewhere = await Curl.ShellAsync(
            Folder, $"curl -sS -o /dev/null -w '%{{http_code}}' {archives}/{SampleArchive.Id}", CancellationToken);
        Assert.That(elsewhere, Is.EqualTo("404"));
    }

    [Test]
    public async Task The_commands_of_the_readme_run_as_pasted_in_a_fresh_clone()
    {
        var registry = await HostAsync();
        Directory.CreateSymbolicLink(
            Path.Combine(Folder, "Registry.Tests"), Path.Combine(RegistryProcess.Root, "Registry.Tests"));
        var readme = await File.ReadAllTextAsync(Path.Combine(RegistryProcess.Root, "README.md"), CancellationToken);
        var commands = BlocksOf(readme, "console")
            .Where(static block => block.Contains("curl", StringComparison.Ordinal)
                && !block.Contains("helm push", StringComparison.Ordinal)
                && !block.Contains("helm install", StringComparison.Ordinal))
            .ToList();
        Assert.That(commands, Has.Count.EqualTo(3), "a test with helm runs those of charts");
        await RunAsync(registry, string.Join('\n', commands));

        Assert.That(
            await ReadAsync("chart.tar.gz"),
            Is.EqualTo(
                await File.ReadAllBytesAsync(Path.Combine(Samples, "elasticsearch-1.0.0.tgz"), CancellationToken)));
        Assert.That(await ReadAsync("app.kploy"), Is.EqualTo(await SampleArchive.BytesAsync()));
        foreach (var name in (string[])["hello", "hello2"])
            Assert.That(
                await registry.Client.GetStringAsync($"/helm/{name}/index.yaml", CancellationToken),
                Does.Contain("elasticsearch-1.0.0.tgz"),
                "Helm can install the example");
    }

    [Test]
    public async Task The_commands_of_the_quick_start_print_the_documented_output()
    {
        var registry = await HostAsync();
        var page = await File.ReadAllTextAsync(
            Path.Combine(RegistryProcess.Root, "Documentation", "quick-start.md"), CancellationToken);
        // Blocks of other languages need clients that this test does not have; those of helm have their own test.
        var blocks = Regex.Matches(
            page, @"^```(sh|console|bash)?\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline);
        var run = 0;
        for (var i = 0; i < blocks.Count; i++)
        {
            if (blocks[i].Groups[1].Value != "sh"
                || blocks[i].Groups[2].Value.StartsWith("dotnet run", StringComparison.Ordinal))
                continue;
            var printed = await RunAsync(registry, blocks[i].Groups[2].Value);
            run++;
            if (i + 1 < blocks.Count && blocks[i + 1].Groups[1].Value == "")
                Assert.That(
                    Comparable(printed.Replace(registry.Address.ToString(), "http://localhost:5000/")),
                    Is.EqualTo(Comparable(blocks[i + 1].Groups[2].Value)));
        }

        Assert.That(run, Is.GreaterThan(15));
    }

    [Test]
    public async Task The_commands_of_the_OpenAPI_document_run_as_pasted()
    {
        var registry = await HostAsync();
        foreach (var chart in (string[])["mychart.tgz", "chart.tar.gz"])
            File.Copy(Path.Combine(Samples, "elasticsearch-chart.tar.gz"), Path.Combine(Folder, chart));
        File.Copy(Path.Combine(Samples, "app.kploy"), Path.Combine(Folder, "app.kploy"));

        var document = await GetJsonAsync(registry, "/openapi/v1.json");
        var text = document.GetProperty("info").GetProperty("description").GetString()!;
        var commands = Regex.Matches(text, "```(.*?)```", RegexOptions.Singleline)
            .Select(static match => match.Groups[1].Value)
            .Where(static commands => !commands.Contains("helm push", StringComparison.Ordinal))
            .ToList();
        Assert.That(commands, Is.Not.Empty);
        await RunAsync(registry, string.Join('\n', commands));
        Assert.That((await GetJsonAsync(registry, "/api/v1/packages")).GetArrayLength(), Is.EqualTo(1));
    }

    [Test]
    public async Task A_large_package_is_pushed_from_a_file_and_pulled()
    {
        var registry = await HostAsync();
        var package = await new SeededPackage(1, 5 << 20).ToArrayAsync(CancellationToken);
        await File.WriteAllTextAsync(
            Path.Combine(Folder, "push.json"),
            $$"""{"blob":"{{Convert.ToBase64String(package)}}","release":"1.0.0","media_type":"kpm"}""",
            CancellationToken);
        var packages = $"{registry.Address}cnr/api/v1/packages";

        await Curl.ShellAsync(
            Folder, $"curl -sSf -H 'Content-Type: application/json' -XPOST {packages}/a/large -d @push.json && curl "
                + $"-sSf -OJ {packages}/a/large/default/-/pull", CancellationToken);

        var pulled = await File.ReadAllBytesAsync(Path.Combine(Folder, "a_large_1.0.0.tar.gz"), CancellationToken);
        Assert.That(SHA256.HashData(pulled), Is.EqualTo(SHA256.HashData(package)));
    }

    private static List<string> BlocksOf(string markdown, string language) =>
        [.. Regex.Matches(markdown, $@"^```{language}\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)
            .Select(static match => match.Groups[1].Value)];

    /// <summary>
    /// Masks what differs between runs: times, and the digest and size of an archive that contains a time.
    /// </summary>
    private static string Comparable(string text) => Regex.Replace(
        text.Trim(), @"\d{4}-\d\d-\d\dT[\d:.]+|""generation"":""\d+""|""digest"":""[0-9a-f]{64}""|""size"":\d+", "…");

    private Task<string> RunAsync(RegistryHost registry, string script) =>
        Curl.ShellAsync(
            Folder,
            script.Replace("http://localhost:5000/", registry.Address.ToString(), StringComparison.Ordinal),
            CancellationToken);

    private Task<byte[]> ReadAsync(
        string file) => File.ReadAllBytesAsync(Path.Combine(Folder, file), CancellationToken);
}
