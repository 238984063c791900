using NUnit.Framework;
using Registry.Api.Commands;

namespace Registry.Tests.Unit.Commands;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class RemainingTimeTests
{
    private readonly RemainingTime left = new();

    [Test]
    public void The_time_left_follows_from_the_rate_of_the_step()
    {
        Assert.That(Describe("copied", 0, 4000, seconds: 0), Is.EqualTo("0 of 4,000 (0 %)"));
        Assert.That(Describe("copied", 1000, 4000, seconds: 100), Is.EqualTo("1,000 of 4,000 (25 %), 00:05:00 left"));
        Assert.That(Describe("verified", 0, 4000, seconds: 400), Is.EqualTo("0 of 4,000 (0 %)"));
        Assert.That(Describe("verified", 1, 4000, seconds: 500), Does.EndWith("(0 %), 111:05:00 left"));
        Assert.That(Describe("verified", 4000, 4000, seconds: 600), Is.EqualTo("4,000 of 4,000 (100 %)"));
    }

    [Test]
    public void Nothing_is_estimated_too_early_or_without_a_total()
    {
        Assert.That(Describe("copied", 1, 4, seconds: 1), Is.EqualTo("1 of 4 (25 %)"));
        Assert.That(Describe("copied", 3, 0, seconds: 100), Is.EqualTo("3"));
    }

    [Test]
    public void Entries_that_were_added_meanwhile_are_not_more_than_all() =>
        Assert.That(Describe("copied", 5, 4, seconds: 100), Is.EqualTo("5 of 4 (100 %)"));

    private string Describe(string step, long done, long total, double seconds) =>
        left.Describe(step, done, total, TimeSpan.FromSeconds(seconds));
}
