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
        await services.GetRequiredService<IDocumentStore>().TryPutAsync(StoreKey.Of("packages", "a"), "{}"u8.ToArray(), Precondition.Absent, CancellationToken.None);
        await using var writer = await services.GetRequiredService<IBlobStore>().CreateAsync(StoreKey.Of("packages", "a"), CancellationToken.None);
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
    public void An_empty_path_is_refused(string path) => DemandRefused(path, "FILESYSTEM__PATH is empty");

    [Test]
    public void A_file_is_no_folder()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.Below("file"), "");
        DemandRefused(folder.Below("file"), "is a file, not a folder");
        DemandRefused(folder.Below("file", "data"), "is a file, not a folder");
    }

    [Test]
    public void Nothing_is_made_by_the_validation()
    {
        using var folder = new TemporaryFolder();
        using var services = Services(folder.Below("new", "data"));
        Assert.That(services.GetRequiredService<IOptions<FilesystemOptions>>().Value.Path, Is.EqualTo(folder.Below("new", "data")));
        Assert.That(Directory.Exists(folder.Below("new")), Is.False);
    }

    private static void DemandRefused(string path, string message)
    {
        using var services = Services(path);
        Assert.That(
            () => services.GetRequiredService<IStartupValidator>().Validate(),
            Throws.InstanceOf<OptionsValidationException>().With.Message.Contains(message));
    }

    private static ServiceProvider Services(string? path)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(path is null ? [] : [new("Filesystem:Path", path)]).Build();
        return new ServiceCollection().AddFilesystemStorage(configuration).BuildServiceProvider();
    }
}
