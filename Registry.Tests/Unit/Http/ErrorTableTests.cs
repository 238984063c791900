using Microsoft.AspNetCore.Http;
using NUnit.Framework;
using Registry.Api.Cnr;
using Registry.Api.Helm;
using Registry.Api.Http.Errors;
using Registry.Api.Oci;
using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Tests.Unit.Http;

public sealed class ErrorTableTests
{
    [Test]
    public void Every_error_code_is_in_the_table() =>
        Assert.That(ErrorTable.Default.Refusals.Keys, Is.EquivalentTo(Enum.GetValues<ErrorCode>()));

    [Test]
    public void A_code_has_one_status()
    {
        var all = ErrorTable.Default.Refusals.Values.Concat(
            ErrorTable.Default.Statuses.Select(static s => (Status: s.Key, s.Value.Code))).Distinct();
        Assert.That(all.Select(static e => e.Code), Is.Unique);
    }

    [Test]
    public void The_message_and_details_of_an_error_reach_the_client()
    {
        var entry = ErrorTable.Default.Of(
            new RegistryException(
                ErrorCode.ChannelNotFound, "No such channel.", ("channel", "dev"), ("package", null)));
        Assert.That(
            (entry.Status, entry.Code, entry.Message), Is.EqualTo((404, "channel-not-found", "No such channel.")));
        Assert.That(entry.Details, Is.EqualTo(new (string, object?)[] { ("channel", "dev"), ("package", null) }));
    }

    [Test]
    public void Only_CNR_has_the_messages_of_the_reference_servers()
    {
        var refusal = new RegistryException(
            ErrorCode.PackageNotFound, "No release.", ("package", "a/b"), ("release", "1.0.0"), ("media_type", null));
        Assert.That(
            CnrErrorTable.Instance.Of(refusal).Message, Is.EqualTo("package a/b doesn't exist, v: 1.0.0, type: None"));
        foreach (var table in (ErrorTable[])[ErrorTable.Default, OciErrorTable.Instance, HelmErrorTable.Instance])
            Assert.That(table.Of(refusal).Message, Is.EqualTo("No release."));
    }

    [TestCase(StorageFault.Full, 507, "storage-full")]
    [TestCase(StorageFault.Unavailable, 503, "unavailable")]
    [TestCase(StorageFault.Throttled, 503, "unavailable")]
    [TestCase(StorageFault.Denied, 503, "unavailable")]
    [TestCase(StorageFault.Corrupt, 503, "unavailable")]
    public void A_storage_fault_hides_its_cause_and_has_a_Retry_After(
        StorageFault kind, int status, string code)
    {
        var entry = ErrorTable.Default.Of(new StorageException(kind, "/var/lib/registry on secret-host"));
        Assert.That((entry.Status, entry.Code), Is.EqualTo((status, code)));
        Assert.That(entry.Message, Does.Not.Contain("secret").And.Not.Contain("/"));
        Assert.That(entry.Headers.Single().Name, Is.EqualTo("Retry-After"));
        Assert.That(int.Parse(entry.Headers.Single().Value), Is.Positive);
    }

    [TestCase(30, "30")]
    [TestCase(29.5, "30")]
    [TestCase(1, "2")]
    [TestCase(null, "2")]
    public void Retry_After_is_that_of_the_storage_but_at_least_2_seconds(double? seconds, string expected)
    {
        var fault = new StorageException(StorageFault.Throttled, "busy")
        {
            RetryAfter = seconds is { } value ? TimeSpan.FromSeconds(value) : null
        };
        Assert.That(ErrorTable.Default.Of(fault).Headers.Single().Value, Is.EqualTo(expected));
    }

    [Test]
    public void An_unknown_outcome_has_a_Retry_After() =>
        Assert.That(
            ErrorTable.Default.Of(new RegistryException(ErrorCode.Unavailable, "Look.")).Headers.Single().Name,
            Is.EqualTo("Retry-After"));

    [TestCase(StatusCodes.Status418ImATeapot, "invalid-usage")]
    [TestCase(StatusCodes.Status502BadGateway, "internal-error")]
    public void A_status_without_an_entry_keeps_its_number(int status, string code)
    {
        var entry = ErrorTable.Default.OfStatus(status);
        Assert.That((entry.Status, entry.Code), Is.EqualTo((status, code)));
    }
}
