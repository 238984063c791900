using NUnit.Framework;
using Registry.Tests.Support;
using Registry.Tests.Support.Linearizability;

namespace Registry.Tests.Unit.Linearizability;

/// <summary>The checker accepts exactly the histories that a single registry could have produced.</summary>
public sealed class LinearizationSearchTests
{
    private static readonly PackageAction Show = new PackageAction.ShowPackage();
    private static readonly PackageAction Delete = new PackageAction.Delete("1.0.0");

    [Test]
    public void Sequential_calls_are_accepted() => Accepts(
        Call(1, 2, Push("a"), "200"),
        Call(3, 4, Show, "200 1.0.0=a"),
        Call(5, 6, new PackageAction.AddToChannel("stable", "1.0.0"), "200 stable:1.0.0(1.0.0)"),
        Call(7, 8, new PackageAction.ShowRelease("1.0.0"), "200 a (stable)"),
        Call(9, 10, Push("b"), "409 package-exists"),
        Call(11, 12, Push("c", force: true), "200"),
        Call(13, 14, new PackageAction.ShowRelease("1.0.0"), "200 c (stable)"),
        Call(15, 16, Delete, "200"),
        Call(17, 18, new PackageAction.ShowChannels(), "404 package-not-found"));

    [Test]
    public void A_show_during_a_push_may_see_it_or_not()
    {
        Accepts(
            Call(1, 10, Push("a"), "200"), Call(2, 3, Show, "404 package-not-found"), Call(4, 5, Show, "200 1.0.0=a"));
        Accepts(
            Call(1, 10, Push("a"), "200"), Call(2, 9, Show, "200 1.0.0=a"), Call(3, 8, Show, "404 package-not-found"));
    }

    [Test]
    public void A_show_going_back_in_time_is_rejected() => Rejects(
        calls: 1,
        Call(1, 10, Push("a"), "200"),
        Call(2, 3, Show, "200 1.0.0=a"),
        Call(4, 5, Show, "404 package-not-found"));

    [Test]
    public void A_stale_read_is_rejected() => Rejects(
        calls: 1,
        Call(1, 2, Push("a"), "200"),
        Call(3, 4, Push("b", force: true), "200"),
        Call(5, 6, Show, "200 1.0.0=a"));

    [Test]
    public void A_lost_update_is_rejected() => Rejects(
        calls: 1,
        Call(1, 4, Push("a"), "200"),
        Call(2, 5, new PackageAction.Push("2.0.0", Any, "b", Force: false), "200"),
        Call(6, 7, Show, "200 2.0.0=b"));

    [Test]
    public void An_undone_delete_is_rejected() => Rejects(
        calls: 1,
        Call(1, 2, Push("a"), "200"),
        Call(3, 4, Delete, "200"),
        Call(5, 6, Show, "404 package-not-found"),
        Call(7, 8, Show, "200 1.0.0=a"));

    [Test]
    public void Two_successful_creates_are_rejected() =>
        Rejects(calls: 2, Call(1, 4, Push("a"), "200"), Call(2, 5, Push("b"), "200"));

    [Test]
    public void Two_successful_deletes_are_rejected() => Rejects(
        calls: 2, Call(1, 2, Push("a"), "200"), Call(3, 6, Delete, "200"), Call(4, 7, Delete, "200"));

    [Test]
    public void A_channel_pointing_to_a_deleted_release_is_rejected() => Rejects(
        calls: 1,
        Call(1, 2, Push("a"), "200"),
        Call(3, 4, new PackageAction.Push("2.0.0", Any, "b", Force: false), "200"),
        Call(5, 6, new PackageAction.AddToChannel("stable", "1.0.0"), "200 stable:1.0.0(1.0.0)"),
        Call(7, 8, Delete, "200"),
        Call(9, 10, new PackageAction.ShowChannels(), "200 stable:1.0.0(1.0.0)"));

    [Test]
    public void A_call_without_an_outcome_may_take_effect_immediately_later_or_never()
    {
        Accepts(Call(1, null, Push("a"), null), Call(2, 3, Show, "200 1.0.0=a"));
        Accepts(
            Call(1, null, Push("a"), null), Call(2, 3, Show, "404 package-not-found"), Call(4, 5, Show, "200 1.0.0=a"));
        Accepts(
            Call(1, null, Push("a"), null), Call(2, 3, Show, "404 package-not-found"), Call(4, 5, Push("b"), "200"));
    }

    [Test]
    public void A_call_without_an_outcome_takes_effect_at_most_once_and_not_before_it_was_sent()
    {
        Rejects(
            calls: 2,
            Call(1, null, Delete, null),
            Call(2, 3, Push("a"), "200"),
            Call(4, 7, Push("b"), "200"),
            Call(5, 8, Push("c"), "200"));
        Rejects(calls: 1, Call(1, 2, Show, "200 1.0.0=a"), Call(3, null, Push("a"), null));
    }

    [Test]
    public void An_impossible_response_is_rejected() =>
        Rejects(calls: 1, Call(1, 2, Push("a"), "200"), Call(3, 4, Show, "500 internal-error"));

    [Test]
    public void A_violation_reports_only_the_relevant_calls()
    {
        var history = Enumerable.Range(0, 200)
            .Select(i => Call(10 * i, (10 * i) + 5, Push($"c{i}", force: true), "200"))
            .ToList();
        history.AddRange(
            Enumerable.Range(0, 200)
                .Select(i => Call((10 * i) + 6, (10 * i) + 8, Show, $"200 1.0.0=c{(i == 150 ? 149 : i)}")));
        var violation = Violation.Of(history)!;
        Assert.That(violation.Calls.Single().Response, Is.EqualTo("200 1.0.0=c149"));
        Assert.That(
            violation.ToString(),
            Does.Contain("1.0.0=c150 |").And.Contain("show: 200 1.0.0=c149").And.Not.Contain("c151"));
    }

    [Test]
    public void A_long_history_of_overlapping_calls_is_checked_quickly()
    {
        var random = new Random(1);
        var (state, history) = (PackageState.Absent, new List<Operation>());
        for (var i = 0; i < 2000; i++)
        {
            PackageAction action = random.Next(4) switch
            {
                0 => Push($"c{i}", force: random.Next(2) == 0),
                1 => Delete,
                2 => new PackageAction.AddToChannel("stable", "1.0.0"),
                _ => Show,
            };
            (state, var response) = action.On(state);
            history.Add(Call((i * 10) - random.Next(60), (i * 10) + random.Next(60), action, response));
        }

        Assert.That(Violation.Of(history), Is.Null);
    }

    private static SeededPackage Any { get; } = new(1, 1);

    private static PackageAction.Push Push(string content, bool force = false) => new("1.0.0", Any, content, force);

    private static Operation Call(long call, long? returned, PackageAction action, string? response) =>
        new("client", action, call, returned ?? long.MaxValue, response);

    private static void Accepts(params Operation[] history) => Assert.That(Violation.Of(history)?.ToString(), Is.Null);

    /// <param name="calls">The expected number of reported calls.</param>
    /// <param name="history">The history.</param>
    private static void Rejects(int calls, params Operation[] history)
    {
        var violation = Violation.Of(history);
        Assert.That(violation, Is.Not.Null);
        Assert.That(violation!.Calls, Has.Count.EqualTo(calls), violation.ToString());
    }
}
