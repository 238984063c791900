using NUnit.Framework;
using Registry.Core.Maintenance;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Unit.Maintenance;

/// <summary>Concurrent changes on either side.</summary>
internal sealed partial class MigrationTests
{
    [Test]
    public async Task A_package_that_differs_at_the_target_is_replaced_only_with_overwrite()
    {
        await FillAsync();
        await target.PushAsync(App, "7.0.0", "somebody's");
        var existing = target.Memory.StoredDocuments[Samples.Package(App).Key];

        Assert.That(await New().RunAsync(default), Is.False);
        Assert.That(findings, Is.EqualTo(new[] { $"package {App}: differs at the target" }));
        Assert.That(target.Memory.StoredDocuments[Samples.Package(App).Key], Is.SameAs(existing));

        Assert.That(await New(target, new MigrationOptions { Overwrite = true }).RunAsync(default), Is.True);
        Assert.That(source.Contents(), Is.SubsetOf(target.Contents()));
        Assert.That(target.Dangling(), Is.Empty);
    }

    [Test]
    public async Task A_package_written_at_the_target_during_the_copy_is_not_overwritten()
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
        Assert.That(findings, Is.EqualTo(new[] { $"package {App}: was changed at the target while it was copied" }));
    }

    [Test]
    public async Task The_later_upload_of_an_archive_wins_unless_overwrite_is_set()
    {
        var key = await target.UploadAsync("http://example.org/app", "zip");
        source.Time.Shift = TimeSpan.FromHours(1);
        await source.UploadAsync("http://example.org/app", "zip");
        Assert.That(await New().RunAsync(default), Is.True, "the archive of the source is later");
        Assert.That(target.Contents(), Is.EqualTo(source.Contents()).AsCollection);

        target.Time.Shift = TimeSpan.FromHours(2);
        await target.UploadAsync("http://example.org/app", "zip");
        Assert.That(await New().RunAsync(default), Is.False);
        Assert.That(
            findings, Is.EqualTo(new[] { $"archive {key}: was uploaded to the target later than to the source" }));

        Assert.That(await New(target, new MigrationOptions { Overwrite = true }).RunAsync(default), Is.True);
        Assert.That(target.Contents(), Is.EqualTo(source.Contents()).AsCollection);
    }

    [Test]
    public async Task Deleting_a_release_and_its_blob_during_the_copy_is_not_a_finding()
    {
        await FillAsync();
        var deleted = await source.PushAsync(App, "9.0.0", "going");
        source.Faults.Before = async call =>
        {
            if (call.Operation != StorageOperation.OpenBlob
                || !call.Key.StartsWith("packages/titi", StringComparison.Ordinal))
                return;
            source.Faults.Before = null;
            await source.DeleteAsync(App, "9.0.0");
            source.Lose(SmallRegistry.KeyOf(App, deleted));
        };
        Assert.That(
            await New(target, new MigrationOptions { Parallel = 1 }).RunAsync(default),
            Is.True,
            string.Join('\n', findings));
        Assert.That(target.Contents(), Is.EqualTo(source.Contents()).AsCollection);
    }

    [Test]
    public async Task Changes_at_the_source_after_the_copy_are_reported_and_copied_by_the_next_run()
    {
        await FillAsync();
        var listings = 0;
        source.Faults.After = async call =>
        {
            // Archives are counted at first, and copied after packages.
            if (call.Operation != StorageOperation.ListBlobs || ++listings < 2)
                return;
            source.Faults.After = null;
            await source.PushAsync(App, "9.0.0", "new");
            await source.PushAsync("new/package", "1.0.0", "new");
        };
        Assert.That(await New().RunAsync(default), Is.False);
        Assert.That(findings, Is.EquivalentTo(new[]
        {
            $"package {App}: has changed since it was copied: run again",
            "package new/package: was added to the source after the copy: run again",
        }));

        Assert.That(await New(target, new MigrationOptions { Overwrite = true }).RunAsync(default), Is.True);
        Assert.That(target.Contents(), Is.EqualTo(source.Contents()).AsCollection);
    }

    [Test]
    public async Task Content_only_at_the_target_is_counted_and_kept()
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
