using System.Net;
using System.Text.Json.Nodes;
using NUnit.Framework;
using Registry.Core.Artifacts;
using Registry.Tests.Api.Oci;
using Registry.Tests.Support;
using Registry.Tests.Support.Clients;

namespace Registry.Tests.EndToEnd;

/// <content>What OCI and Helm clients get.</content>
public sealed partial class MigrationRoundTripTests
{
    private const string Demo = "demo";
    private const string Charts = $"{Demo}/app";
    private const string Elasticsearch = "hello/elasticsearch";

    /// <summary>The manifests of <see cref="Charts"/> that no tag leads to.</summary>
    private readonly List<string> pinned = [];

    /// <summary>
    /// Pushes charts through CNR, OCI and ChartMuseum's API, a former manifest of one, a provenance file, a chart
    /// without a folder, a release in several media types, an image with an index and a signature, plain tags and a
    /// channel.
    /// </summary>
    private async Task FillArtifactsAsync(RegistryHost registry)
    {
        var twice = ChartPush.Of(ChartDoor.Cnr, Charts, "1.0.0", "pushed twice");
        var signed = ChartPush.Of(ChartDoor.ChartMuseum, Charts, "1.3.0", "signed");
        ChartPush[] pushes =
        [
            twice,
            twice with { Door = ChartDoor.Oci },
            ChartPush.Of(ChartDoor.OciInPieces, Charts, "1.1.0", "in pieces", 100_000),
            signed,
        ];
        foreach (var push in pushes)
        {
            Assert.That(await push.TryPushAsync(registry.Client), Is.True);
            await PinAsync(push.Release);
        }

        using (var saved = await registry.Client.PostAsync(
            $"/helm/api/{Demo}/prov", new StringContent(ProvenanceOf(signed)), CancellationToken))
            Assert.That(
                saved.StatusCode,
                Is.EqualTo(HttpStatusCode.Created),
                await saved.Content.ReadAsStringAsync(CancellationToken));
        await PushAsync(
            registry, Charts, "1.2.0", "helm", new SampleChart("app", "1.2.0") { IsRootless = true }.ToArray());
        foreach (var type in (string[])["kpm", "docker-compose", "helm"])
        {
            await PushAsync(
                registry, Charts, "2.0.0", type, ChartPush.Of(ChartDoor.Cnr, Charts, "2.0.0", type).Chart);
            await PinAsync("2.0.0");
        }

        var repository = new OciRepository(registry.Client, Charts);
        var (_, image) = await repository.PushArtifactAsync("edge");
        var (_, signature) = await repository.PushArtifactAsync(tag: null, manifest =>
            manifest["subject"] = OciRepository.Descriptor(OciMediaTypes.Manifest, image, 100));
        pinned.Add(signature);
        using (var pushed = await repository.PutManifestAsync(
            "latest", OciRepository.Index([image, signature]), OciMediaTypes.Index))
            Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        using var added = await registry.Client.PostAsync(
            $"/api/v1/packages/{Charts}/channels/stable/1.1.0", null, CancellationToken);
        Assert.That(added.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(
            await repository.TagsAsync(),
            Is.EqualTo((string[])
            [
                "1.0.0", "1.1.0", "1.2.0", "1.3.0", "2.0.0", "2.0.0__docker-compose", "2.0.0__helm", "2.0.0__index",
                "2.0.0__kpm", "edge", "latest", "stable",
            ]).AsCollection);

        async Task PinAsync(string tag) => pinned.Add(
            OciRepository.DigestOf(
                await registry.Client.GetByteArrayAsync($"/v2/{Charts}/manifests/{tag}", CancellationToken)));
    }

    private static string ProvenanceOf(ChartPush push) =>
        $"""
        -----BEGIN PGP SIGNED MESSAGE-----
        Hash: SHA512

        apiVersion: v2
        name: app
        version: {push.Release}

        ...
        files:
          app-{push.Release}.tgz: {OciRepository.DigestOf(push.Chart)}
        -----BEGIN PGP SIGNATURE-----

        wsBcBAEBCgAQBQJd
        -----END PGP SIGNATURE-----

        """;

    /// <summary>Records the responses to all reads of all protocols.</summary>
    private async Task<IReadOnlyList<string>> RecordAsync(RegistryHost registry) =>
    [
        .. await RegistryRecording.RecordAllAsync(registry.Client, Workspaces, CancellationToken),
        .. await RegistryRecording.RecordOciAsync(registry.Client, Charts, pinned, CancellationToken),
        .. await RegistryRecording.RecordHelmAsync(registry.Client, Demo, ["stable"], CancellationToken),
        .. await RecordManifestsAsync(registry),
    ];

    /// <summary>Waits until the releases of version 1.1 have the manifests that they lacked.</summary>
    private async Task CompletedAsync(RegistryHost registry)
    {
        var releases = JsonNode.Parse(
            await registry.Client.GetStringAsync($"/api/v1/packages/{Elasticsearch}", CancellationToken))!.AsArray()
            .Select(static manifest => (string)manifest!["release"]!).Distinct().ToList();
        Assert.That(releases, Is.Not.Empty);
        foreach (var release in releases)
            await UntilAsync(
                async () =>
                {
                    using var manifest = await registry.Client.GetAsync(
                        $"/v2/{Elasticsearch}/manifests/{release}", CancellationToken);
                    return manifest.StatusCode == HttpStatusCode.OK;
                },
                $"{release} has a manifest");
        await UntilAsync(
            () => Task.FromResult(registry.Messages.Any(
                static line => line.Contains("Completed 3 packages", StringComparison.Ordinal))),
            "all packages are completed");
    }

    private async Task<IReadOnlyList<string>> RecordManifestsAsync(RegistryHost registry) =>
    [
        .. await RegistryRecording.RecordOciAsync(registry.Client, Elasticsearch, [], CancellationToken),
        .. await RegistryRecording.RecordHelmAsync(registry.Client, "hello", [], CancellationToken),
    ];
}
