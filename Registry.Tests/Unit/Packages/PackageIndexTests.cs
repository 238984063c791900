using NUnit.Framework;
using Registry.Core.Errors;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Core.Versions;
using Registry.Tests.Support;

namespace Registry.Tests.Unit.Packages;

[Parallelizable(ParallelScope.All)]
internal sealed class PackageIndexTests
{
    [Test]
    public void The_first_push_creates_the_package()
    {
        var manifest = Samples.Manifest("1.0.0", minute: 3);
        var index = PackageIndex.With(null, Samples.Package(), manifest, force: false);
        Assert.That(index.CreatedAt, Is.EqualTo(manifest.CreatedAt));
        Assert.That(index.Manifests, Is.EqualTo(new[] { manifest }));
    }

    [Test]
    public void Releases_are_sorted_highest_first_and_media_types_by_name()
    {
        var index = Samples.Index("1.2.0", "1.10.0", "2.0.0-rc.1", "1.10.0-alpha");
        index = PackageIndex.With(index, index.Name, Samples.Manifest("1.10.0", "docker-compose"), force: false);
        Assert.That(
            index.Releases.Select(release => release.Value),
            Is.EqualTo(new[] { "2.0.0-rc.1", "1.10.0", "1.10.0-alpha", "1.2.0" }));
        Assert.That(
            index.Manifests.Select(manifest => $"{manifest.Release} {manifest.MediaType}"),
            Is.EqualTo(
                new[]
                {
                    "2.0.0-rc.1 helm",
                    "1.10.0 docker-compose",
                    "1.10.0 helm",
                    "1.10.0-alpha helm",
                    "1.2.0 helm"
                }));
    }

    [Test]
    public void A_second_push_of_a_release_is_refused()
    {
        var index = Samples.Index("1.0.0");
        var refusal = Assert.Throws<RegistryException>(
            () => PackageIndex.With(index, index.Name, Samples.Manifest("1.0.0", content: "other"), force: false))!;
        Assert.That(refusal.Code, Is.EqualTo(ErrorCode.PackageExists));
        Assert.That(
            refusal.Details,
            Is.EquivalentTo(
                new (string, object?)[]
                {
                    ("package", "titi/rocketchat"),
                    ("release", "1.0.0"),
                    ("media_type", "helm")
                }));
    }

    [Test]
    public void Force_replaces_the_manifest_and_keeps_channels_and_creation_time()
    {
        var stable = Samples.Channel("stable");
        var index = Samples.Index("1.0.0").WithChannelRelease(stable, Release.Parse("1.0.0"));
        var replaced =
            PackageIndex.With(index, index.Name, Samples.Manifest("1.0.0", content: "new", minute: 9), force: true);
        Assert.That(replaced.Manifests.Single().Content.TarDigest, Is.EqualTo(Samples.Sha256("new")));
        Assert.That(replaced.CreatedAt, Is.EqualTo(index.CreatedAt));
        Assert.That(replaced.GetChannel(stable).Current.Value, Is.EqualTo("1.0.0"));
    }

    [Test]
    public void Builds_of_one_version_are_separate_releases()
    {
        var index = Samples.Index("1.3.0+a", "1.3.0+b", "1.3.0");
        Assert.That(
            index.Releases.Select(release => release.Value), Is.EqualTo(new[] { "1.3.0+b", "1.3.0+a", "1.3.0" }));
        Assert.That(index.Of(Release.Parse("1.3.0+a")).Length, Is.EqualTo(1));
    }

    [Test]
    public void Deleting_one_media_type_keeps_the_release_and_its_channels()
    {
        var dev = Samples.Channel("dev");
        var index = PackageIndex.With(
            Samples.Index("1.0.0"), Samples.Package(), Samples.Manifest("1.0.0", "kpm"), force: false)
            .WithChannelRelease(dev, Release.Parse("1.0.0"))
            .Without(Release.Parse("1.0.0"), Samples.Type("helm"))!;
        Assert.That(index.Manifests.Single().MediaType.Value, Is.EqualTo("kpm"));
        Assert.That(index.GetChannel(dev).Current.Value, Is.EqualTo("1.0.0"));
    }

    [Test]
    public void A_deleted_release_is_removed_from_its_channels()
    {
        var (stable, only) = (Samples.Channel("stable"), Samples.Channel("only"));
        var index = Samples.Index("1.0.0", "1.1.0", "2.0.0");
        foreach (var release in new[] { "1.0.0", "1.1.0", "2.0.0" })
            index = index.WithChannelRelease(stable, Release.Parse(release));
        index = index.WithChannelRelease(only, Release.Parse("2.0.0"))
            .Without(Release.Parse("2.0.0"), Samples.Type("helm"))!;
        Assert.That(index.GetChannel(stable).Current.Value, Is.EqualTo("1.1.0"));
        Assert.That(index.FindChannel(only), Is.Null);
    }

    [Test]
    public void Deleting_the_last_release_deletes_the_package() =>
        Assert.That(Samples.Index("1.0.0").Without(Release.Parse("1.0.0"), Samples.Type("helm")), Is.Null);

    [TestCase("1.0.1", "helm")]
    [TestCase("1.0.0", "kpm")]
    public void Deleting_a_missing_manifest_throws_PackageNotFound(string release, string type) =>
        Assert.That(
            () => Samples.Index("1.0.0").Without(Release.Parse(release), Samples.Type(type)),
            Throws.TypeOf<RegistryException>().With
                .Property(nameof(RegistryException.Code))
                .EqualTo(ErrorCode.PackageNotFound));

    [Test]
    public void A_channel_points_to_the_last_added_release_even_if_it_is_older()
    {
        var channel = Samples.Index("1.0.0", "2.0.0")
            .WithChannelRelease(Samples.Channel("c"), Release.Parse("2.0.0"))
            .WithChannelRelease(Samples.Channel("c"), Release.Parse("1.0.0"))
            .GetChannel(Samples.Channel("c"));
        Assert.That(channel.Current.Value, Is.EqualTo("1.0.0"));
        Assert.That(channel.Releases.Select(release => release.Value), Is.EqualTo(new[] { "2.0.0", "1.0.0" }));
    }

    [Test]
    public void Removing_any_release_from_a_channel_makes_the_highest_remaining_one_current()
    {
        var name = Samples.Channel("c");
        var index = Samples.Index("1.0.0", "2.0.0", "3.0.0");
        foreach (var release in new[] { "3.0.0", "2.0.0", "1.0.0" })
            index = index.WithChannelRelease(name, Release.Parse(release));
        Assert.That(index.WithoutChannelRelease(name, "2.0.0").GetChannel(name).Current.Value, Is.EqualTo("3.0.0"));
    }

    [Test]
    public void Removing_the_last_release_of_a_channel_deletes_it()
    {
        var name = Samples.Channel("c");
        var index = Samples.Index("1.0.0").WithChannelRelease(name, Release.Parse("1.0.0"));
        Assert.That(index.WithoutChannelRelease(name, "1.0.0").Channels, Is.Empty);
    }

    [Test]
    public void Removing_a_release_that_is_not_a_member_changes_nothing()
    {
        var name = Samples.Channel("c");
        var index = Samples.Index("1.0.0", "2.0.0").WithChannelRelease(name, Release.Parse("1.0.0"));
        Assert.That(index.WithoutChannelRelease(name, "2.0.0"), Is.SameAs(index));
    }

    [TestCase("absent", "1.0.0", ErrorCode.ChannelNotFound)]
    [TestCase("c", "9.0.0", ErrorCode.PackageNotFound)]
    [TestCase("c", "no release", ErrorCode.PackageNotFound)]
    public void Removing_from_a_channel_reports_what_is_missing(string channel, string release, ErrorCode expected) =>
        Assert.That(
            () => Samples.Index("1.0.0").WithChannelRelease(Samples.Channel("c"), Release.Parse("1.0.0"))
                .WithoutChannelRelease(Samples.Channel(channel), release),
            Throws.TypeOf<RegistryException>().With.Property(nameof(RegistryException.Code)).EqualTo(expected));

    [Test]
    public void A_digest_of_several_gzip_streams_resolves_to_the_first_one_pushed()
    {
        var late = Samples.Manifest("2.0.0", content: "same", minute: 5);
        var early = Samples.Manifest("1.0.0", content: "same", minute: 1);
        var index =
            PackageIndex.With(PackageIndex.With(null, Samples.Package(), late, false), Samples.Package(), early, false);
        Assert.That(index.FindContent(Samples.Sha256("same")), Is.SameAs(early));
    }

    [TestCase(300)]
    [TestCase(3)]
    public void An_index_round_trips_through_its_stored_form(int releases)
    {
        var index = Samples.Index([.. Enumerable.Range(0, releases).Select(i => $"1.{i}.0")])
            .WithChannelRelease(Samples.Channel("stable"), Release.Parse("1.1.0"));
        index = PackageIndex.With(
            index, index.Name, Samples.Manifest("9.0.0") with
            {
                Metadata = Metadata.Of("""{"a":[1,null,"é\u0000"],"b":{}}""")
            }, force: false);
        var read = StoredIndex.Read(index.Name, StoredIndex.Write(index));
        Assert.That(read.Manifests, Is.EqualTo(index.Manifests));
        Assert.That(read.CreatedAt, Is.EqualTo(index.CreatedAt));
        Assert.That(
            read.Channels.Select(c => (c.Name, c.Current, string.Join(',', c.Releases))),
            Is.EqualTo(index.Channels.Select(c => (c.Name, c.Current, string.Join(',', c.Releases)))));
    }

    [Test]
    public void Eight_thousand_manifests_fit_into_one_document()
    {
        var manifests =
            Enumerable.Range(0, 8000).Select(i => Samples.Manifest($"1.{i / 10}.{i % 10}", content: $"{i}", minute: i));
        var stored = StoredIndex.Write(PackageIndex.Restore(Samples.Package(), Samples.Start, manifests, []));
        Assert.That(stored, Has.Length.LessThanOrEqualTo(Document.MaxBytes));
    }

    [TestCase("")]
    [TestCase("{}")]
    [TestCase("null")]
    [TestCase("not json")]
    [TestCase(
        """{"schema":0,"package":"titi/rocketchat","created_at":"2026-01-01T00:00:00Z","manifests":[],"channels":[]}""")]
    [TestCase(
        """{"schema":1,"package":"titi/rocketchat","created_at":"2026-01-01T00:00:00Z","manifests":[],"channels":[]}""")]
    [TestCase(
        """{"schema":1,"package":"other/name","created_at":"2026-01-01T00:00:00Z","manifests":[],"channels":[]}""")]
    [TestCase("brotli\nnot brotli")]
    public void A_damaged_index_is_a_storage_fault(string stored) =>
        Assert.That(
            () => StoredIndex.Read(Samples.Package(), System.Text.Encoding.Latin1.GetBytes(stored)),
            Throws.TypeOf<StorageException>()
                .With.Property(nameof(StorageException.Kind)).EqualTo(StorageFault.Corrupt));
}
