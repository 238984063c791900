using System.Net;
using NUnit.Framework;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Oci;

/// <summary>Settings that change the OCI distribution API.</summary>
public sealed class HostSettingTests
{
    [TestCase("--Releases:Mutable=team/a b", "RELEASES__MUTABLE contains 'team/a b'")]
    [TestCase("--Releases:Mutable=[a]", "RELEASES__MUTABLE contains '[a]'")]
    [TestCase("--Limits:BlobBytes=0", "LIMITS__BLOBBYTES is 0")]
    [TestCase("--Limits:Uploads=-1", "LIMITS__UPLOADS is -1")]
    [TestCase("--Oci:Untagged=-1", "OCI__UNTAGGED is -1")]
    [TestCase("--Oci:Untagged=36501", "OCI__UNTAGGED is 36501")]
    public void An_invalid_setting_aborts_startup(string setting, string message) =>
        Assert.That(
            async () => await RegistryHost.StartAsync(setting), Throws.Exception.With.Message.Contains(message));

    [Test]
    public async Task Addresses_have_no_path_prefix()
    {
        await using var host = await RegistryHost.StartAsync("--PATHBASE=/registry");
        foreach (var root in (string[])["", "/registry"])
        {
            using var begun = await host.Client.PostAsync($"{root}/v2/org/charts/app/blobs/uploads/", content: null);
            Assert.That(begun.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
            Assert.That(
                begun.Headers.Location!.OriginalString, Does.StartWith("/v2/org/charts/app/blobs/uploads/"));
        }
    }

    [Test]
    public async Task A_package_that_would_get_too_large_is_413()
    {
        await using var host = await RegistryHost.StartAsync("--Limits:IndexBytes=4000");
        var repository = new OciRepository(host.Client, "test/app");
        var config = await repository.PushBlobAsync("{}"u8.ToArray());
        for (var i = 0; i < 100; i++)
        {
            var manifest = OciRepository.Manifest(config, [], json => json["x"] = i);
            using var pushed = await repository.PutManifestAsync($"tag-{i}", manifest);
            if (pushed.StatusCode == HttpStatusCode.Created)
                continue;
            Assert.That(await OciRepository.ErrorOfAsync(pushed), Is.EqualTo((413, "DENIED")));
            Assert.That(await repository.TagsAsync(), Has.Length.EqualTo(i));
            return;
        }

        Assert.Fail("No push was refused.");
    }

    [TestCase("POST")]
    [TestCase("PATCH")]
    [TestCase("PUT")]
    public async Task A_client_that_stalls_is_disconnected(string method)
    {
        await using var host = await RegistryHost.StartAsync("--Transfers:StallSeconds=0.5");
        var repository = new OciRepository(host.Client, "test/app");
        var digest = OciRepository.DigestOf("half"u8);
        var session = await repository.BeginAsync();
        var address = method switch
        {
            "POST" => $"{repository.Root}/blobs/uploads/?digest={digest}",
            "PUT" => $"{session}?digest={digest}",
            _ => session,
        };
        var response = await RawHttp.SendForResponseAsync(
            host.Address,
            $"{method} {address} HTTP/1.1\r\nHost: {host.Address.Authority}\r\nContent-Length: 8\r\n\r\nhalf");
        Assert.That(response, Does.StartWith("HTTP/1.1 408").And.Contain("\"BLOB_UPLOAD_INVALID\""));
        using var shown = await repository.SendAsync("GET", session);
        Assert.That(OciRepository.HeaderOf(shown, "Range"), Is.EqualTo("0-0"));
    }

    [Test]
    public async Task The_status_line_says_why_a_push_is_refused()
    {
        await using var host = await RegistryHost.StartAsync();
        var repository = new OciRepository(host.Client, "test/app");
        using var refused = await repository.PutManifestAsync("1.0.0__index", OciRepository.Manifest(
            await repository.PushBlobAsync("{}"u8.ToArray()), []));
        Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.Conflict));
        Assert.That(refused.ReasonPhrase, Does.StartWith("The tag 1.0.0__index of test/app is reserved"));
    }
}
