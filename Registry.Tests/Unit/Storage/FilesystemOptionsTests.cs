using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Filesystem;
using Registry.Tests.Support;

namespace Registry.Tests.Unit.Storage;

public sealed class FilesystemOptionsTests
{
    [Test]
    public async Task The_setting_names_the_folder_of_both_stores()
    {
        using var folder = new TemporaryFolder();
        await using var services = Services(folder.Below("registry", "data"));
        await services.GetRequiredService<IDocumentStore>()
            .TryPutAsync(StoreKey.Of("packages", "a"), "{}"u8.ToArray(), Precondition.Absent, CancellationToken.None);
        await using var writer = await services.GetRequiredService<IBlobStore>()
            .CreateAsync(StoreKey.Of("packages", "a"), CancellationToken.None);
        await services.GetRequiredService<IStorageProbe>().ProbeAsync(CancellationToken.None);
        Assert.That(File.Exists(folder.Below("registry", "data", "documents", "packages", "a@.json")), Is.True);
        Assert.That(Directory.GetFiles(folder.Below("registry", "data", "staging")), Has.Length.EqualTo(1));
    }

    [Test]
    public void The_default_is_data_under_the_working_directory()
    {
        using var services = Services(null);
        Assert.That(services.GetRequiredService<IOptions<FilesystemOptions>>().Value.Path, Is.EqualTo("./data"));
    }

    [TestCase("")]
    [TestCase("  ")]
    public void An_empty_path_is_refused(string path) => AssertRefused(path, "FILESYSTEM__PATH is empty");

    [Test]
    public void A_path_to_a_file_is_refused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.Below("file"), "");
        AssertRefused(folder.Below("file"), "is a file, not a folder");
        AssertRefused(folder.Below("file", "data"), "is a file, not a folder");
    }

    [Test]
    public void Validation_creates_nothing()
    {
        using var folder = new TemporaryFolder();
        using var services = Services(folder.Below("new", "data"));
        Assert.That(
            services.GetRequiredService<IOptions<FilesystemOptions>>().Value.Path,
            Is.EqualTo(folder.Below("new", "data")));
        Assert.That(Directory.Exists(folder.Below("new")), Is.False);
    }

    [Test]
    public void A_folder_is_not_created_when_that_is_disabled()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Below("data");
        (string, string) forbidden = ("Filesystem:Create", "false");
        AssertRefused(path, "does not exist. FILESYSTEM__CREATE=false", forbidden);
        Directory.CreateDirectory(path);
        AssertRefused(path, "holds no registry", forbidden);
        Directory.CreateDirectory(folder.Below("data", "lost+found"));
        AssertRefused(path, "holds no registry", forbidden);
        Directory.CreateDirectory(folder.Below("data", "documents"));
        Directory.CreateDirectory(folder.Below("data", "blobs"));
        AssertAccepted(path, forbidden);
    }

    [Test]
    public void A_registry_that_lost_its_documents_is_refused_and_not_completed()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Below("data");
        Directory.CreateDirectory(folder.Below("data", "blobs", "packages"));
        foreach (var create in (string[])["true", "false"])
            AssertRefused(
                path,
                "which lacks the folder 'documents', but 'blobs' has content: restore 'documents'",
                ("Filesystem:Create", create));
        Assert.That(Directory.Exists(folder.Below("data", "documents")), Is.False);
        Directory.CreateDirectory(folder.Below("data", "documents"));
        AssertAccepted(path);
    }

    [TestCase("documents")]
    [TestCase("blobs")]
    public void A_first_start_that_was_interrupted_is_repeated(string created)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.Below("data", created));
        AssertAccepted(folder.Below("data"));
    }

    [Test]
    public async Task A_folder_removed_before_the_first_call_is_not_created_either()
    {
        using var folder = new TemporaryFolder();
        var failure = await FaultOfProbeAsync(new FilesystemOptions { Path = folder.Below("data"), Create = false });
        Assert.That(failure.Message, Does.Contain(folder.Below("data", "documents")));
        Assert.That(Directory.Exists(folder.Below("data")), Is.False);
    }

    [Test]
    public async Task The_folder_and_its_parents_may_be_symbolic_links([Values("", "/")] string slash)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.Below("volume", "registry"));
        Directory.CreateSymbolicLink(folder.Below("mount"), folder.Below("volume"));
        Directory.CreateSymbolicLink(folder.Below("data"), "first");
        Directory.CreateSymbolicLink(folder.Below("first"), Path.Combine("mount", "registry"));
        await AssertUsableAsync(folder.Below("data") + slash);
        Assert.That(Directory.Exists(folder.Below("volume", "registry", "documents")), Is.True);

        // A folder to be created below a link.
        await AssertUsableAsync(folder.Below("mount", "new", "data") + slash);
        Assert.That(Directory.Exists(folder.Below("volume", "new", "data", "documents")), Is.True);
    }

    [Test]
    public void A_broken_link_is_reported_and_nothing_is_created()
    {
        using var folder = new TemporaryFolder();
        File.CreateSymbolicLink(folder.Below("data"), folder.Below("gone"));
        File.CreateSymbolicLink(folder.Below("loop"), folder.Below("loop"));
        var expectedError = $"which is a symbolic link to '{folder.Below("gone")}' that leads to no folder";
        AssertRefused(folder.Below("data"), expectedError);
        AssertRefused(folder.Below("data") + "/", expectedError);
        AssertRefused(folder.Below("data", "below"), $"'{folder.Below("data")}' is a symbolic link");
        AssertRefused(folder.Below("loop"), "that leads to no folder");
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Has.Length.EqualTo(2));
    }

    [Test]
    public async Task A_parent_that_cannot_contain_folders_is_an_error_and_not_an_endless_loop()
    {
        var failure = await FaultOfProbeAsync(new FilesystemOptions { Path = "/proc/registry/data" });
        Assert.That(failure.Message, Does.Contain("'/proc/registry'"));
    }

    private static async Task<StorageException> FaultOfProbeAsync(FilesystemOptions options)
    {
        var probe = new FilesystemProbe(new FilesystemVolume(options, TimeProvider.System));
        return (await Assert.ThrowsAsync<StorageException>(
            async () => await probe.ProbeAsync(CancellationToken.None)))!;
    }

    private static async Task AssertUsableAsync(string path)
    {
        await using var services = Services(path);
        await services.GetRequiredService<IStorageProbe>().ProbeAsync(CancellationToken.None);
        var documents = services.GetRequiredService<IDocumentStore>();
        var key = StoreKey.Of("packages", "a", "b");
        await documents.TryPutAsync(key, "{}"u8.ToArray(), Precondition.Absent, CancellationToken.None);
        Assert.That(await documents.TryDeleteAsync(key, Precondition.None, CancellationToken.None), Is.True);
    }

    private static void AssertAccepted(string path, params (string Key, string Value)[] settings)
    {
        using var services = Services(path, settings);
        Assert.That(() => services.GetRequiredService<IStartupValidator>().Validate(), Throws.Nothing);
    }

    private static void AssertRefused(string path, string message, params (string Key, string Value)[] settings)
    {
        using var services = Services(path, settings);
        Assert.That(
            () => services.GetRequiredService<IStartupValidator>().Validate(),
            Throws.InstanceOf<OptionsValidationException>().With.Message.Contains(message));
    }

    private static ServiceProvider Services(string? path, params (string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(path is null ? [] : [new("Filesystem:Path", path)])
            .AddInMemoryCollection(
                settings.ToDictionary(static setting => setting.Key, static setting => (string?)setting.Value))
            .Build();
        return new ServiceCollection().AddFilesystemStorage(configuration).BuildServiceProvider();
    }
}
