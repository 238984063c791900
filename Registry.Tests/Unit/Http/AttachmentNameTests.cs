using NUnit.Framework;
using Registry.Api.Http;

namespace Registry.Tests.Unit.Http;

public sealed class AttachmentNameTests
{
    [TestCase("titi_rocketchat_1.0.1.tar.gz", "attachment; filename=\"titi_rocketchat_1.0.1.tar.gz\"")]
    [TestCase("a_b_1.0.0-rc.1+b.tar.gz", "attachment; filename=\"a_b_1.0.0-rc.1+b.tar.gz\"")]
    [TestCase("a b", "attachment; filename=\"a b\"")]
    [TestCase("a\"b", "attachment; filename=\"a_b\"; filename*=UTF-8''a%22b")]
    [TestCase("a\\b", "attachment; filename=\"a_b\"; filename*=UTF-8''a%5Cb")]
    [TestCase("50%41", "attachment; filename=\"50_41\"; filename*=UTF-8''50%2541")]
    [TestCase("é/\r\n", "attachment; filename=\"____\"; filename*=UTF-8''%C3%A9%2F%0D%0A")]
    public void A_name_is_quoted_so_that_every_client_reads_the_same(string name, string expected) =>
        Assert.That(AttachmentName.ToContentDisposition(name), Is.EqualTo(expected));
}
