using NUnit.Framework;
using Registry.Core.Access;
using Registry.Core.Events;
using Registry.Tests.Support;

namespace Registry.Tests.Unit.Events;

public sealed class AuditFactsTests
{
    [Test]
    public void Every_action_is_a_sentence([Values] RegistryAction action)
    {
        var facts = AuditFacts.Of(new RegistryEvent(Samples.Start, Samples.Caller, action, "team/app"));
        Assert.That(facts.ToString(), Does.Contain("team/app").And.EndsWith(", by anonymous from 192.0.2.1"));
    }

    [Test]
    public void The_caller_is_named_by_kind_name_and_id()
    {
        var caller = new Caller(CallerKind.Token, "ci", "oci", "192.0.2.1", "r1") { Id = "4kq07zt1m5xw" };
        var facts = AuditFacts.Of(new RegistryEvent(Samples.Start, caller, RegistryAction.TagDeleted, "team/app")
        {
            Tag = "latest",
        });
        Assert.That(
            facts.ToString(), Is.EqualTo("Deleted tag latest of team/app, by token ci (4kq07zt1m5xw) from 192.0.2.1"));
        Assert.That(
            facts.Select(static fact => $"{fact.Key}={fact.Value}"),
            Is.EqualTo(
                new[]
                {
                    "action=tag_deleted", "outcome=done", "resource=team/app", "tag=latest", "caller_kind=token",
                    "caller_id=4kq07zt1m5xw", "caller_name=ci", "client=192.0.2.1", "protocol=oci", "request_id=r1",
                }));
    }

    [Test]
    public void A_command_has_neither_address_nor_request()
    {
        var facts = AuditFacts.Of(new RegistryEvent(
            Samples.Start, Caller.Command("import-backup"), RegistryAction.TokenRevoked, "4kq07zt1m5xw"));
        Assert.That(facts.ToString(), Does.EndWith(", by command import-backup"));
        Assert.That(facts.Select(static fact => fact.Key), Has.None.EqualTo("client"));
    }
}
