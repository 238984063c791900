using System.Text.Json;
using NUnit.Framework;
using Registry.Core.Artifacts;
using Registry.Core.Storage;
using Registry.Tests.Support;
using Registry.Tests.Support.Servers;

namespace Registry.Tests.EndToEnd;

/// <summary>Links and writes through a real nginx that serves the registry under a path.</summary>
public sealed class ProxyTests
{
    private const string Header =
        $"proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Prefix {NginxServer.Prefix};";

    private readonly CancellationToken cancellationToken = new CancellationTokenSource(TimeSpan.FromMinutes(3)).Token;

    [TestCase(
        false,
        Header,
        "--Proxies:Trusted=127.0.0.1",
        TestName = "The_header_of_a_trusted_proxy_adds_the_prefix_to_every_link")]
    [TestCase(
        false,
        NginxServer.KeepHost,
        "--PATHBASE=/registry",
        TestName = "The_setting_adds_the_prefix_to_every_link_if_the_proxy_removes_it")]
    [TestCase(
        true,
        NginxServer.KeepHost,
        "--PATHBASE=/registry",
        TestName = "The_setting_adds_the_prefix_to_every_link_if_the_proxy_keeps_it")]
    public async Task Links_work_through_the_proxy(bool keepsPrefix, string directives, string setting)
    {
        await using var registry = await RegistryHost.StartAsync(setting);
        await using var nginx =
            await NginxServer.StartAsync(registry.Address, keepsPrefix, directives, cancellationToken);
        using var client = new HttpClient { BaseAddress = nginx.Address };

        foreach (var name in (string[])["a/b", "a/c"])
        {
            using var pushed = await client.PostAsync(
                $"api/v1/packages/{name}",
                new StringContent(
                    $$"""{"release":"1.0.0","media_type":"helm","blob":"{{Registry.Api.OpenApi.Sample.Chart}}"}"""),
                cancellationToken);
            Assert.That(pushed.IsSuccessStatusCode);
        }

        foreach (var page in (string[])["", "cnr/", "cnr"])
        {
            var html = await client.GetStringAsync(page, cancellationToken);
            var meta = html.Split('\n')
                .Single(line => line.Contains("name=\"cnr-package\"", StringComparison.Ordinal))
                .Split('"')[3]
                .Split(' ')[1];
            var pull = meta.Replace("{name}", "a/b", StringComparison.Ordinal).Replace(
                "{version}", "1.0.0", StringComparison.Ordinal)
                .Replace("{mediatype}", "helm", StringComparison.Ordinal);
            Assert.That(
                await client.GetByteArrayAsync(pull, cancellationToken),
                Has.Length.EqualTo(Registry.Api.OpenApi.Sample.Size),
                pull);
        }

        using var first = await client.GetAsync("api/v1/packages?limit=1", cancellationToken);
        var link = first.Headers.GetValues("Link").Single();
        var next = await client.GetStringAsync(new Uri(nginx.Address, link[1..link.IndexOf('>')]), cancellationToken);
        Assert.That(next, Does.StartWith("[{\"name\":\"a/c\""));

        using var uploaded = await client.PostAsync("api/v1/app", new StringContent("x"), cancellationToken);
        using var archive = JsonDocument.Parse(await uploaded.Content.ReadAsStringAsync(cancellationToken));
        Assert.That(
            await client.GetStringAsync(archive.RootElement.GetProperty("selfLink").GetString(), cancellationToken),
            Is.EqualTo("x"));
    }

    [Test]
    public async Task A_push_with_the_most_and_longest_tags_passes_the_recommended_buffers()
    {
        var configuration = File.ReadLines(Path.Combine(RegistryProcess.Root, "deploy", "nginx", "registry.conf"));
        var buffers = string.Concat(
            configuration.Where(static line => line.Trim().StartsWith("proxy_buffer", StringComparison.Ordinal)));
        await using var registry = await RegistryHost.StartAsync();
        await using var nginx =
            await NginxServer.StartAsync(registry.Address, keepsPrefix: false, buffers, cancellationToken);
        using var client = new HttpClient { BaseAddress = nginx.Address };
        var manifest = """{"schemaVersion":2,"manifests":[]}"""u8.ToArray();
        string[] tags = [.. Enumerable.Range(0, 100).Select(static i => $"{i}".PadLeft(128, 't'))];
        using var response = await client.PutAsync(
            $"v2/a/manifests/{OciDigest.Format(Digest.Of(manifest))}?tag={string.Join("&tag=", tags)}",
            new ByteArrayContent(manifest) { Headers = { ContentType = new(OciMediaTypes.Index) } },
            cancellationToken);
        Assert.That((int)response.StatusCode, Is.EqualTo(201));
        Assert.That(response.Headers.GetValues("OCI-Tag").Single(), Is.EqualTo(string.Join(", ", tags)));
    }

    [TestCase(NginxServer.KeepHost, 200)]
    [TestCase("", 403)]
    public async Task Pages_may_write_if_the_proxy_keeps_the_host(string directives, int status)
    {
        await using var registry = await RegistryHost.StartAsync();
        await using var nginx =
            await NginxServer.StartAsync(registry.Address, keepsPrefix: false, directives, cancellationToken);
        using var client = new HttpClient { BaseAddress = nginx.Address };
        using var request = new HttpRequestMessage(HttpMethod.Post, "api/v1/app") { Content = new StringContent("x") };
        request.Headers.Add("Origin", nginx.Address.GetLeftPart(UriPartial.Authority));
        using var response = await client.SendAsync(request, cancellationToken);
        Assert.That((int)response.StatusCode, Is.EqualTo(status));
    }
}
