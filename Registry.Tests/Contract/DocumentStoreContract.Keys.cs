using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Contract;

public abstract partial class DocumentStoreContract
{
    [Test]
    public async Task A_key_and_the_keys_below_it_are_separate_documents()
    {
        StoreKey[] keys = [Key("packages", "a"), Key("packages", "a", "b"), Key("packages", "a", "b", "c")];
        foreach (var key in keys)
            await Documents.PutAsync(key, key.Value, Precondition.Absent, CancellationToken);
        foreach (var key in keys)
            Assert.That((await Documents.GetAsync(key, CancellationToken))?.Text(), Is.EqualTo(key.Value));

        Assert.That(await Documents.TryDeleteAsync(keys[1], Precondition.None, CancellationToken), Is.True);
        Assert.That(
            await Documents.KeysAsync(StoreKeys.Packages, null, CancellationToken),
            Is.EqualTo(new[] { keys[0].Value, keys[2].Value }));
    }

    [Test]
    public async Task Keys_are_case_sensitive()
    {
        await Documents.PutAsync(Key("packages", "App"), "upper", Precondition.Absent, CancellationToken);
        await Documents.PutAsync(Key("packages", "app"), "lower", Precondition.Absent, CancellationToken);
        Assert.That((await Documents.GetAsync(Key("packages", "App"), CancellationToken))!.Text(), Is.EqualTo("upper"));
        Assert.That((await Documents.GetAsync(Key("packages", "app"), CancellationToken))!.Text(), Is.EqualTo("lower"));
    }

    [Test]
    public async Task Any_text_is_a_valid_segment()
    {
        string[] texts = [
            "", ".", "..", "../..", "a/b", "%", "%2f", "@", "a@.json", " ", "a.", ".a", "CON", "nul", "*?[x]", "\\",
            "\0", "\n", "日本", "😀", "-", "_"
        ];
        foreach (var text in texts)
            await Documents.PutAsync(Key("packages", text, "x"), text, Precondition.Absent, CancellationToken);
        foreach (var text in texts)
            Assert.That(
                (await Documents.GetAsync(Key("packages", text, "x"), CancellationToken))?.Text(), Is.EqualTo(text));

        var expected = texts.Select(text => Key("packages", text, "x")).Order().Select(key => key.Value);
        Assert.That(await Documents.KeysAsync(StoreKeys.Packages, null, CancellationToken), Is.EqualTo(expected));
    }

    [Test]
    public async Task Keys_of_the_maximum_length_are_stored_in_full()
    {
        var segment = new string('s', StoreKey.MaxSegmentBytes);
        StoreKey[] keys =
        [
            Key("packages", segment),
            Key("packages", segment[1..] + "t"),
            Key(
                "packages",
                segment,
                segment,
                segment,
                new string('k', StoreKey.MaxKeyBytes - (3 * segment.Length) - "packages/".Length - 3)),
        ];
        Assert.That(keys[2].Value, Has.Length.EqualTo(StoreKey.MaxKeyBytes), "the longest key");
        foreach (var key in keys)
            await Documents.PutAsync(key, key.Value, Precondition.Absent, CancellationToken);
        foreach (var key in keys)
            Assert.That((await Documents.GetAsync(key, CancellationToken))?.Text(), Is.EqualTo(key.Value));
        Assert.That(
            await Documents.KeysAsync(StoreKeys.Packages, null, CancellationToken),
            Is.EqualTo(keys.Order().Select(key => key.Value)));
        foreach (var key in keys)
            Assert.That(await Documents.TryDeleteAsync(key, Precondition.None, CancellationToken), Is.True);
        Assert.That(await Documents.KeysAsync(StoreKeys.Packages, null, CancellationToken), Is.Empty);
    }
}
