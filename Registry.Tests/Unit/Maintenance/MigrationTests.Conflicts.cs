using NUnit.Framework;
using Registry.Core.Maintenance;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Unit.Maintenance;

/// <summary>What others write to either side.</summary>
internal sealed partial class MigrationTests
{
    [Test]
    public async Task A_package_that_differs_at_the_target_is_replaced_only_when_told()
    {
        await FillAsync();
        await target.PushAsync(App, "7.0.0", "somebody's");
        var theirs = target.Memory.StoredDocuments[Samples.Package(App).Key];

        Assert.That(await New().RunAsync(default), Is.False);
        Assert.That(told, Is.EqualTo(new[] { $"package {App}: differs at the target" }));
        Assert.That(target.Memory.StoredDocuments[Samples.Package(App).Key], Is.SameAs(theirs));

        Assert.That(await New(target, new MigrationOptions { Overwrite = true }).RunAsync(default), Is.True);
        Assert.That(source.Contents(), Is.SubsetOf(target.Contents()));
        Assert.That(target.Dangling(), Is.Empty);
    }

    [Test]
    public async Task A_package_that_is_written_at_the_target_under_the_copy_is_not_overwritten_blindly()
    {
        await FillAsync();
        target.Faults.Before = async call =>
        {
            if (call.Operation != StorageOperation.PutDocument || !call.Key.EndsWith(App, StringComparison.Ordinal))
                return;
            target.Faults.Before = null;
            await target.PushAsync(App, "7.0.0", "somebody's");
        };
        Assert.That(
            await New(target, new MigrationOptions { Overwrite = true, Parallel = 1 }).RunAsync(default), Is.False);
        Assert.That(told, Is.EqualTo(new[] { $"package {App}: was changed at the target while it was copied" }));
    }

    [Test]
    public async Task Of_an_archive_on_both_sides_the_later_upload_wins_unless_told()
    {
        var key = await target.UploadAsync("http://example.org/app", "zip");
        source.Time.Shift = TimeSpan.FromHours(1);
        await source.UploadAsync("http://example.org/app", "zip");
        Assert.That(await New().RunAsync(default), Is.True, "the source's is later");
        Assert.That(target.Contents(), Is.EqualTo(source.Contents()).AsCollection);

        target.Time.Shift = TimeSpan.FromHours(2);
        await target.UploadAsync("http://example.org/app", "zip");
        Assert.That(await New().RunAsync(default), Is.False);
        Assert.That(told, Is.EqualTo(new[] { $"archive {key}: was uploaded to the target later than to the source" }));

        Assert.That(await New(target, new MigrationOptions { Overwrite = true }).RunAsync(default), Is.True);
        Assert.That(target.Contents(), Is.EqualTo(source.Contents()).AsCollection);
    }

    [Test]
    public async Task A_release_that_is_deleted_with_its_blob_under_the_copy_is_no_fault()
    {
        await FillAsync();
        var going = await source.PushAsync(App, "9.0.0", "going");
        source.Faults.Before = async call =>
        {
            if (call.Operation != StorageOperation.OpenBlob
                || !call.Key.StartsWith("packages/titi", StringComparison.Ordinal))
                return;
            source.Faults.Before = null;
            await source.DeleteAsync(App, "9.0.0");
            source.Lose(SmallRegistry.KeyOf(App, going));
        };
        Assert.That(
            await New(target, new MigrationOptions { Parallel = 1 }).RunAsync(default),
            Is.True,
            string.Join('\n', told));
        Assert.That(target.Contents(), Is.EqualTo(source.Contents()).AsCollection);
    }

    [Test]
    public async Task What_changes_at_the_source_after_its_copy_is_named_and_goes_with_the_next_run()
    {
        await FillAsync();
        source.Faults.After = async call =>
        {
            // The archives come after the packages.
            if (call.Operation != StorageOperation.ListBlobs)
                return;
            source.Faults.After = null;
            await source.PushAsync(App, "9.0.0", "new");
            await source.PushAsync("new/package", "1.0.0", "new");
        };
        Assert.That(await New().RunAsync(default), Is.False);
        Assert.That(told, Is.EquivalentTo(new[]
        {
            $"package {App}: has changed since it was copied: run again",
            "package new/package: was added to the source after the copy: run again",
        }));

        Assert.That(await New(target, new MigrationOptions { Overwrite = true }).RunAsync(default), Is.True);
        Assert.That(target.Contents(), Is.EqualTo(source.Contents()).AsCollection);
    }

    [Test]
    public async Task What_the_target_has_alone_is_counted_and_stays()
    {
        await FillAsync();
        await target.PushAsync("a/only", "1.0.0", "theirs");
        await target.PushAsync("z/only", "1.0.0", "theirs");
        await target.UploadAsync("http://example.org/only", "theirs");
        var before = target.Contents();

        var migration = New();
        Assert.That(await migration.RunAsync(default), Is.True);
        Assert.That((migration.Extra.Packages, migration.Extra.Archives), Is.EqualTo((2L, 1L)));
        Assert.That(before, Is.SubsetOf(target.Contents()));
    }
}
