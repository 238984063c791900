using Microsoft.Extensions.Configuration;
using NUnit.Framework;
using Registry.Api.Hosting;
using Registry.Api.Identities;
using Registry.Tests.Support;

namespace Registry.Tests.Unit.Identities;

[Parallelizable(ParallelScope.All)]
internal sealed class IdentitySettingsTests
{
    private static readonly Dictionary<string, string?> Valid = new()
    {
        ["Auth:Oidc:0:Issuer"] = "https://issuer.example",
        ["Auth:Oidc:0:Audience"] = "registry",
        ["Auth:Oidc:0:Claims:sub"] = "repo:org/*",
        ["Auth:Oidc:0:Scopes"] = "{owner}/**=pull,push kar:**=pull",
    };

    [Test]
    public void Rules_are_read_in_the_order_of_their_numbers()
    {
        var settings = new Dictionary<string, string?>();
        foreach (var number in (int[])[10, 2, 0])
            foreach (var (key, value) in Valid)
                settings[key.Replace(":0:", $":{number}:", StringComparison.Ordinal)] =
                    key.EndsWith("Audience", StringComparison.Ordinal) ? $"a{number}" : value;
        var read = Read(settings);
        Assert.That(read.Errors, Is.Empty);
        Assert.That(read.Rules.Select(static rule => rule.Audience), Is.EqualTo(new[] { "a0", "a2", "a10" }));
    }

    [TestCase(
        "Issuer",
        "http://issuer.example",
        "AUTH__OIDC__0__ISSUER is 'http://issuer.example'; expected an https URL, exactly as in the claim iss.")]
    [TestCase("Issuer", null, "AUTH__OIDC__0__ISSUER is ''; expected an https URL, exactly as in the claim iss.")]
    [TestCase(
        "CaFile",
        "/dev/zero",
        "AUTH__OIDC__0__CAFILE is '/dev/zero': '/dev/zero' cannot be read: it is a device; expected a regular file.")]
    [TestCase("Audience", "", "AUTH__OIDC__0__AUDIENCE is empty; expected the audience of tokens for this registry.")]
    [TestCase("JwksUri", "keys", "AUTH__OIDC__0__JWKSURI is 'keys'; expected an https URL.")]
    [TestCase(
        "Claims:sub",
        "**",
        "AUTH__OIDC__0__CLAIMS accepts every token of the issuer; expected at least one claim that is not *, such "
            + "as AUTH__OIDC__0__CLAIMS__sub.")]
    [TestCase(
        "Claims:sub",
        null,
        "AUTH__OIDC__0__CLAIMS accepts every token of the issuer; expected at least one claim that is not *, such "
            + "as AUTH__OIDC__0__CLAIMS__sub.")]
    [TestCase("Scopes", null, "AUTH__OIDC__0__SCOPES contains no scope; expected scopes such as team/**=pull,push.")]
    [TestCase(
        "Scopes", "team/**=admin", "AUTH__OIDC__0__SCOPES contains admin, which external identities cannot have.")]
    [TestCase(
        "Scopes",
        "{owner=pull",
        "AUTH__OIDC__0__SCOPES contains scope '{owner=pull': the pattern has the segment '{owner'; expected 1 to 80 of "
            + "the characters A-Z, a-z, 0-9, '.', '_' and '-', not beginning with '.' or '-'.")]
    [TestCase(
        "Isuer",
        "x",
        "AUTH__OIDC__0__ISUER is unknown; expected one of ISSUER, AUDIENCE, JWKSURI, CAFILE, SCOPES, CLAIMS.")]
    public void An_invalid_value_is_reported_with_what_is_expected(string name, string? value, string error)
    {
        var settings = new Dictionary<string, string?>(Valid);
        if (value is null)
            settings.Remove($"Auth:Oidc:0:{name}");
        else
            settings[$"Auth:Oidc:0:{name}"] = value;
        Assert.That(Read(settings).Errors, Is.EqualTo(new[] { error }));
    }

    [Test]
    public void A_rule_has_a_number() =>
        Assert.That(
            Read(new() { ["Auth:Oidc:Issuer"] = "https://issuer.example" }).Errors,
            Is.EqualTo(new[] { "AUTH__OIDC__ISSUER is unknown; expected a number after AUTH__OIDC." }));

    [Test]
    public void A_file_without_certificates_is_reported()
    {
        using var folder = new TemporaryFolder();
        var empty = folder.Below("ca.pem");
        File.WriteAllText(empty, "");
        Assert.That(
            Read(new(Valid) { ["Auth:Oidc:0:CaFile"] = empty }).Errors.Single(),
            Is.EqualTo($"AUTH__OIDC__0__CAFILE is '{empty}': '{empty}' contains no certificate."));
        Assert.That(
            Read(new(Valid) { ["Auth:Oidc:0:CaFile"] = folder.Below("none") }).Errors.Single(),
            Does.StartWith($"AUTH__OIDC__0__CAFILE is '{folder.Below("none")}': "));
    }

    [Test]
    public void Rules_of_one_issuer_agree_on_its_keys()
    {
        var settings = new Dictionary<string, string?>(Valid);
        foreach (var (key, value) in Valid)
            settings[key.Replace(":0:", ":1:", StringComparison.Ordinal)] = value;
        settings["Auth:Oidc:1:JwksUri"] = "https://issuer.example/keys";
        Assert.That(
            Read(settings).Errors.Single(),
            Is.EqualTo(
                "AUTH__OIDC: the rules of the issuer 'https://issuer.example' differ in JWKSURI or CAFILE; expected "
                    + "the same in each."));
    }

    [Test]
    public void The_settings_are_known_and_a_wrong_one_stops_the_start()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(Valid).Build();
        Assert.That(SettingNames.Errors(configuration), Is.Empty);
        Assert.That(
            SettingNames.Errors(
                new ConfigurationBuilder().AddCommandLine([.. Valid.Select(static s => $"--{s.Key}={s.Value}")])
                    .Build()),
            Is.Empty);
        configuration["Auth:Oidc:0:Audience"] = "";
        Assert.That(RegistrySettings.Errors(configuration), Has.Some.StartsWith("AUTH__OIDC__0__AUDIENCE is empty"));
    }

    [TestCase("repo:org/*", "repo:org/app", true)]
    [TestCase("repo:org/*", "repo:org/a/b", false)]
    [TestCase("repo:org/**", "repo:org/a/b", true)]
    [TestCase("repo:org/*", "repo:org/", true)]
    [TestCase("repo:org/*", "x-repo:org/app", false)]
    [TestCase("repo:org/*:ref:*", "repo:org/app:ref:main", true)]
    [TestCase("a.c", "abc", false)]
    [TestCase("main", "main\n", false)]
    [TestCase("*", "a\nb", true)]
    [TestCase("Main", "main", false)]
    public void A_claim_pattern_is_a_glob(string pattern, string value, bool matches) =>
        Assert.That(new ClaimPattern("sub", pattern).Matches([value]), Is.EqualTo(matches));

    [TestCase("group/sub", "group/sub/**=pull")]
    [TestCase("Group", "Group/**=pull")]
    [TestCase("*", null)]
    [TestCase("a/**", null)]
    [TestCase("", null)]
    [TestCase("a=push b", null)]
    [TestCase("..", null)]
    [TestCase(null, null)]
    public void A_claim_enters_a_scope_as_literal_segments(string? value, string? scopes)
    {
        Assert.That(ScopeTemplate.TryParse("{path}/**=pull", out var template, out _), Is.True);
        Assert.That(
            template!.Fill(name => name == "path" ? value : throw new ArgumentException(name))?.ToString(),
            Is.EqualTo(scopes));
    }

    private static IdentitySettings Read(Dictionary<string, string?> settings) =>
        IdentitySettings.Of(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
}
