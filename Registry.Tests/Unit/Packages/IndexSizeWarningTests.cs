using Microsoft.Extensions.Logging;
using NUnit.Framework;
using Registry.Core.Documents;
using Registry.Core.Packages;
using Registry.Tests.Support;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Unit.Packages;

/// <summary>The log warns of a package before its index is full.</summary>
internal sealed class IndexSizeWarningTests
{
    [Test]
    public async Task The_log_warns_once_each_time_that_an_index_comes_close_to_its_limit()
    {
        const int Limit = 50_000;
        using var log = new LogRecorder();
        using var factory = LoggerFactory.Create(builder => builder.AddProvider(log));
        var storage = new InMemoryStorage();
        var indexes = new PackageIndexes(
            storage.Documents,
            TimeProvider.System,
            new UpdateOptions(),
            limits: new IndexLimits { MaxBytes = Limit },
            logger: factory.CreateLogger<PackageIndexes>());
        var package = Samples.Package();
        for (var round = 1; round <= 2; round++)
        {
            var pushed = 0;
            while (Warnings().Count < round)
                await PushAsync($"1.0.{pushed++}");
            var (stored, bytes) = StoredIndex.Write((await indexes.FindAsync(package, default))!.State, Limit);
            Assert.That(stored, Is.Not.Empty);
            Assert.That(bytes, Is.GreaterThanOrEqualTo(Limit * 0.8));
            Assert.That(
                Warnings()[^1], Does.Contain($"{package} takes {bytes} bytes").And.Contain($"limit of {Limit} bytes"));
            await PushAsync($"1.0.{pushed++}");
            Assert.That(Warnings(), Has.Count.EqualTo(round), "it warns once");
            while (pushed-- > 1)
                await indexes.UpdateAsync(
                    package,
                    new DocumentChange<PackageIndex>(
                        index => index!.Without(index.Manifests[0].Release, index.Manifests[0].MediaType)),
                    default);
        }

        List<string> Warnings() =>
            [.. log.Entries.Where(static entry => entry.Level == LogLevel.Warning)
                .Select(static entry => entry.Message)];

        Task PushAsync(string release) => indexes.UpdateAsync(
            package,
            new DocumentChange<PackageIndex>(index => PackageIndex.With(
                index,
                package,
                Samples.Manifest(release) with { Metadata = Metadata.Of($"\"{new string('x', 2_000)}\"") },
                force: true)),
            default);
    }
}
