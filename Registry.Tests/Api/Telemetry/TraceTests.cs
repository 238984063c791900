using System.Net.Http.Json;
using NUnit.Framework;
using Registry.Core.Tokens;
using Registry.Tests.Support;
using Registry.Tests.Support.Telemetry;

namespace Registry.Tests.Api.Telemetry;

/// <summary>Traces. Not parallel: they are those of all registries in this process.</summary>
[NonParallelizable]
public sealed class TraceTests
{
    private const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736";

    private readonly CancellationToken cancellationToken = new CancellationTokenSource(TimeSpan.FromMinutes(1)).Token;

    [Test]
    public async Task A_push_is_a_span_with_its_storage_calls_below_it()
    {
        await using var receiver = OtlpReceiver.Start();
        await using (var host = await StartAsync(receiver))
        {
            using var push = new HttpRequestMessage(HttpMethod.Post, "/api/v1/packages/team/app")
            {
                Headers = { { "traceparent", $"00-{TraceId}-00f067aa0ba902b7-01" } },
                Content = JsonContent.Create(new
                {
                    release = "1.0.0",
                    media_type = "helm",
                    blob = Convert.ToBase64String(
                        await new SeededPackage(1, 1000).ToArrayAsync(cancellationToken)),
                }),
            };
            using var response = await host.Client.SendAsync(push, cancellationToken);
            response.EnsureSuccessStatusCode();
        }

        var spans = receiver.Spans.Where(static span => span.TraceId == TraceId).ToList();
        var request = spans.Single(static span => span.ParentId == "00f067aa0ba902b7");
        Assert.That(request.Tags["http.route"], Is.EqualTo("api/v1/packages/{namespace}/{name}"));
        var calls = spans.Where(span => span.ParentId == request.Id).ToDictionary(static span => span.Name);
        Assert.That(calls.Keys, Is.SupersetOf(new[] { "blobs create", "blobs commit", "documents put" }));
        Assert.That(
            calls["documents put"].Tags,
            Is.EqualTo(new Dictionary<string, string>
            {
                ["backend"] = "filesystem",
                ["store"] = "documents",
                ["operation"] = "put",
                ["outcome"] = "ok",
            }));
    }

    [Test]
    public async Task A_span_has_neither_queries_nor_secrets()
    {
        var secret = TokenSecret.Create().Text;
        await using var receiver = OtlpReceiver.Start();
        await using (var host = await StartAsync(receiver))
            foreach (var path in (string[])
                ["/api/v1/app?workspace=https://me:hunter2@host/x", $"/api/v1/tokens/{secret}"])
                using (await host.Client.GetAsync(path, cancellationToken))
                {
                }

        Assert.That(receiver.Spans.Count(static span => span.ParentId.Length == 0), Is.GreaterThanOrEqualTo(2));
        Assert.That(receiver.Text, Does.Not.Contain("hunter2").And.Not.Contain(secret));
    }

    private static Task<RegistryHost> StartAsync(OtlpReceiver receiver) => RegistryHost.StartAsync(
        $"--OTEL_EXPORTER_OTLP_ENDPOINT={receiver.Endpoint}",
        "--OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
        "--OTEL_METRICS_EXPORTER=none");
}
