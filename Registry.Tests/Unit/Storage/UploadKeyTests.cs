using NUnit.Framework;
using Registry.Core.Storage;

namespace Registry.Tests.Unit.Storage;

public sealed class UploadKeyTests
{
    private static readonly StoreKey Scope = StoreKey.Of("packages", "sample", "app");

    [Test]
    public void An_id_is_32_lower_case_hexadecimal_digits_and_unique()
    {
        var keys = Enumerable.Range(0, 100).Select(static _ => UploadKey.Create(Scope)).ToArray();
        Assert.That(keys, Is.Unique);
        foreach (var key in keys)
        {
            Assert.That(key.Id, Does.Match("^[0-9a-f]{32}$"));
            Assert.That(UploadKey.TryParse(Scope, key.Id, out var parsed), Is.True);
            Assert.That(parsed, Is.EqualTo(key));
            Assert.That($"{parsed}", Is.EqualTo($"packages/sample/app/{key.Id}"));
        }
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase("0123456789abcdef0123456789abcde")]
    [TestCase("0123456789abcdef0123456789abcdef0")]
    [TestCase("0123456789ABCDEF0123456789ABCDEF")]
    [TestCase("../../../../../../../../../../..")]
    [TestCase("0123456789abcdef/123456789abcdef")]
    [TestCase("0123456789abcdef0123456789abcde\u0661")]
    public void Invalid_text_is_not_an_id(string? text) =>
        Assert.That(UploadKey.TryParse(Scope, text, out _), Is.False);
}
