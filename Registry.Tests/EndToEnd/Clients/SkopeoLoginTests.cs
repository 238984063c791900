using NUnit.Framework;
using Registry.Tests.Support;
using Registry.Tests.Support.Clients;

namespace Registry.Tests.EndToEnd.Clients;

/// <summary>Skopeo with a registry that allows reads without a token, and requires one for changes.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class SkopeoLoginTests : SkopeoTest
{
    private protected override Task<IEnumerable<(string Name, string? Value)>> SettingsAsync() =>
        Task.FromResult<IEnumerable<(string, string?)>>(
            [("AUTH__MODE", "tokens"), ("AUTH__ADMINTOKEN", GuardedRegistry.AdminSecret)]);

    [Test]
    public async Task A_login_allows_to_push_and_everyone_may_pull()
    {
        var layout = new ImageLayout();
        var digest = layout.AddImage("one", isGzipped: true, "layer"u8.ToArray());
        var folder = Path.Combine(Folder, "layout");
        await layout.SaveAsync(folder, CancellationToken);
        Assert.That(
            await Skopeo.FailAsync("copy", $"oci:{folder}:one", Reference("image", "v1")),
            Does.Contain("unauthorized").Or.Contain("authentication required").IgnoreCase);
        await Skopeo.RunAsync("login", "--username", "me", "--password", GuardedRegistry.AdminSecret, Host);
        await Skopeo.RunAsync("copy", $"oci:{folder}:one", Reference("image", "v1"));
        Assert.That(await TagsAsync("image"), Is.EqualTo(["v1"]).AsCollection);
        await Skopeo.RunAsync("logout", Host);
        Assert.That(await DigestAsync(Reference("image", "v1")), Is.EqualTo(digest));
        Assert.That(ImageLayout.BlobsOf(await CopyOutAsync(Reference("image", "v1"))), Is.Not.Empty);
        await Skopeo.FailAsync("delete", Reference("image", "v1"));
    }

    [Test]
    public async Task A_login_with_a_wrong_password_fails() =>
        Assert.That(
            await Skopeo.FailAsync("login", "--username", "me", "--password", "wrong", Host),
            Does.Contain("invalid username/password").IgnoreCase);

    [Test]
    public async Task Credentials_of_the_command_line_are_used()
    {
        var layout = new ImageLayout();
        layout.AddImage("one", isGzipped: true, "layer"u8.ToArray());
        var folder = Path.Combine(Folder, "layout");
        await layout.SaveAsync(folder, CancellationToken);
        await Skopeo.RunAsync(
            "copy",
            "--dest-creds",
            $"me:{GuardedRegistry.AdminSecret}",
            $"oci:{folder}:one",
            Reference("image", "v1"));
        await Skopeo.RunAsync("delete", "--creds", $"me:{GuardedRegistry.AdminSecret}", Reference("image", "v1"));
    }
}
