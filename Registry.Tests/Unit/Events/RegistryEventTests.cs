using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using NUnit.Framework;
using Registry.Core.Access;
using Registry.Core.Archives;
using Registry.Core.Artifacts;
using Registry.Core.Documents;
using Registry.Core.Errors;
using Registry.Core.Events;
using Registry.Core.Packages;
using Registry.Core.Storage;
using Registry.Core.Tokens;
using Registry.Core.Versions;
using Registry.Tests.Support;
using Registry.Tests.Support.Backups;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Unit.Events;

/// <summary>Every settled change raises exactly one event, and nothing else raises any.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class RegistryEventTests : IDisposable
{
    private static readonly PackageName Name = Samples.Package();

    private static readonly ChannelName Stable = Samples.Channel("stable");

    private static readonly Caller Caller = new(CallerKind.Anonymous, null, "cnr", "192.0.2.7", "r1")
    {
        Scopes = ScopeSet.Everything,
    };

    private static readonly byte[] Content = Samples.TarGz("content");

    private readonly InMemoryStorage storage = new();
    private readonly StorageFaults faults = new();
    private readonly LogRecorder log = new();
    private readonly LoggerFactory loggers;
    private readonly Sink sink = new();
    private readonly RegistryEvents events;
    private readonly PackageRegistry packages;
    private readonly ChannelRegistry channels;
    private readonly AppArchiveRegistry archives;

    public RegistryEventTests()
    {
        loggers = new LoggerFactory([log]);
        events = new RegistryEvents(
            [new Sink { Fails = true }, sink], TimeProvider.System, loggers.CreateLogger<RegistryEvents>());
        var blobs = new FaultyBlobStore(storage.Blobs, faults);
        var indexes = new PackageIndexes(
            new FaultyDocumentStore(storage.Documents, faults), TimeProvider.System, new UpdateOptions());
        packages = new PackageServices(indexes, blobs, events).Packages;
        channels = new ChannelRegistry(indexes, events);
        archives = new AppArchiveRegistry(blobs, new ArchiveLimits { MaxArchiveBytes = 10 }, events);
    }

    public void Dispose()
    {
        loggers.Dispose();
        log.Dispose();
    }

    private static Workspace Global =>
        Workspace.TryDerive(null, out var workspace) ? workspace : throw new InvalidOperationException();

    private static Digest TarDigest => Digest.Parse(BackupEntry.DigestOf(Content));

    [Test]
    public async Task A_push_raises_one_event()
    {
        await PushAsync("1.0.0", force: true);
        AssertOnly(new RegistryEvent(default, Caller, RegistryAction.ReleasePushed, Name.Value)
        {
            Release = "1.0.0",
            MediaType = "helm",
            StoredDigest = StorageShortcuts.DigestOf(Content),
            TarDigest = TarDigest,
            Size = Content.Length,
        });
    }

    [Test]
    public async Task A_push_is_forced_if_it_replaces_a_content()
    {
        await PushAsync("1.0.0", force: true);
        await PushAsync("1.0.0", force: true);
        await PushAsync("1.0.0", force: true, "other");
        await RestoreAsync("1.0.0", "third", force: true);
        await RestoreAsync("2.0.0", force: true);
        Assert.That(Forced(), Is.EqualTo(new[] { false, false, true, true, false }));
        Assert.That(AuditFacts.Of(sink.Events[0]).ToString(), Does.Contain(" bytes, by "));
        Assert.That(
            AuditFacts.Of(sink.Events[2]).ToString(), Does.Contain(" bytes, replacing the previous content, by "));
    }

    [Test]
    public async Task A_push_of_a_manifest_is_forced_if_it_replaces_a_content()
    {
        var oci = new OneRegistry(new ReleaseOptions { Mutable = ["team/*"] }, events);
        await oci.PutAsync(await oci.HelmManifestAsync(OneRegistry.Chart("1.0.0")), "1.0.0");
        await oci.PutAsync(await oci.HelmManifestAsync(OneRegistry.Chart("1.0.0"), "note"), "1.0.0");
        await oci.PutAsync(await oci.HelmManifestAsync(OneRegistry.Chart("1.0.0", "other")), "1.0.0");
        Assert.That(Forced(), Is.EqualTo(new[] { false, false, true }));
    }

    [Test]
    public async Task A_push_of_a_manifest_is_forced_if_it_replaces_a_provenance_file()
    {
        var oci = new OneRegistry(events: events);
        var chart = OneRegistry.Chart("1.0.0");
        foreach (var text in (string[])["first", "second"])
        {
            var file = OneRegistry.Provenance(chart, "1.0.0", text);
            var provenance = await oci.BlobAsync(file, OciMediaTypes.HelmProvenance);
            var manifest = Encoding.UTF8.GetString(await oci.HelmManifestAsync(chart));
            await oci.PutAsync(Encoding.UTF8.GetBytes(manifest.Replace("]}", $",{provenance}]}}")), "1.0.0");
        }

        Assert.That(Forced(), Is.EqualTo(new[] { false, true }));
    }

    [Test]
    public async Task A_stored_provenance_file_is_forced_if_it_replaces_another()
    {
        var oci = new OneRegistry(events: events);
        var chart = OneRegistry.Chart("1.0.0");
        await oci.PushAsync("1.0.0", chart);
        await oci.StoreProvenanceAsync(chart, "1.0.0", "first", force: true);
        await oci.StoreProvenanceAsync(chart, "1.0.0", "second", force: true);
        Assert.That(Forced(), Is.EqualTo(new[] { false, false, true }));
        Assert.That(
            AuditFacts.Of(sink.Events[^1]).ToString(), Does.Contain(" bytes, replacing the previous content, by "));
    }

    /// <summary>The client disconnects while its push is being written.</summary>
    [Test]
    public async Task A_change_that_has_begun_is_completed_and_raises_its_event_without_its_client()
    {
        var (writing, written) = (new TaskCompletionSource(), new TaskCompletionSource());
        faults.Before = call =>
        {
            if (call.Operation != StorageOperation.PutDocument)
                return default;
            writing.SetResult();
            return new ValueTask(written.Task);
        };
        using var cancellation = new CancellationTokenSource();
        await using var push = await packages.BeginPushAsync(Name, Caller, default);
        await push.WriteAsync(Content, default);
        var pushing = push.CompleteAsync(
            Release.Parse("1.0.0"), Samples.Type("helm"), new PushOptions(false, null), cancellation.Token);
        await writing.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await cancellation.CancelAsync();
        Assert.That(sink.Events, Is.Empty);
        written.SetResult();
        await pushing;
        Assert.That(sink.Events.Single().Action, Is.EqualTo(RegistryAction.ReleasePushed));
    }

    [Test]
    public async Task Restoring_a_release_raises_one_event_and_restoring_it_again_none()
    {
        Assert.That(await RestoreAsync("1.0.0"), Is.EqualTo(RestoreOutcome.Added));
        Assert.That(await RestoreAsync("1.0.0"), Is.EqualTo(RestoreOutcome.Unchanged));
        AssertOnly(new RegistryEvent(default, Caller, RegistryAction.ReleaseRestored, Name.Value)
        {
            Release = "1.0.0",
            MediaType = "helm",
            StoredDigest = StorageShortcuts.DigestOf(Content),
            TarDigest = TarDigest,
            Size = Content.Length,
        });
    }

    [Test]
    public async Task A_delete_raises_one_event()
    {
        await PushAsync("1.0.0");
        sink.Events.Clear();
        await packages.DeleteAsync(Name, "1.0.0", "helm", Caller, default);
        AssertOnly(new RegistryEvent(default, Caller, RegistryAction.ReleaseDeleted, Name.Value)
        {
            Release = "1.0.0",
            MediaType = "helm",
        });
    }

    [Test]
    public async Task Adding_to_a_channel_raises_one_event()
    {
        await PushAsync("1.0.0");
        sink.Events.Clear();
        await channels.AddAsync(Name, Stable, "1.0.0", Caller, default);
        AssertOnly(new RegistryEvent(default, Caller, RegistryAction.ChannelReleaseAdded, Name.Value)
        {
            Channel = "stable",
            Release = "1.0.0",
        });
    }

    [Test]
    public async Task Removing_from_a_channel_raises_one_event_and_removing_what_is_not_in_it_none()
    {
        await PushAsync("1.0.0");
        await PushAsync("2.0.0");
        await channels.AddAsync(Name, Stable, "1.0.0", Caller, default);
        await channels.AddAsync(Name, Stable, "2.0.0", Caller, default);
        sink.Events.Clear();
        await channels.RemoveAsync(Name, Stable, "1.0.0", Caller, default);
        await channels.RemoveAsync(Name, Stable, "1.0.0", Caller, default);
        AssertOnly(new RegistryEvent(default, Caller, RegistryAction.ChannelReleaseRemoved, Name.Value)
        {
            Channel = "stable",
            Release = "1.0.0",
        });
    }

    [Test]
    public async Task Deleting_a_channel_raises_one_event()
    {
        await PushAsync("1.0.0");
        await channels.AddAsync(Name, Stable, "1.0.0", Caller, default);
        sink.Events.Clear();
        await channels.DeleteAsync(Name, Stable, Caller, default);
        AssertOnly(new RegistryEvent(default, Caller, RegistryAction.ChannelDeleted, Name.Value)
        {
            Channel = "stable",
        });
    }

    [Test]
    public async Task Restoring_channels_raises_one_event_and_restoring_them_again_none()
    {
        await PushAsync("1.0.0");
        sink.Events.Clear();
        var release = Release.Parse("1.0.0");
        RestoredChannel[] restored =
            [new(Stable, release, [release]), new(Samples.Channel("beta"), release, [release])];
        await channels.RestoreAsync(Name, restored, Caller, default);
        await channels.RestoreAsync(Name, restored, Caller, default);
        AssertOnly(new RegistryEvent(default, Caller, RegistryAction.ChannelsRestored, Name.Value)
        {
            Channel = "stable, beta",
        });
    }

    [Test]
    public async Task Archives_raise_one_event_for_each_upload_and_delete()
    {
        var archive = await archives.UploadAsync(Global, new MemoryStream([1, 2, 3]), Caller, default);
        AssertOnly(new RegistryEvent(default, Caller, RegistryAction.ArchiveUploaded, "global/")
        {
            StoredDigest = Digest.FromHash(SHA256.HashData([1, 2, 3])),
            Size = 3,
        });
        sink.Events.Clear();
        await archives.DeleteAsync(Global, archive.Id, Caller, default);
        AssertOnly(new RegistryEvent(default, Caller, RegistryAction.ArchiveDeleted, "global/")
        {
            StoredDigest = archive.Id,
        });
    }

    [Test]
    public async Task Every_action_is_raised_by_some_use_case()
    {
        await PushAsync("1.0.0");
        await RestoreAsync("2.0.0");
        await channels.AddAsync(Name, Stable, "1.0.0", Caller, default);
        await channels.RemoveAsync(Name, Stable, "1.0.0", Caller, default);
        var release = Release.Parse("1.0.0");
        await channels.RestoreAsync(Name, [new RestoredChannel(Stable, release, [release])], Caller, default);
        await channels.DeleteAsync(Name, Stable, Caller, default);
        await packages.DeleteAsync(Name, "1.0.0", "helm", Caller, default);
        var archive = await archives.UploadAsync(Global, new MemoryStream([1]), Caller, default);
        await archives.DeleteAsync(Global, archive.Id, Caller, default);
        var oci = new OneRegistry(events: events);
        var image = await oci.PutAsync(await oci.ImageAsync("image"), "latest");
        await oci.PutAsync(await oci.ImageAsync("image"), "latest");
        await oci.Repositories.DeleteAsync(OneRegistry.Name, OneRegistry.Tag("latest"), Caller, default);
        await oci.Repositories.DeleteAsync(OneRegistry.Name, image, Caller, default);
        await oci.Blobs.DeleteAsync(OneRegistry.Name, OneRegistry.Sha256("{}"u8), Caller, default);
        await oci.BlobAsync("layer"u8.ToArray(), "text/plain");
        await oci.Blobs.TryMountAsync(
            Name, OneRegistry.Name, OneRegistry.Sha256("layer"u8), Caller.Command("test"), default);
        var chart = OneRegistry.Chart("1.0.0");
        await oci.PushAsync("1.0.0", chart);
        await oci.StoreProvenanceAsync(chart, "1.0.0");
        var clock = new ShiftedTime();
        var tokens = new AccessTokens(
            storage.Documents,
            clock,
            new UpdateOptions(),
            events,
            loggers.CreateLogger<AccessTokens>());
        var issued = await tokens.IssueAsync(
            new NewToken(Samples.TokenName("ci"), ScopeSet.Everything, default), Caller.Command("test"), default);
        await tokens.RevokeAsync(issued.Token.Id, Caller.Command("test"), default);
        await tokens.IssueAsync(
            new NewToken(Samples.TokenName("ci"), ScopeSet.Everything, new TokenLifetime(TimeSpan.FromDays(1))),
            Caller.Command("test"),
            default);
        clock.Shift = TimeSpan.FromDays(31);
        await tokens.RemoveExpiredAsync(default);
        Assert.That(
            sink.Events.Select(static raised => raised.Action).Distinct(),
            Is.EquivalentTo(
                Enum.GetValues<RegistryAction>()
                    .Except([RegistryAction.RequestDenied, RegistryAction.CredentialsRefused])),
            "Refused requests reach no use case.");
        Assert.That(
            sink.Events.Count(static raised => raised.Action == RegistryAction.ManifestPushed),
            Is.EqualTo(1),
            "the second push of the same manifest changed nothing");
    }

    [Test]
    public async Task Refused_changes_raise_no_event()
    {
        await PushAsync("1.0.0");
        await channels.AddAsync(Name, Stable, "1.0.0", Caller, default);
        sink.Events.Clear();
        Func<Task>[] refused =
        [
            () => PushAsync("1.0.0"),
            () => RestoreAsync("1.0.0", "other"),
            () => packages.DeleteAsync(Name, "9.0.0", "helm", Caller, default),
            () => channels.AddAsync(Name, Stable, "9.0.0", Caller, default),
            () => channels.RemoveAsync(Name, Stable, "9.0.0", Caller, default),
            () => channels.DeleteAsync(Name, Samples.Channel("none"), Caller, default),
            () => channels.RestoreAsync(Samples.Package("a/none"), [], Caller, default),
            () => archives.UploadAsync(Global, new MemoryStream(new byte[11]), Caller, default),
            () => archives.DeleteAsync(Global, TarDigest, Caller, default),
        ];
        foreach (var change in refused)
            Assert.That(async () => await change(), Throws.TypeOf<RegistryException>());
        Assert.That(sink.Events, Is.Empty);
    }

    [Test]
    public async Task Changes_that_the_storage_fails_raise_no_event()
    {
        await PushAsync("1.0.0");
        await channels.AddAsync(Name, Stable, "1.0.0", Caller, default);
        var archive = await archives.UploadAsync(Global, new MemoryStream([1]), Caller, default);
        sink.Events.Clear();
        faults.Before = static call => call.Operation.ToString() is var operation
            && (operation.StartsWith("Put", StringComparison.Ordinal)
                || operation.StartsWith("Delete", StringComparison.Ordinal)
                || operation.StartsWith("Commit", StringComparison.Ordinal))
            ? throw new StorageException(StorageFault.Full, "The storage is full.")
            : default;
        Func<Task>[] failing =
        [
            () => PushAsync("2.0.0"),
            () => RestoreAsync("3.0.0"),
            () => packages.DeleteAsync(Name, "1.0.0", "helm", Caller, default),
            () => channels.AddAsync(Name, Stable, "1.0.0", Caller, default),
            () => channels.RemoveAsync(Name, Stable, "1.0.0", Caller, default),
            () => channels.DeleteAsync(Name, Stable, Caller, default),
            () => archives.UploadAsync(Global, new MemoryStream([2]), Caller, default),
            () => archives.DeleteAsync(Global, archive.Id, Caller, default),
        ];
        foreach (var change in failing)
            Assert.That(async () => await change(), Throws.InstanceOf<Exception>());
        Assert.That(sink.Events, Is.Empty);
    }

    [Test]
    public async Task A_failing_sink_is_logged_and_changes_neither_the_response_nor_other_sinks()
    {
        await PushAsync("1.0.0");
        Assert.That(sink.Events, Has.Count.EqualTo(1));
        Assert.That(
            log.Entries.Select(static entry => entry.Message),
            Is.EqualTo(new[] { "Sink failed to receive the event ReleasePushed of titi/rocketchat" }));
    }

    private async Task PushAsync(string release, bool force = false, string content = "content")
    {
        await using var push = await packages.BeginPushAsync(Name, Caller, default);
        await push.WriteAsync(Samples.TarGz(content), default);
        await push.CompleteAsync(
            Release.Parse(release), Samples.Type("helm"), new PushOptions(force, """{"a":"secret"}"""), default);
    }

    private Task<RestoreOutcome> RestoreAsync(string release, string content = "content", bool force = false)
    {
        var blob = Samples.TarGz(content);
        return packages.RestoreAsync(
            new RestoredRelease(
                Name,
                Release.Parse(release),
                Samples.Type("helm"),
                Samples.Start,
                null,
                Digest.Parse(BackupEntry.DigestOf(blob))),
            StorageShortcuts.DigestOf(blob),
            (push, cancellationToken) => push.WriteAsync(blob, cancellationToken),
            force,
            Caller,
            default);
    }

    /// <summary>Whether each change of a release replaced a content, in order.</summary>
    private IEnumerable<bool> Forced() => sink.Events
        .Where(static raised => raised.Action is RegistryAction.ReleasePushed or RegistryAction.ReleaseRestored
            or RegistryAction.ProvenanceStored)
        .Select(static raised => raised.Forced);

    private void AssertOnly(RegistryEvent expected)
    {
        var raised = sink.Events.Single();
        Assert.That(raised.Time, Is.EqualTo(TimeProvider.System.GetUtcNow()).Within(TimeSpan.FromMinutes(1)));
        Assert.That(raised with { Time = default }, Is.EqualTo(expected));
    }

    private sealed class Sink : IRegistryEventSink
    {
        public bool Fails { get; init; }

        public List<RegistryEvent> Events { get; } = [];

        public void Receive(RegistryEvent registryEvent)
        {
            if (Fails)
                throw new InvalidOperationException("The sink is broken.");
            Events.Add(registryEvent);
        }
    }
}
