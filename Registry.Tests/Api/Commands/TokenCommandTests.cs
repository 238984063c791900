using System.Text.Json.Nodes;
using NUnit.Framework;
using Registry.Api.Commands;
using Registry.Api.Hosting;
using Registry.Core.Errors;
using Registry.Core.Storage;
using Registry.Core.Tokens;
using Registry.Tests.Support;

namespace Registry.Tests.Api.Commands;

/// <summary>Runs the commands over each storage, in this process.</summary>
[TestFixtureSource(typeof(Backends), nameof(Backends.Names))]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class TokenCommandTests(string backend)
{
    [Test]
    public async Task A_token_is_created_listed_and_revoked()
    {
        var storage = await Backends.NewStorageAsync(backend);
        var created = await RunAsync(
            storage,
            "create",
            "--name",
            "ci",
            "--scope",
            "team/**=pull,push",
            "--scope=kar:**=pull",
            "--expires",
            "90d");
        Assert.That(created.Code, Is.Zero, created.Error);
        Assert.That(TokenSecret.TryParse(created.Output.TrimEnd(), out var secret), Is.True, created.Output);
        Assert.That(
            created.Error,
            Does.Contain($"Created token {secret!.Id} with the scopes team/**=pull,push kar:**=pull. It expires at ")
                .And.Not.Contain(secret.Text));

        await using (var registry = await OpenAsync(storage))
            Assert.That(await registry.Tokens.FindAsync(secret, default), Is.Not.Null);

        var listed = await RunAsync(storage, "list");
        Assert.That(listed.Code, Is.Zero, listed.Error);
        var lines = listed.Output.TrimEnd().Split(Environment.NewLine);
        Assert.That(lines, Has.Length.EqualTo(2));
        Assert.That(lines[0], Does.Match("^ID +NAME  SCOPES +CREATED +EXPIRES +LAST USED +ISSUER$"));
        Assert.That(
            lines[1],
            Does.Match($@"^{secret.Id}  ci +team/\*\*=pull,push kar:\*\*=pull +[-0-9]+ +[-0-9]+ +[-0-9]+ +command$"));
        var json = JsonNode.Parse((await RunAsync(storage, "list", "--json")).Output)!;
        Assert.That(
            ((string?)json["id"], (string?)json["name"], json["scopes"]!.ToJsonString(), json["token"]),
            Is.EqualTo((secret.Id.Value, "ci", """["team/**=pull,push","kar:**=pull"]""", (JsonNode?)null)));

        var revoked = await RunAsync(storage, "revoke", secret.Id.Value);
        Assert.That(
            (revoked.Code, revoked.Output.TrimEnd()), Is.EqualTo((0, $"Revoked token {secret.Id}.")), revoked.Error);
        await using (var registry = await OpenAsync(storage))
            Assert.That(await registry.Tokens.FindAsync(secret, default), Is.Null);
        Assert.That(
            async () => await RunAsync(storage, "revoke", secret.Id.Value),
            Throws.TypeOf<RegistryException>().With.Message.EqualTo($"Token {secret.Id} does not exist"));
    }

    [Test]
    public async Task A_damaged_token_is_named_next_to_the_others_and_can_be_revoked()
    {
        var storage = await Backends.NewStorageAsync(backend);
        var ids = new List<TokenId>();
        foreach (var name in (string[])["one", "other"])
        {
            var created = await RunAsync(storage, "create", "--name", name, "--scope=a/b=pull", "--expires=1d");
            Assert.That(TokenSecret.TryParse(created.Output.TrimEnd(), out var secret), Is.True, created.Error);
            ids.Add(secret!.Id);
        }

        await using (var registry = await OpenAsync(storage))
            await registry.Storage.Documents.TryPutAsync(ids[0].Key, "{}"u8.ToArray(), Precondition.None, default);
        var listed = await RunAsync(storage, "list");
        Assert.That(listed.Code, Is.EqualTo(ExitCode.Failure));
        Assert.That(listed.Output, Does.Contain($"{ids[1]}  other").And.Not.Contain(ids[0].Value));
        Assert.That(listed.Error, Does.Contain($"Token {ids[0]} is not listed: The stored token {ids[0]} cannot be"));
        Assert.That((await RunAsync(storage, "revoke", ids[0].Value)).Code, Is.Zero);
        listed = await RunAsync(storage, "list");
        Assert.That(listed.Code, Is.EqualTo(ExitCode.Success));
        Assert.That(listed.Error, Does.Not.Contain(ids[0].Value));
    }

    [Test]
    public async Task Push_without_pull_is_warned_of()
    {
        var storage = await Backends.NewStorageAsync(backend);
        var created = await RunAsync(
            storage,
            "create",
            "--name=ci",
            "--scope=team/*=push",
            "--scope=org/app=push",
            "--scope=org/*=pull",
            "--expires=never");
        Assert.That(created.Code, Is.Zero, created.Error);
        Assert.That(created.Error, Does.Contain("It never expires."));
        Assert.That(
            created.Error,
            Does.Contain("Warning: team/*=push allows push without pull").And
                .Contain("--scope 'team/*=pull'").And
                .Not.Contain("Warning: org"));
    }

    /// <summary>
    /// Runs a command with settings that, in the emulators' case, a command takes only from the environment.
    /// </summary>
    private static async Task<CommandRun> RunAsync(string[] storage, params string[] arguments)
    {
        var parsed = TokenCommand.CreateGroup().Parse(arguments);
        await using var output = new StringWriter();
        await using var error = new StringWriter();
        var code = await ((RegistryCommand)parsed.CommandResult.Command).RunAsync(
            parsed,
            CommandSettings.Read(storage),
            new CommandConsole(output, error, IsTerminal: false),
            CancellationToken.None);
        return new CommandRun(code, output.ToString(), error.ToString());
    }

    private static Task<CommandRegistry> OpenAsync(string[] storage) => CommandRegistry.OpenAsync(
        CommandSettings.Read(storage), writes: true, new CommandLog(CommandConsole.System), default);
}

/// <summary>Invalid arguments of the commands.</summary>
[Parallelizable(ParallelScope.All)]
internal sealed class TokenCommandUsageTests
{
    [TestCase("Required command was not provided. Run 'Registry.Api token --help' for usage.")]
    [TestCase("Unknown command 'creat'. Did you mean create? Run 'Registry.Api token --help' for usage.", "creat")]
    [TestCase(
        "Option '--name' is required. Run 'Registry.Api token create --help'",
        "create",
        "--scope=a/b=pull",
        "--expires=1d")]
    [TestCase("Option '--scope' is required.", "create", "--name=ci", "--expires=1d")]
    [TestCase("Option '--expires' is required.", "create", "--name=ci", "--scope=a/b=pull")]
    [TestCase(
        "--name has 0 characters; expected 1 to 100.", "create", "--name", "", "--scope=a/b=pull", "--expires=1d")]
    [TestCase(
        "--expires is '90'; expected minutes, hours or days up to 3650 days, such as 30m, 12h or 90d, or never.",
        "create",
        "--name=ci",
        "--scope=a/b=pull",
        "--expires=90")]
    [TestCase(
        "--scope: scope 'a/b': expected a pattern, '=' and actions, such as team/**=pull,push.",
        "create",
        "--name=ci",
        "--scope=a/b",
        "--expires=1d")]
    [TestCase("Unknown option '--scopes'. Did you mean --scope?", "create", "--name=ci", "--scopes=a/b=pull")]
    [TestCase("ID is invalid; expected 12 lower-case letters and digits, as 'token list' shows them.", "revoke", "x")]
    [TestCase(
        "ID is a whole token; expected only its id, 0123456789ab.",
        "revoke",
        "reg_0123456789ab_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg0MkgVh")]
    public async Task Invalid_usage_is_reported_in_one_line_and_exits_with_2(string expected, params string[] arguments)
    {
        var run = await CommandRun.OfAsync(TokenCommand.CreateGroup(), arguments);
        Assert.That(run.Code, Is.EqualTo(ExitCode.Usage), run.Error);
        Assert.That(run.Error, Does.StartWith(expected));
        Assert.That(run.Error.TrimEnd(), Does.Not.Contain("\n").And.Not.Contain("0MkgVh"));
        Assert.That(run.Output, Is.Empty);
    }

    [Test]
    public async Task Help_shows_the_commands_and_their_details()
    {
        var group = await CommandRun.OfAsync(TokenCommand.CreateGroup(), "--help");
        Assert.That(group.Output, Does.Contain("create").And.Contain("list").And.Contain("revoke"));
        var create = await CommandRun.OfAsync(TokenCommand.CreateGroup(), "create", "--help");
        Assert.That(create.Code, Is.Zero);
        Assert.That(create.Output, Does.Contain("None implies another").And.Contain("no server is needed"));
    }
}
