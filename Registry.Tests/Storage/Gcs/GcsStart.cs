using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Storage.Gcs;
using Registry.Tests.Support;
using Registry.Tests.Support.Gcs;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Storage.Gcs;

/// <summary>Startup checks and credentials: the bucket, the key file, the staging folder.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class GcsStart : IAsyncDisposable
{
    private static readonly StoreKey Sample = StoreKey.Of("packages", "sample", "app");

    private readonly CancellationToken cancellationToken = new CancellationTokenSource(TimeSpan.FromMinutes(1)).Token;
    private readonly TemporaryFolder folder = new();
    private FakeGcs fake = null!;

    [SetUp]
    public async Task Start() => fake = await FakeGcs.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await fake.DisposeAsync();
        folder.Dispose();
    }

    [Test]
    public async Task The_probe_reads_the_public_facts_of_the_bucket()
    {
        await using var services = OnEmulator();
        var probe = services.GetRequiredService<IStorageProbe>();
        Assert.That(probe.Facts, Is.EquivalentTo(new Dictionary<string, string> { ["name"] = FakeGcs.BucketName }));
        await probe.ProbeAsync(cancellationToken);
        Assert.That(probe.Name, Is.EqualTo("gcs"));
        Assert.That(
            probe.Facts,
            Is.EquivalentTo(new Dictionary<string, string>
            {
                ["name"] = FakeGcs.BucketName,
                ["location"] = "EU",
                ["storageClass"] = "STANDARD",
            }));
        Assert.That(fake.Bucket.Objects, Is.Empty);
        Assert.That(Directory.GetFiles(folder.Below("staging")), Is.Empty);
    }

    [Test]
    public async Task An_identity_without_access_to_bucket_metadata_can_use_the_bucket()
    {
        await using var services = OnEmulator();
        fake.Fail(FakeGcsOperation.GetBucket, FakeGcsFault.Respond(403, "forbidden"));
        await services.GetRequiredService<IStorageProbe>().ProbeAsync(cancellationToken);
    }

    [Test]
    public async Task A_missing_bucket_aborts_startup()
    {
        fake.RemoveBucket();
        await AssertRefusedAsync(OnEmulator(), $"The bucket '{FakeGcs.BucketName}' (GCS__BUCKET) does not exist");
    }

    [Test]
    public async Task A_bucket_with_a_retention_policy_aborts_startup()
    {
        fake.Bucket.RetentionPeriod = 86_400;
        await AssertRefusedAsync(OnEmulator(), "retention policy");
    }

    [Test]
    public async Task A_staging_folder_that_cannot_be_created_aborts_startup()
    {
        await File.WriteAllTextAsync(folder.Below("file"), "", cancellationToken);
        await AssertRefusedAsync(
            OnEmulator(("Gcs:StagingFolder", folder.Below("file", "staging"))), "GCS__STAGINGFOLDER");
    }

    [Test]
    public async Task A_key_file_is_exchanged_for_a_token_and_again_once_the_token_is_refused()
    {
        fake.Token = "first";
        await using var services = WithKey();
        var documents = services.GetRequiredService<IDocumentStore>();
        await documents.PutAsync(Sample, "one", Precondition.Absent, cancellationToken);
        await documents.PutAsync(Sample, "two", Precondition.None, cancellationToken);
        Assert.That(fake.CountOf(FakeGcsOperation.Token), Is.EqualTo(1));
        fake.Token = "second";
        Assert.That((await documents.GetAsync(Sample, cancellationToken))!.Text(), Is.EqualTo("two"));
        Assert.That(fake.CountOf(FakeGcsOperation.Token), Is.EqualTo(2));
    }

    [Test]
    public async Task A_replaced_key_file_is_reloaded_and_an_invalid_one_ignored()
    {
        fake.Token = "first";
        var time = new ShiftedTime();
        await using var services = WithKey(time);
        var documents = services.GetRequiredService<IDocumentStore>();
        await documents.PutAsync(Sample, "one", Precondition.Absent, cancellationToken);

        // The file may be read while it is being written.
        await File.WriteAllTextAsync(folder.Below("key.json"), "{", cancellationToken);
        time.Passed += GcsService.KeyLifetime;
        Assert.That(
            (await documents.GetAsync(Sample, cancellationToken))!.Text(),
            Is.EqualTo("one"),
            "the previous key stays in use");

        // The key is revoked, so that only another key gets a token.
        fake.Token = "second";
        fake.TokenResponse = static () => FakeGcsResponse.Json(
            new JsonObject { ["error"] = "invalid_grant" }, 400);
        await Assert.ThrowsAsync<StorageException>(async () => await documents.GetAsync(Sample, cancellationToken));

        WriteKey(tokenPath: "/token?renewed");
        fake.TokenResponse = null;
        time.Passed += GcsService.KeyLifetime;
        var tokens = fake.CountOf(FakeGcsOperation.Token);
        Assert.That((await documents.GetAsync(Sample, cancellationToken))!.Text(), Is.EqualTo("one"));
        Assert.That(fake.CountOf(FakeGcsOperation.Token), Is.EqualTo(tokens + 1));
    }

    [Test]
    public async Task A_key_file_named_by_GOOGLE_APPLICATION_CREDENTIALS_is_used()
    {
        fake.Token = "first";
        WriteKey();
        await using var services = Compose(
            ("Gcs:Endpoint", fake.Address.AbsoluteUri), ("GOOGLE_APPLICATION_CREDENTIALS", folder.Below("key.json")));
        await services.GetRequiredService<IDocumentStore>()
            .PutAsync(Sample, "one", Precondition.Absent, cancellationToken);
    }

    [Test]
    public async Task A_revoked_identity_is_denied()
    {
        fake.Token = "first";
        fake.TokenResponse = static () => FakeGcsResponse.Json(
            new JsonObject { ["error"] = "invalid_grant", ["error_description"] = "Account not found" }, 400);
        await AssertRefusedAsync(WithKey(), "invalid_grant");
    }

    [TestCase("")]
    [TestCase("null")]
    [TestCase("[]")]
    public async Task An_invalid_token_response_is_a_storage_fault(string body)
    {
        fake.Token = "first";
        fake.TokenResponse = () => new FakeGcsResponse(200) { Body = System.Text.Encoding.UTF8.GetBytes(body) };
        await using var services = WithKey();
        var documents = services.GetRequiredService<IDocumentStore>();
        Assert.That(async () => await documents.GetAsync(Sample, cancellationToken), Throws.TypeOf<StorageException>());
    }

    [Test]
    public async Task An_identity_without_a_role_is_denied()
    {
        await using var services = OnEmulator();
        fake.Faults = static _ => FakeGcsFault.Respond(403, "forbidden");
        var fault = await Assert.ThrowsAsync<StorageException>(
            async () => await services.GetRequiredService<IDocumentStore>().GetAsync(Sample, cancellationToken));
        Assert.That(fault!.Kind, Is.EqualTo(StorageFault.Denied));
    }

    [Test]
    public async Task An_invalid_key_is_denied_without_exposing_the_secret()
    {
        var path = folder.Below("key.json");
        await File.WriteAllTextAsync(
            path, """{"type":"service_account","client_email":"x@y","private_key":"c2VjcmV0"}""", cancellationToken);
        await using var services = Compose(("Gcs:Endpoint", fake.Address.AbsoluteUri), ("Gcs:CredentialsFile", path));
        var fault = await Assert.ThrowsAsync<StorageException>(
            async () => await services.GetRequiredService<IDocumentStore>().GetAsync(Sample, cancellationToken));
        Assert.That(fault!.Kind, Is.EqualTo(StorageFault.Denied));
        Assert.That(fault.Message, Does.Contain("GCS__CREDENTIALSFILE").And.Not.Contain("c2VjcmV0"));
    }

    [Test]
    public async Task An_unreachable_service_is_unavailable()
    {
        await using var services = Compose(("STORAGE_EMULATOR_HOST", "127.0.0.1:1"), ("Gcs:DeadlineSeconds", "1"));
        var fault = await Assert.ThrowsAsync<StorageException>(
            async () => await services.GetRequiredService<IStorageProbe>().ProbeAsync(cancellationToken));
        Assert.That(fault!.Kind, Is.EqualTo(StorageFault.Unavailable));
    }

    private async Task AssertRefusedAsync(ServiceProvider services, string words)
    {
        await using (services)
        {
            var fault = await Assert.ThrowsAsync<StorageException>(
                async () => await services.GetRequiredService<IStorageProbe>().ProbeAsync(cancellationToken));
            Assert.That(fault!.Message, Does.Contain(words));
        }
    }

    private ServiceProvider OnEmulator(params (string, string)[] settings) =>
        Compose([("STORAGE_EMULATOR_HOST", fake.Address.Authority), .. settings]);

    /// <summary>Uses the key of a service account that the fake's token endpoint accepts.</summary>
    private ServiceProvider WithKey(TimeProvider? time = null)
    {
        WriteKey();
        return Compose(
            time, ("Gcs:Endpoint", fake.Address.AbsoluteUri), ("Gcs:CredentialsFile", folder.Below("key.json")));
    }

    private void WriteKey(string tokenPath = "/token")
    {
        using var rsa = RSA.Create(2048);
        var key = new Dictionary<string, string>
        {
            ["type"] = "service_account",
            ["project_id"] = "test",
            ["private_key_id"] = "1",
            ["private_key"] = rsa.ExportPkcs8PrivateKeyPem(),
            ["client_email"] = "registry@test.iam.gserviceaccount.com",
            ["client_id"] = "1",
            ["token_uri"] = new Uri(fake.Address, tokenPath).AbsoluteUri,
        };
        File.WriteAllText(folder.Below("key.json"), JsonSerializer.Serialize(key));
    }

    private ServiceProvider Compose(params (string Key, string Value)[] settings) => Compose(time: null, settings);

    private ServiceProvider Compose(TimeProvider? time, params (string Key, string Value)[] settings)
    {
        (string Key, string Value)[] all =
            [("Gcs:Bucket", FakeGcs.BucketName), ("Gcs:StagingFolder", folder.Below("staging")), .. settings];
        var last = all
            .GroupBy(setting => setting.Key)
            .Select(group => KeyValuePair.Create(group.Key, (string?)group.Last().Value));
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(last).Build();
        var services = new ServiceCollection();
        if (time is not null)
            services.AddSingleton(time);
        return services.AddGcsStorage(configuration).BuildServiceProvider();
    }
}
