using System.Collections.Concurrent;
using System.Globalization;
using NUnit.Framework;
using NUnit.Framework.Interfaces;

[assembly: Registry.Tests.Support.SlowTestReport]

namespace Registry.Tests.Support;

/// <summary>
/// Writes a line to the console as soon as a slow test ends: the time since the start of the run, the number of tests
/// that have ended, the duration of this test and its name.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class SlowTestReportAttribute : Attribute, ITestAction
{
    /// <summary>Faster tests are only counted.</summary>
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(2);

    private readonly long began = TimeProvider.System.GetTimestamp();
    private readonly ConcurrentDictionary<string, long> started = new();
    private int ended;

    /// <inheritdoc/>
    public ActionTargets Targets => ActionTargets.Test;

    /// <inheritdoc/>
    public void BeforeTest(ITest test) => started[test.Id] = TimeProvider.System.GetTimestamp();

    /// <inheritdoc/>
    public void AfterTest(ITest test)
    {
        var number = Interlocked.Increment(ref ended);
        if (!started.TryRemove(test.Id, out var start))
            return;
        var took = TimeProvider.System.GetElapsedTime(start);
        if (took < Slow)
            return;
        var total = TimeProvider.System.GetElapsedTime(began);
        var name = test.FullName.Replace("Registry.Tests.", "", StringComparison.Ordinal);

        // The adapter forwards the error stream immediately, even at a low console verbosity.
        TestContext.Error.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{total:mm\\:ss}  {number,5} tests  {took.TotalSeconds,5:0.0} s  {name}"));
    }
}
