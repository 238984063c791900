using System.Formats.Tar;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using NUnit.Framework;
using Registry.Tests.Support;
using Registry.Tests.Unit.Content;

namespace Registry.Tests.Api.Helm;

/// <summary>A test with its own registry.</summary>
public abstract class HelmTest
{
    private protected RegistryHost Host { get; private set; } = null!;

    private protected HttpClient Client => Host.Client;

    /// <summary>The settings of the registry.</summary>
    protected virtual string[] Settings => [];

    [SetUp]
    public async Task Start() => Host = await RegistryHost.StartAsync(Settings);

    [TearDown]
    public async Task Stop() => await Host.DisposeAsync();

    /// <summary>Returns the archive of a chart.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="version">Its version.</param>
    /// <param name="more">Further lines of its Chart.yaml.</param>
    /// <param name="folder">The folder with its files; empty for none.</param>
    internal static byte[] Archive(string name, string version, string more = "", string? folder = null)
    {
        var prefix = folder switch
        {
            null => $"{name}/",
            "" => "",
            _ => $"{folder}/",
        };
        var file = $"apiVersion: v2\nname: {name}\nversion: {version}\n{more}\n";
        return SampleContent.Gzip(SampleContent.Tar(
            TarEntryFormat.Gnu,
            ($"{prefix}Chart.yaml", Encoding.UTF8.GetBytes(file)),
            ($"{prefix}values.yaml", [])));
    }

    /// <inheritdoc cref="Archive"/>
    protected static byte[] Chart(string name, string version, string more = "", string? folder = null) =>
        Archive(name, version, more, folder);

    /// <summary>Pushes a package through CNR.</summary>
    protected async Task PushByCnrAsync(
        string package, string release, byte[] archive, string mediaType = "helm", bool force = false)
    {
        using var response = await Client.PostAsJsonAsync(
            $"api/v1/packages/{package}?force={(force ? "true" : "false")}",
            new { release, media_type = mediaType, blob = Convert.ToBase64String(archive) });
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), await response.Content.ReadAsStringAsync());
    }

    /// <summary>Pushes a chart by the API of ChartMuseum.</summary>
    protected async Task<HttpResponseMessage> PushAsync(string path, byte[] archive)
    {
        using var content = new ByteArrayContent(archive);
        return await Client.PostAsync(path, content);
    }

    /// <summary>Pushes a chart to a namespace.</summary>
    protected async Task PushChartAsync(string @namespace, byte[] archive)
    {
        using var response = await PushAsync($"helm/api/{@namespace}{(@namespace == "" ? "" : "/")}charts", archive);
        Assert.That(
            response.StatusCode, Is.EqualTo(HttpStatusCode.Created), await response.Content.ReadAsStringAsync());
    }

    protected async Task<JsonElement> GetJsonAsync(string path)
    {
        using var response = await Client.GetAsync(path);
        var text = await response.Content.ReadAsStringAsync();
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), text);
        Assert.That(response.Content.Headers.ContentType, Is.EqualTo(new MediaTypeHeaderValue("application/json")));
        return JsonDocument.Parse(text).RootElement.Clone();
    }

    /// <summary>Returns the names and versions in an index, such as <c>app 1.0.0</c>, in its order.</summary>
    protected async Task<IReadOnlyList<string>> ListAsync(string path) => List(
        (await GetJsonAsync(path)).GetProperty("entries"));

    protected static IReadOnlyList<string> List(JsonElement entries) =>
    [
        .. entries.EnumerateObject().SelectMany(static chart => chart.Value.EnumerateArray().Select(entry =>
        {
            Assert.That(entry.GetProperty("name").GetString(), Is.EqualTo(chart.Name));
            return $"{chart.Name} {entry.GetProperty("version").GetString()}";
        })),
    ];

    /// <summary>Asserts a status, and that the body is an error of Helm's form; returns its text.</summary>
    internal static async Task<string> ErrorOfAsync(HttpResponseMessage response, HttpStatusCode status)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.That(response.StatusCode, Is.EqualTo(status), text);
        using var body = JsonDocument.Parse(text);
        Assert.That(
            body.RootElement.EnumerateObject().Select(static member => member.Name), Is.EqualTo((string[])["error"]));
        return body.RootElement.GetProperty("error").GetString()!;
    }

    /// <summary>Returns a provenance file for an archive, without a valid signature.</summary>
    internal static string Provenance(string name, string version, byte[] archive, string comment = "") =>
        $"""
        -----BEGIN PGP SIGNED MESSAGE-----
        Hash: SHA512

        apiVersion: v2
        description: {comment}
        name: {name}
        version: {version}

        ...
        files:
          {name}-{version}.tgz: sha256:{SampleContent.Sha256(archive)}
        -----BEGIN PGP SIGNATURE-----

        wsBcBAEBCgAQBQJd
        -----END PGP SIGNATURE-----

        """;
}
