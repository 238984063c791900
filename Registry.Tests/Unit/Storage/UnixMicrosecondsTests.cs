using NUnit.Framework;
using Registry.Core.Storage;

namespace Registry.Tests.Unit.Storage;

public sealed class UnixMicrosecondsTests
{
    [TestCase(0, ExpectedResult = 0)]
    [TestCase(19, ExpectedResult = 1)]
    [TestCase(-1, ExpectedResult = -1)]
    [TestCase(-10, ExpectedResult = -1)]
    public long A_time_is_rounded_down_to_a_microsecond(long ticks) =>
        UnixMicroseconds.Of(DateTimeOffset.UnixEpoch.AddTicks(ticks));

    [Test]
    public void A_time_with_an_offset_is_converted_to_utc()
    {
        var time = new DateTimeOffset(2026, 11, 29, 8, 0, 0, TimeSpan.FromHours(2));
        Assert.That(UnixMicroseconds.ToTime(UnixMicroseconds.Of(time)), Is.EqualTo(time));
        Assert.That(UnixMicroseconds.ToTime(UnixMicroseconds.Of(time)).Offset, Is.EqualTo(TimeSpan.Zero));
    }

    [Test]
    public void Every_whole_microsecond_of_a_DateTimeOffset_survives()
    {
        foreach (var microseconds in (long[])[UnixMicroseconds.Min, 1_764_000_000_123_457, UnixMicroseconds.Max])
            Assert.That(UnixMicroseconds.Of(UnixMicroseconds.ToTime(microseconds)), Is.EqualTo(microseconds));
        Assert.That(
            static () => UnixMicroseconds.ToTime(UnixMicroseconds.Max + 1),
            Throws.InstanceOf<ArgumentOutOfRangeException>());
    }
}
