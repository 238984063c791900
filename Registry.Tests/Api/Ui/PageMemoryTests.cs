using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Registry.Api.Http.Transfers;
using Registry.Api.Ui;
using Registry.Core.Access;
using Registry.Core.Catalog;
using Registry.Core.Packages;
using Registry.Core.Transfers;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Ui;

/// <summary>The memory of the page of a package.</summary>
[NonParallelizable]
public sealed class PageMemoryTests
{
    private const int FileBytes = 1 << 20;

    private RegistryHost host = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => host = await RegistryHost.StartAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await host.DisposeAsync();

    [Test]
    public async Task A_page_does_not_hold_the_files_of_its_package()
    {
        const int Packages = 8;
        const long CacheBytes = 16 << 20;
        var files = Enumerable.Range(0, 9).Select(static i => ($"web/{i}", new string('x', FileBytes)));
        for (var i = 0; i < Packages; i++)
            await PushAsync($"p{i}", [("web/README.md", $"README {i}"), .. files]);
        await MakeAsync("p0", Budgets.Ample());
        var before = LiveMemory.Measure();
        var models = new List<ReleaseModel>();
        for (var i = 0; i < Packages; i++)
            models.Add(await MakeAsync($"p{i}", Budgets.Ample()));
        Assert.That(LiveMemory.Measure() - before, Is.LessThan(CacheBytes));
        Assert.That(models.Select(static model => model.Files?.Files.Length), Has.All.EqualTo(11));
    }

    [TestCase("packages/none/app")]
    [TestCase("packages/none/app?tab=details")]
    [TestCase("icons/none/app@1.0.0")]
    public async Task Nothing_is_unpacked_before_memory_is_reserved(string path)
    {
        await using var full = await RegistryHost.StartAsync(static services => services.AddSingleton(
            new TransferOptions { BufferBytes = 1 << 20, Wait = TimeSpan.Zero }));
        await full.PushAsync("none/app", "1.0.0");
        var budget = full.Services.GetRequiredService<TransferBudget>();
        await budget.ReserveAsync(budget.Limit, CancellationToken.None);
        using var response = await full.Client.GetAsync(new Uri(path, UriKind.Relative));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(
            full.Messages, Has.Some.Contains("Too many transfers").And.None.Contains("cannot be read for its page"));
        budget.Release(budget.Limit);
    }

    [Test]
    public async Task The_memory_of_a_long_text_is_reserved()
    {
        await PushAsync("long", [("web/values.yaml", new string('a', PageFile.MaxShownBytes))]);
        var budget = new TransferBudget(new TransferOptions { BufferBytes = 1 << 30 }, TimeProvider.System);
        var transfer = Begin(budget);
        var model = await MakeAsync("long", transfer);
        Assert.That(model.Text, Has.Length.EqualTo(PageFile.MaxShownBytes));
        Assert.That(budget.Reserved, Is.EqualTo(model.RenderBytes).And.GreaterThan(12 * PageFile.MaxShownBytes));
        transfer.Dispose();
        Assert.That(budget.Reserved, Is.Zero);
    }

    [Test]
    public async Task A_README_whose_HTML_has_no_memory_is_shown_as_text()
    {
        await PushAsync("links", [("web/README.md", string.Concat(Enumerable.Repeat("http://a.bc/ ", 3000)))]);
        var scarce = new TransferBudget(new TransferOptions { BufferBytes = 1 << 20 }, TimeProvider.System);
        Assert.That((await MakeAsync("links", scarce)).ReadmeHtml, Is.Null);
        Assert.That((await MakeAsync("links", Budgets.Ample())).ReadmeHtml, Is.Not.Null);
    }

    private async Task PushAsync(string name, (string Path, string Text)[] files)
    {
        var chart = OneRegistry.Archive(
            [("web/Chart.yaml", $"apiVersion: v2\nname: {name}\nversion: 1.0.0\n"), .. files]);
        using var pushed = await host.Client.PostAsync("/helm/api/memory/charts", new ByteArrayContent(chart));
        Assert.That(pushed.StatusCode, Is.EqualTo(HttpStatusCode.Created));
    }

    private async Task<ReleaseModel> MakeAsync(string name, TransferBudget budget)
    {
        using var transfer = Begin(budget);
        return await MakeAsync(name, transfer);
    }

    private async Task<ReleaseModel> MakeAsync(string name, RequestTransfer transfer)
    {
        var services = host.Services;
        var package = Samples.Package($"memory/{name}");
        var found = await services.GetRequiredService<PackageIndexes>().FindAsync(package, CancellationToken.None);
        var catalog = await services.GetRequiredService<PackageCatalog>().GetAsync(CancellationToken.None);
        return await services.GetRequiredService<ReleasePages>().MakeAsync(
            new ReleaseRequest(
                new ServerAddress("http", "localhost", ""),
                found!.State,
                Release: null,
                Tab: "",
                File: null,
                MediaType: null,
                Page: 1,
                Samples.Start)
            {
                Visible = catalog.VisibleTo(ScopeSet.Everything),
            },
            transfer,
            CancellationToken.None);
    }

    private static RequestTransfer Begin(TransferBudget budget)
    {
        var context = new DefaultHttpContext();
        context.Features.Set<IHttpRequestLifetimeFeature>(new HttpRequestLifetimeFeature());
        return new RequestTransfer(context, budget, TimeSpan.FromMinutes(1), TimeProvider.System);
    }
}
