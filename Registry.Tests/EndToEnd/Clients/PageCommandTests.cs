using System.Net;
using NUnit.Framework;
using Registry.Tests.Support;
using Registry.Tests.Support.Clients;

namespace Registry.Tests.EndToEnd.Clients;

/// <summary>The commands of web pages that use helm, as pasted.</summary>
[TestFixtureSource(typeof(HelmClient), nameof(HelmClient.Newest))]
[Parallelizable(ParallelScope.Self)]
public sealed class PageCommandTests(string version) : HelmTest(version)
{
    private const string Install = "Install from the Helm repository";

    [Test]
    public async Task Namespaces_and_channels_with_similar_names_do_not_get_each_others_repository()
    {
        var (first, second, third) = (
            new SampleChart("app", "1.0.0", "one"),
            new SampleChart("app", "1.0.0", "two"),
            new SampleChart("app", "1.0.0", "three"));
        await PushToAsync($"{Namespace}/b", first);
        await PushToAsync($"{Namespace}-b", second);
        await PushToAsync(Namespace, third);
        await MoveChannelAsync("app", "b", "1.0.0");
        foreach (var (package, label, chart) in (IEnumerable<(string, string, SampleChart)>)
            [
                ($"{Namespace}/b/app", Install, first),
                ($"{Namespace}-b/app", Install, second),
                ($"{Namespace}/app", "Follow channel b with Helm", third),
            ])
        {
            // The second time, helm knows the repository already.
            for (var i = 0; i < 2; i++)
                Assert.That(
                    (await PasteAsync(await CommandAsync($"packages/{package}", label))).Succeeded(),
                    Does.Contain(chart.RenderedLine));
        }

        Assert.That(
            (await PasteAsync(await CommandAsync(
                $"packages/{Namespace}/b/", "Add the Helm repository of this namespace"))).Succeeded(),
            Does.Contain($"{Namespace}+b/app"));
    }

    [Test]
    public async Task A_failed_command_ends_what_was_pasted_with_it()
    {
        await PushToAsync(Namespace, new SampleChart("app", "1.0.0", "wanted"));
        await PushToAsync("other", new SampleChart("app", "1.0.0", "unwanted"));
        await Helm.RunAsync("repo", "add", Namespace, $"{Registry.Address}helm/other");
        var run = await PasteAsync(await CommandAsync($"packages/{Namespace}/app", Install));
        Assert.That(run.Failed(), Does.Contain("already exists"));
        Assert.That(run.Output, Is.Empty);
    }

    private async Task PushToAsync(string place, SampleChart chart) => await SendAsync(
        HttpMethod.Post,
        $"/helm/api/{place}/charts",
        new ByteArrayContent(chart.ToArray()),
        HttpStatusCode.Created);

    private async Task<string> CommandAsync(string path, string label) =>
        PageCommands.Find(await Registry.Client.GetStringAsync($"/{path}", CancellationToken), label);

    /// <summary>Pastes a command. Without a cluster, charts are rendered instead of installed.</summary>
    private Task<ClientRun> PasteAsync(string command) =>
        Helm.PasteAsync(command.Replace("helm install", "helm template", StringComparison.Ordinal));
}
