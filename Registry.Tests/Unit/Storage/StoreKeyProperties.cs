using System.Text;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;
using Registry.Core.Storage;

namespace Registry.Tests.Unit.Storage;

public sealed class StoreKeyProperties
{
    private static readonly Config Settings = Config.QuickThrowOnFailure.WithMaxTest(2_000);

    /// <summary>
    /// Segments with more problematic characters than random text: dots, slashes, escapes, upper case, valid and
    /// invalid Unicode.
    /// </summary>
    private static Arbitrary<string[]> SegmentLists =>
        Gen.Elements('.', '/', '%', '@', 'a', 'A', '-', '_', '2', 'e', '\0', ' ', 'é', '日', '\ud83d', '\ude00')
        .ListOf().Select(chars => new string([.. chars.Take(12)]))
        .NonEmptyListOf().Select(segments => segments.Take(6).ToArray())
        .ToArbitrary();

    [Test]
    public void Segments_round_trip() => Check.One(Settings, Prop.ForAll(SegmentLists, segments =>
    {
        if (!StoreKey.TryOf(segments, out var key))
            return segments.Any(segment => !IsUnicode(segment));
        return segments.All(IsUnicode)
            && key.Segments().SequenceEqual(segments)
            && StoreKey.TryParse(key.Value, out var parsed) && parsed == key;
    }));

    [Test]
    public void Every_segment_is_a_legal_name_on_any_disk() => Check.One(Settings, Prop.ForAll(SegmentLists, segments =>
        !StoreKey.TryOf(segments, out var key)
        || (key.Value.Split('/').Length == segments.Length
            && key.Value.Split('/')
                .All(
                    name =>
                        name.Length > 0
                            && name[0] != '.'
                            && name.All(
                                c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || "._%-".Contains(c))))));

    [Test]
    public void Different_segments_are_different_keys() =>
        Check.One(Settings, Prop.ForAll(SegmentLists, SegmentLists, (left, right) =>
        !StoreKey.TryOf(left, out var one)
            || !StoreKey.TryOf(right, out var other)
            || (one == other) == left.SequenceEqual(right)));

    [Test]
    public void A_parsed_key_is_written_the_same_way() => Check.One(Settings, Prop.ForAll(
        Gen.Elements('.', '/', '%', '2', 'e', 'f', '4', '1', 'c', '3', 'a', '-', '@')
            .ListOf()
            .Select(chars => new string([.. chars]))
            .ToArbitrary(),
        text =>
            !StoreKey.TryParse(text, out var key) || (key.Value == text && StoreKey.Of([.. key.Segments()]) == key)));

    private static bool IsUnicode(string text)
    {
        for (var rest = text.AsSpan(); !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf16(rest, out _, out var consumed) != System.Buffers.OperationStatus.Done)
                return false;
            rest = rest[consumed..];
        }

        return true;
    }
}
