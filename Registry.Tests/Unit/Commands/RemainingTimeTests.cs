using NUnit.Framework;
using Registry.Api.Commands;
using Registry.Core.Maintenance;

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

    [Test]
    public void The_bytes_and_the_rate_are_those_of_the_step()
    {
        const long MiB = 1 << 20;
        Assert.That(Of("copied", 0, 0, seconds: 0), Is.EqualTo("copied 0 of 4,000 (0 %), 0 bytes, 0 bytes/s"));
        Assert.That(
            Of("copied", 1000, 500 * MiB, seconds: 100),
            Is.EqualTo("copied 1,000 of 4,000 (25 %), 500 MiB, 5 MiB/s, 00:05:00 left"));
        Assert.That(
            Of("verified", 0, 2000 * MiB, seconds: 400), Is.EqualTo("verified 0 of 4,000 (0 %), 0 bytes, 0 bytes/s"));
        Assert.That(
            Of("verified", 1000, 2500 * MiB, seconds: 450),
            Is.EqualTo("verified 1,000 of 4,000 (25 %), 500 MiB, 10 MiB/s, 00:02:30 left"));

        string Of(string step, long done, long bytes, double seconds) =>
            left.Describe(new RunProgress(step, done, Total: 4000), bytes, TimeSpan.FromSeconds(seconds));
    }

    [Test]
    public void A_terminal_of_80_columns_shows_bytes_rate_and_time_left_of_a_large_registry()
    {
        const int Elapsed = 10;
        left.Describe(new RunProgress("verified", 0, 0), bytes: 0, TimeSpan.Zero);
        Assert.That(
            left.Describe(new RunProgress("verified", 12_345, 100_000), 99L << 30, TimeSpan.FromHours(1)).Length,
            Is.LessThan(80 - Elapsed));
    }

    private string Describe(string step, long done, long total, double seconds) =>
        left.Describe(step, done, total, TimeSpan.FromSeconds(seconds));
}
