using Microsoft.AspNetCore.Http;
using NUnit.Framework;
using Registry.Api.Http.Errors;
using Registry.Core.Errors;
using Registry.Core.Storage;

namespace Registry.Tests.Unit.Http;

public sealed class ErrorTableTests
{
    [Test]
    public void Every_refusal_of_the_domain_is_in_the_table() =>
        Assert.That(ErrorTable.Default.Refusals.Keys, Is.EquivalentTo(Enum.GetValues<ErrorCode>()));

    [Test]
    public void A_code_has_one_status()
    {
        var all = ErrorTable.Default.Refusals.Values.Concat(
            ErrorTable.Default.Statuses.Select(static s => (Status: s.Key, s.Value.Code))).Distinct();
        Assert.That(all.Select(static e => e.Code), Is.Unique);
    }

    [Test]
    public void What_a_refusal_says_reaches_the_client()
    {
        var answer = ErrorTable.Default.Of(
            new RegistryException(
                ErrorCode.ChannelNotFound, "No such channel.", ("channel", "dev"), ("package", null)));
        Assert.That(
            (answer.Status, answer.Code, answer.Message), Is.EqualTo((404, "channel-not-found", "No such channel.")));
        Assert.That(answer.Details, Is.EqualTo(new (string, object?)[] { ("channel", "dev"), ("package", null) }));
    }

    [TestCase(StorageFault.Full, 507, "storage-full")]
    [TestCase(StorageFault.Unavailable, 503, "unavailable")]
    [TestCase(StorageFault.Throttled, 503, "unavailable")]
    [TestCase(StorageFault.Denied, 503, "unavailable")]
    [TestCase(StorageFault.Corrupt, 503, "unavailable")]
    public void A_fault_of_the_storage_names_no_cause_and_says_when_to_come_back(
        StorageFault kind, int status, string code)
    {
        var answer = ErrorTable.Default.Of(new StorageException(kind, "/var/lib/registry on secret-host"));
        Assert.That((answer.Status, answer.Code), Is.EqualTo((status, code)));
        Assert.That(answer.Message, Does.Not.Contain("secret").And.Not.Contain("/"));
        Assert.That(answer.Headers.Single().Name, Is.EqualTo("Retry-After"));
        Assert.That(int.Parse(answer.Headers.Single().Value), Is.Positive);
    }

    [TestCase(30, "30")]
    [TestCase(29.5, "30")]
    [TestCase(1, "2")]
    [TestCase(null, "2")]
    public void A_fault_asks_for_as_long_as_the_storage_does_and_2_seconds_at_least(double? seconds, string expected)
    {
        var fault = new StorageException(StorageFault.Throttled, "busy")
        {
            RetryAfter = seconds is { } asked ? TimeSpan.FromSeconds(asked) : null
        };
        Assert.That(ErrorTable.Default.Of(fault).Headers.Single().Value, Is.EqualTo(expected));
    }

    [Test]
    public void An_unknown_outcome_says_when_to_come_back() =>
        Assert.That(
            ErrorTable.Default.Of(new RegistryException(ErrorCode.Unavailable, "Look.")).Headers.Single().Name,
            Is.EqualTo("Retry-After"));

    [TestCase(StatusCodes.Status418ImATeapot, "invalid-usage")]
    [TestCase(StatusCodes.Status502BadGateway, "internal-error")]
    public void A_status_of_no_entry_keeps_its_number(int status, string code)
    {
        var answer = ErrorTable.Default.OfStatus(status);
        Assert.That((answer.Status, answer.Code), Is.EqualTo((status, code)));
    }
}
