using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Gcs;
using Registry.Tests.Support;

namespace Registry.Tests.Unit.Storage;

public sealed class GcsOptionsTests
{
    [Test]
    public void Unset_options_have_their_defaults()
    {
        var options = Read(("GCS:BUCKET", "registry"));
        Assert.That(
            (options.Prefix, options.Address, options.CredentialsFile),
            Is.EqualTo(("", "https://storage.googleapis.com", (string?)null)));
        Assert.That((options.DeadlineSeconds, options.TransferIdleSeconds), Is.EqualTo((10.0, 30.0)));
    }

    [TestCase("localhost:4443", "http://localhost:4443")]
    [TestCase("http://localhost:4443/", "http://localhost:4443")]
    [TestCase("https://emulator", "https://emulator")]
    public void An_emulator_is_configured_by_STORAGE_EMULATOR_HOST(string host, string address) =>
        Assert.That(Read(("Gcs:Bucket", "registry"), ("STORAGE_EMULATOR_HOST", host)).Address, Is.EqualTo(address));

    [TestCase("Gcs:Bucket", "", "GCS__BUCKET is not set")]
    [TestCase("Gcs:Bucket", "gs://registry", "GCS__BUCKET is 'gs://registry'")]
    [TestCase("Gcs:Bucket", "Registry", "GCS__BUCKET is 'Registry'")]
    [TestCase("Gcs:Bucket", "re", "GCS__BUCKET is 're'")]
    [TestCase("Gcs:Bucket", "registry\n", "GCS__BUCKET")]
    [TestCase("Gcs:Prefix", "a b", "GCS__PREFIX is 'a b'")]
    [TestCase("Gcs:Prefix", "/a", "GCS__PREFIX is '/a'")]
    [TestCase("Gcs:Prefix", "a//b", "GCS__PREFIX is 'a//b'")]
    [TestCase("Gcs:Prefix", "..", "GCS__PREFIX is '..'")]
    [TestCase("Gcs:Prefix", "a/../b", "GCS__PREFIX is 'a/../b'")]
    [TestCase("Gcs:Prefix", "ooooooooooooooooooooooooooooooooooooooooooooooooooooo", "at most 52 characters")]
    [TestCase("Gcs:Endpoint", "storage", "GCS__ENDPOINT is 'storage'")]
    [TestCase("Gcs:Endpoint", "https://host/path", "GCS__ENDPOINT")]
    [TestCase("STORAGE_EMULATOR_HOST", "http://host/path", "STORAGE_EMULATOR_HOST is 'http://host/path'")]
    [TestCase(
        "Gcs:CredentialsFile",
        "/nowhere/key.json",
        "GCS__CREDENTIALSFILE is '/nowhere/key.json', which does not exist")]
    [TestCase(
        "GOOGLE_APPLICATION_CREDENTIALS",
        "/nowhere/key.json",
        "GOOGLE_APPLICATION_CREDENTIALS is '/nowhere/key.json', which does not exist")]
    [TestCase("Gcs:StagingFolder", "", "GCS__STAGINGFOLDER")]
    [TestCase("Gcs:StagingFolder", "/etc/hostname", "GCS__STAGINGFOLDER is '/etc/hostname', which is a file")]
    [TestCase("Gcs:DeadlineSeconds", "0", "GCS__DEADLINESECONDS is 0")]
    [TestCase("Gcs:DeadlineSeconds", "soon", "GCS__DEADLINESECONDS is 'soon'; expected a number")]
    [TestCase("Gcs:TransferIdleSeconds", "-1", "GCS__TRANSFERIDLESECONDS is -1")]
    public void Invalid_values_are_rejected_with_the_name_of_their_setting(string key, string value, string words) =>
        Assert.That(
            () => Read(("Gcs:Bucket", "registry"), (key, value)),
            Throws.TypeOf<OptionsValidationException>().With.Message.Contains(words));

    [TestCase("no json")]
    [TestCase("{}")]
    [TestCase("[]")]
    [TestCase("{\"type\":1}")]
    public void A_file_without_credentials_is_refused(string text)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.Below("key.json"), text);
        Assert.That(
            () => Read(("Gcs:Bucket", "registry"), ("Gcs:CredentialsFile", folder.Below("key.json"))),
            Throws.TypeOf<OptionsValidationException>().With.Message
                .Contains("which contains no Google Cloud credentials"));
    }

    [Test]
    public void All_errors_are_reported_at_once()
    {
        var refusal =
            Assert.Throws<OptionsValidationException>(() => Read(("Gcs:Prefix", "a b"), ("Gcs:DeadlineSeconds", "0")));
        Assert.That(refusal!.Failures.Count(), Is.EqualTo(3));
    }

    [Test]
    public void Names_sort_like_their_keys_and_are_short_enough()
    {
        var names = new GcsNames(new string('p', GcsNames.MaxPrefixBytes - 1));
        StoreKey[] keys = [
            StoreKey.Of("packages", "a"), StoreKey.Of("packages", "a", "b"), StoreKey.Of("packages", "a-b"),
            StoreKey.Of("packages", "a", ""), StoreKey.Of("packages", "A")
        ];
        Assert.That(keys.Order().Select(names.Of), Is.Ordered.Using((IComparer<string>)StringComparer.Ordinal));
        foreach (var key in keys)
            Assert.That(names.TryGetDocument(names.Of(key), out var read) && read == key, Is.True);

        var segment = new string('s', StoreKey.MaxSegmentBytes);
        var longest =
            StoreKey.Of(segment, segment, segment, new string('k', StoreKey.MaxKeyBytes - (3 * segment.Length) - 3));
        var blob = new BlobKey(longest, Samples.Sha256("x"));
        Assert.That(names.Of(blob), Has.Length.EqualTo(GcsNames.MaxNameBytes));
        Assert.That(names.TryGetBlob(names.Of(blob), out var same) && same == blob, Is.True);
        Assert.That(names.TryGetDocument(names.Of(blob), out _), Is.False);
    }

    [Test]
    public void The_checksum_matches_the_test_vector_in_any_pieces()
    {
        Assert.That(Crc32C.Of("123456789"u8), Is.EqualTo("4waSgw=="));
        Assert.That(Crc32C.Of([]), Is.EqualTo("AAAAAA=="));
        var crc = default(Crc32C);
        crc.Append("1"u8);
        crc.Append("23456789"u8);
        Assert.That(crc.Text, Is.EqualTo("4waSgw=="));
    }

    private static GcsOptions Read(params (string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(
                settings.GroupBy(setting => setting.Key)
                    .Select(group => KeyValuePair.Create(group.Key, (string?)group.Last().Value))).Build();
        using var services = new ServiceCollection().AddGcsStorage(configuration).BuildServiceProvider();
        return services.GetRequiredService<IOptions<GcsOptions>>().Value;
    }
}
