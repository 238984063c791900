using NUnit.Framework;
using Registry.Core.Storage;
using Registry.Tests.Support.Storage;

namespace Registry.Tests.Contract;

public abstract partial class DocumentStoreContract
{
    [Test]
    public async Task A_key_and_keys_below_it_are_documents_of_their_own()
    {
        StoreKey[] keys = [Key("packages", "a"), Key("packages", "a", "b"), Key("packages", "a", "b", "c")];
        foreach (var key in keys)
            await Documents.PutAsync(key, key.Value, Precondition.Absent, Ct);
        foreach (var key in keys)
            Assert.That((await Documents.GetAsync(key, Ct))?.Text(), Is.EqualTo(key.Value));

        Assert.That(await Documents.TryDeleteAsync(keys[1], Precondition.None, Ct), Is.True);
        Assert.That(await Documents.KeysAsync(StoreKeys.Packages, null, Ct), Is.EqualTo(new[] { keys[0].Value, keys[2].Value }));
    }

    [Test]
    public async Task Upper_and_lower_case_are_apart()
    {
        await Documents.PutAsync(Key("packages", "App"), "upper", Precondition.Absent, Ct);
        await Documents.PutAsync(Key("packages", "app"), "lower", Precondition.Absent, Ct);
        Assert.That((await Documents.GetAsync(Key("packages", "App"), Ct))!.Text(), Is.EqualTo("upper"));
        Assert.That((await Documents.GetAsync(Key("packages", "app"), Ct))!.Text(), Is.EqualTo("lower"));
    }

    [Test]
    public async Task Any_text_is_a_segment()
    {
        string[] texts = ["", ".", "..", "../..", "a/b", "%", "%2f", "@", "a@.json", " ", "a.", ".a", "CON", "nul", "*?[x]", "\\", "\0", "\n", "日本", "😀", "-", "_"];
        foreach (var text in texts)
            await Documents.PutAsync(Key("packages", text, "x"), text, Precondition.Absent, Ct);
        foreach (var text in texts)
            Assert.That((await Documents.GetAsync(Key("packages", text, "x"), Ct))?.Text(), Is.EqualTo(text));

        var expected = texts.Select(text => Key("packages", text, "x")).Order().Select(key => key.Value);
        Assert.That(await Documents.KeysAsync(StoreKeys.Packages, null, Ct), Is.EqualTo(expected));
    }

    [Test]
    public async Task Keys_as_long_as_they_may_be_are_whole_names()
    {
        var segment = new string('s', StoreKey.MaxSegmentBytes);
        StoreKey[] keys =
        [
            Key("packages", segment),
            Key("packages", segment[1..] + "t"),
            Key("packages", segment, segment, segment, new string('k', StoreKey.MaxKeyBytes - (3 * segment.Length) - "packages/".Length - 3)),
        ];
        Assert.That(keys[2].Value, Has.Length.EqualTo(StoreKey.MaxKeyBytes), "the longest key");
        foreach (var key in keys)
            await Documents.PutAsync(key, key.Value, Precondition.Absent, Ct);
        foreach (var key in keys)
            Assert.That((await Documents.GetAsync(key, Ct))?.Text(), Is.EqualTo(key.Value));
        Assert.That(await Documents.KeysAsync(StoreKeys.Packages, null, Ct), Is.EqualTo(keys.Order().Select(key => key.Value)));
        foreach (var key in keys)
            Assert.That(await Documents.TryDeleteAsync(key, Precondition.None, Ct), Is.True);
        Assert.That(await Documents.KeysAsync(StoreKeys.Packages, null, Ct), Is.Empty);
    }
}
