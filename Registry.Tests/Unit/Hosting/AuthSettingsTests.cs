using NUnit.Framework;
using Registry.Api.Hosting;
using Registry.Core.Access;

namespace Registry.Tests.Unit.Hosting;

public sealed class AuthSettingsTests
{
    [Test]
    public void By_default_everybody_may_do_everything_and_read_without_a_token()
    {
        Assert.That(new AuthSettings().Errors(), Is.Empty);
        var options = new AuthSettings().ToOptions();
        Assert.That(options.RequiresScopes, Is.False);
        Assert.That(options.Anonymous.ToString(), Is.EqualTo("**=pull kar:**=pull"));
        Assert.That((options.AdminToken, options.AdminTokenFile), Is.EqualTo(((string?)null, (string?)null)));
    }

    [TestCase("tokens")]
    [TestCase("Tokens")]
    public void The_mode_is_read_in_any_case(string mode)
    {
        var settings = new AuthSettings { Mode = mode, Anonymous = " ", AdminTokenFile = "secret" };
        Assert.That(settings.Errors(), Is.Empty);
        Assert.That(settings.ToOptions().RequiresScopes);
        Assert.That(settings.ToOptions().Anonymous, Is.EqualTo(ScopeSet.None));
    }

    [TestCase("closed", "**=pull", "", "", "AUTH__MODE is 'closed'; expected open or tokens.")]
    [TestCase("", "**=pull", "", "", "AUTH__MODE is ''; expected open or tokens.")]
    [TestCase("tokens", "team=", "", "", "AUTH__ANONYMOUS contains scope 'team=': the actions are ''; expected")]
    [TestCase(
        "tokens", "**=pull,admin", "", "",
        "AUTH__ANONYMOUS is '**=pull,admin'; clients without credentials cannot have admin.")]
    [TestCase("tokens", "", "0123456789abcdef", "f", "AUTH__ADMINTOKEN and AUTH__ADMINTOKENFILE are both set")]
    [TestCase("tokens", "", "0123456789", "", "AUTH__ADMINTOKEN has 10 characters; expected at least 16.")]
    [TestCase("tokens", "", "0123456789 abcdef", "", "AUTH__ADMINTOKEN contains a character other than printable")]
    public void An_invalid_setting_is_named(string mode, string anonymous, string token, string file, string error)
    {
        var settings = new AuthSettings
        {
            Mode = mode,
            Anonymous = anonymous,
            AdminToken = token,
            AdminTokenFile = file,
        };
        var found = settings.Errors().Single();
        Assert.That(found, Does.StartWith(error));
        if (token.Length > 0)
            Assert.That(found, Does.Not.Contain(token));
    }
}
