using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.EndToEnd;

/// <summary>A user works with the page at <c>/swagger</c>, without internet access.</summary>
public sealed class SwaggerUiTests : SwaggerUiTest
{
    [Test]
    public async Task Each_protocol_is_a_tag_and_answers_with_the_defaults()
    {
        await Page.GotoAsync("swagger");
        await ExpectAsync(await TryAsync("CNR", "cnrPushRelease"), "200", "\"status\": \"ok\"");
        await ExpectAsync(await TryAsync("OCI", "ociListTags"), "200", "\"1.0.0\"");
        await ExpectAsync(await TryAsync("Helm", "helmGetIndex"), "200", "charts/elasticsearch-1.0.0.tgz");
        await ExpectAsync(await TryAsync("Health", "healthCheckAlive"), "200", "\"status\": \"ok\"");
        await ExpectAsync(await TryAsync("appr", "apprShowVersion"), "200", "\"appr-api\": \"0.7.4\"");
        var groups = await Page.Locator(".opblock-tag")
            .EvaluateAllAsync<string[]>("tags => tags.map(tag => tag.getAttribute('data-tag'))");
        Assert.That(groups, Is.EqualTo(new[] { "CNR", "OCI", "Helm", "KAR", "Health", "appr" }));
        Assert.That(
            await Page.Locator(".opblock-tag[data-tag=appr] small").InnerTextAsync(),
            Does.Contain("/cnr/api/v1/packages"));
        AssertNoProblems();
    }

    [Test]
    public async Task A_token_is_sent_from_Authorize_to_Logout()
    {
        await using var registry = await GuardedRegistry.StartAsync(anonymous: "");
        var token = (await registry.IssueAsync("**=pull")).Text;
        await Page.GotoAsync($"{registry.Host.Address}swagger");
        var list = await TryAsync("CNR", "cnrListPackages");
        await ExpectAsync(list, "401", "unauthorized-access");

        foreach (var (secretField, userField) in new[]
        {
            ("#auth-bearer-value", ""), ("#auth-basic-password", "#auth-basic-username"),
        })
        {
            await Page.Locator(".auth-wrapper button.authorize").ClickAsync();
            if (userField.Length > 0)
                await Page.Locator(userField).FillAsync("somebody");
            await Page.Locator(secretField).FillAsync(token);
            await Page.Locator($"form:has({secretField}) button[type=submit]").ClickAsync();
            await ExecuteAgainAsync("200", "[]");

            await Page.Locator(".auth-wrapper button.authorize").ClickAsync();
            await Page.GetByText("Logout").First.ClickAsync();
            await ExecuteAgainAsync("401", "unauthorized-access");
        }

        async Task ExecuteAgainAsync(string status, string body)
        {
            await Page.Locator(".dialog-ux button.btn-done").First.ClickAsync();
            await list.Locator("button.execute").ClickAsync();
            await ExpectAsync(list, status, body);
        }
    }

    [Test]
    public async Task Forms_send_files_and_neither_force_nor_metadata_by_default()
    {
        await Page.GotoAsync("swagger");
        var upload = await OpenAsync("KAR", "karUploadArchive");
        await upload.Locator("input[type=file]").SetInputFilesAsync(Path.Combine(Data, "app.kploy"));
        await upload.Locator("button.execute").ClickAsync();
        await ExpectAsync(
            upload, "200", "\"app_archive_id\": \"328ebadef2f23d30bf9f806d4eb67c56e2869f471ca34f18780c7ce31576021d\"");
        await ExpectAsync(await TryAsync("KAR", "karListArchives"), "200", "\"size\": \"4952\"");

        var push = await OpenAsync("CNR", "cnrPushRelease");
        await push.Locator(".body-param-content-type select, .opblock-section-request-body select.content-type").First
            .SelectOptionAsync("multipart/form-data");
        await push.Locator("input[type=file]").SetInputFilesAsync(Path.Combine(Data, "elasticsearch-1.0.0.tgz"));
        await push.Locator("button.execute").ClickAsync();
        await ExpectAsync(push, "200", "\"status\": \"ok\"");
        var page = new Uri(Page.Url).GetLeftPart(UriPartial.Path);
        var shown =
            await Page.APIRequest.GetAsync($"{page}/../../api/v1/packages/hello/elasticsearch/1.0.0/helm");
        var manifest = await shown.TextAsync();
        Assert.That(manifest, Does.Contain("\"metadata\":null"));
        AssertNoProblems();

        await push.Locator("button.execute").ClickAsync();
        await ExpectAsync(push, "409", "package-exists");
    }
}
