using NUnit.Framework;
using Registry.Api.Kar;
using Registry.Core.Errors;

namespace Registry.Tests.Unit.Kar;

public sealed class WorkspaceQueryTests
{
    [TestCase(null, ExpectedResult = null)]
    [TestCase("", ExpectedResult = null)]
    [TestCase("?", ExpectedResult = null)]
    [TestCase("?x=y", ExpectedResult = null)]
    [TestCase("?Workspace=a", ExpectedResult = null)]
    [TestCase("?workspace", ExpectedResult = "")]
    [TestCase("?workspace=", ExpectedResult = "")]
    [TestCase("?workspace=a", ExpectedResult = "a")]
    [TestCase("?%77orkspace=a", ExpectedResult = "a")]
    [TestCase("?workspace=a&workspace=b", ExpectedResult = "b")]
    [TestCase("?workspace=a&workspace", ExpectedResult = "")]
    [TestCase("?workspace=a&x=b", ExpectedResult = "a")]
    [TestCase("?workspace=a=b", ExpectedResult = "a=b")]
    [TestCase("?workspace=a?b", ExpectedResult = "a?b")]
    [TestCase("?workspace=a;b", ExpectedResult = "a;b")]
    [TestCase("?workspace=a+b", ExpectedResult = "a b")]
    [TestCase("?workspace=a%2Bb", ExpectedResult = "a+b")]
    [TestCase("?workspace=a%2bb%26c", ExpectedResult = "a+b&c")]
    [TestCase("?workspace=+a%20%0a%09", ExpectedResult = "a")]
    [TestCase("?workspace=a%00b%1fc%0eD", ExpectedResult = "a b c D")]
    [TestCase("?workspace=%00a%08", ExpectedResult = "a")]
    [TestCase("?workspace=a%09b%0db", ExpectedResult = "a\tb\rb")]
    [TestCase("?workspace=%C3%A4%E6%97%A5", ExpectedResult = "ä日")]
    [TestCase("?workspace=ä%F0%9F%98%80", ExpectedResult = "ä😀")]
    [TestCase("?workspace=100%", ExpectedResult = "100%")]
    [TestCase("?workspace=%zz%4", ExpectedResult = "%zz%4")]
    [TestCase("?workspace=%%41", ExpectedResult = "%A")]
    [TestCase("?workspace=%252e", ExpectedResult = "%2e")]
    [TestCase("?workspace=%C2%A0a", ExpectedResult = "a")]
    public string? Reads_the_query_like_the_reference_server(string? query) => WorkspaceQuery.Read(query);

    [TestCase("?workspace=%ff")]
    [TestCase("?workspace=%C3")]
    [TestCase("?workspace=%C0%AF")]
    [TestCase("?workspace=%ED%A0%80")]
    [TestCase("?workspace=%ff&workspace=a")]
    public void Invalid_UTF_8_is_rejected(string query) =>
        Assert.That(
            () => WorkspaceQuery.Read(query),
            Throws.TypeOf<RegistryException>().With.Property("Code").EqualTo(ErrorCode.InvalidUsage));

    [Test]
    public void Any_bytes_are_read_or_rejected()
    {
        var random = new Random(4952);
        for (var i = 0; i < 20_000; i++)
        {
            var query = "?workspace=" + string.Concat(Enumerable.Range(
                0, random.Next(12)).Select(_ => random.Next(3) switch
            {
                0 => $"%{random.Next(256):x2}",
                1 => $"{(char)random.Next(0x20, 0x7f)}",
                _ => "%",
            }));
            try
            {
                Assert.That(WorkspaceQuery.Read(query), Is.Not.Null, query);
            }
            catch (RegistryException exception)
            {
                Assert.That(exception.Code, Is.EqualTo(ErrorCode.InvalidUsage), query);
            }
        }
    }
}
