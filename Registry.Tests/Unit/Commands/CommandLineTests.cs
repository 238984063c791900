using System.CommandLine;
using Microsoft.Extensions.Configuration;
using NUnit.Framework;
using Registry.Api.Commands;
using Registry.Core.Storage;

namespace Registry.Tests.Unit.Commands;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class CommandLineTests : IDisposable
{
    private readonly StringWriter output = new();
    private readonly StringWriter error = new();
    private readonly ProbeCommand command = new("probe");

    public void Dispose()
    {
        output.Dispose();
        error.Dispose();
    }

    [Test]
    public async Task A_command_receives_its_options_arguments_and_settings()
    {
        Assert.That(
            await RunAsync(
                "probe",
                "--quick",
                "a",
                "--color",
                "Red",
                "--parallel=7",
                "b",
                "--Limits:Ratio=7",
                "--Updates:BoundSeconds",
                "8"), Is.EqualTo(5), error.ToString());

        Assert.That(command.Seen, Is.EqualTo((true, "Red", 7, "a", "b")));
        Assert.That(
            (command.Settings!["Limits:Ratio"], command.Settings["UPDATES:BOUNDSECONDS"]), Is.EqualTo(("7", "8")));
        Assert.That(
            command.Settings["Logging:Console:FormatterName"],
            Is.EqualTo("simple"),
            "the settings next to the program are read too");
    }

    [Test]
    public async Task A_single_hyphen_is_an_argument()
    {
        Assert.That(await RunAsync("probe", "-", "--quick", "-"), Is.EqualTo(5));
        Assert.That(command.Seen, Is.EqualTo((true, (string?)null, 8, "-", "-")));
    }

    [TestCase("Unexpected argument '--c'.", "a", "b", "--", "--c")]
    [TestCase("Unknown option '--unknown'. Run 'Registry.Api probe --help'", "--unknown", "a", "b")]
    [TestCase("Unknown option '--quik'. Did you mean --quick?", "--quik", "a", "b")]
    [TestCase("Unknown option '-q'.", "-q", "a", "b")]
    [TestCase("Unknown option '--quik'. Did you mean --quick?", "a", "--quik")]
    [TestCase("Unknown option '--colr'. Did you mean --color?", "--colr=red", "a", "b")]
    [TestCase("Required argument missing for option: '--color'.", "a", "b", "--color")]
    [TestCase("--color is 'pink'; expected one of red, green.", "a", "b", "--color", "pink")]
    [TestCase(
        "Option '--color' expects a single argument but 2 were provided.", "--color=red", "--color=green", "a", "b")]
    [TestCase("--parallel is '0'; expected a number from 1 to 256.", "--parallel=0", "a", "b")]
    [TestCase("--parallel is 'many'; expected a number from 1 to 256.", "--parallel", "many", "a", "b")]
    [TestCase("--Limits:Ratio has no value. Write --Limits:Ratio=VALUE.", "a", "b", "--Limits:Ratio")]
    [TestCase("--Limits:Ratio has no value. Write --Limits:Ratio=VALUE.", "a", "b", "--Limits:Ratio", "--quick")]
    [TestCase("Required argument 'SECOND' missing", "a")]
    [TestCase("Unexpected argument 'c'.", "a", "b", "c")]
    [TestCase("Unexpected argument '@c'.", "a", "b", "@c")]
    public async Task Invalid_usage_is_reported_in_one_line_and_exits_with_2(
        string expectedError, params string[] arguments)
    {
        Assert.That(await RunAsync(["probe", .. arguments]), Is.EqualTo(ExitCode.Usage));
        Assert.That(error.ToString(), Does.StartWith(expectedError));
        Assert.That(error.ToString().TrimEnd(), Does.Not.Contain("\n"));
        Assert.That(command.Settings, Is.Null, "the command did not run");
    }

    [TestCase("Unknown command 'serve'.", "serve")]
    [TestCase("Unknown command 'prob'. Did you mean probe?", "prob", "a")]
    [TestCase("Unknown command 'prob'. Did you mean probe?", "help", "prob")]
    [TestCase("Unknown option '--url'. Did you mean --urls?", "--url=http://localhost:1")]
    [TestCase("Unknown option '--verbose'. Run 'Registry.Api --help'", "--verbose")]
    public async Task Unknown_commands_and_options_are_rejected(string expectedError, params string[] arguments)
    {
        Assert.That(await RunAsync(arguments), Is.EqualTo(ExitCode.Usage));
        Assert.That(error.ToString(), Does.StartWith(expectedError).And.Contain("for usage"));
    }

    [Test]
    public async Task Settings_alone_start_the_service()
    {
        string[] settings = ["--urls", "http://localhost:1", "--Limits:Ratio=5", "--storage=redis"];
        Assert.That(await RunAsync(settings), Is.EqualTo(6));
        Assert.That(output.ToString(), Is.EqualTo("--urls=http://localhost:1 --Limits:Ratio=5 --storage=redis"));
    }

    [Test]
    public async Task No_arguments_start_the_service() => Assert.That(await RunAsync(), Is.EqualTo(6));

    [TestCase("--Limits:PackageByte=5", "--Limits:PackageByte is unknown. Did you mean --Limits:PackageBytes?")]
    [TestCase("--Filesytem:Path=/x", "--Filesytem:Path is unknown. Did you mean --Filesystem:Path?")]
    public async Task An_unknown_setting_is_rejected(string setting, string expectedError)
    {
        Assert.That(await RunAsync("probe", "a", "b", setting), Is.EqualTo(ExitCode.Failure));
        Assert.That(error.ToString().TrimEnd(), Is.EqualTo(expectedError));
        Assert.That(command.Settings, Is.Null, "the command did not run");
    }

    [TestCase("help")]
    [TestCase("--help")]
    [TestCase("-h")]
    public async Task Help_lists_the_commands_and_explains_settings(string argument)
    {
        Assert.That(await RunAsync(argument), Is.Zero);
        Assert.That(output.ToString(), Does.Match(@"\n  probe .*Do what tests need\n  other .*Do what tests need\n"));
        Assert.That(
            output.ToString(),
            Does.Contain("--Section:Name=value").And.Contain("--version").And.Not.Contain("The details of"));
    }

    [TestCase("probe", "--help")]
    [TestCase("probe", "a", "--unknown", "-h")]
    [TestCase("help", "probe")]
    public async Task Help_of_a_command_shows_its_options_and_details_despite_other_arguments(
        params string[] arguments)
    {
        Assert.That(await RunAsync(arguments), Is.Zero);
        Assert.That(
            output.ToString(),
            Does.Contain("--quick").And
                .Contain("<FIRST> <SECOND>").And
                .Contain("[default: 8]").And
                .Contain("The details of probe."));
    }

    [Test]
    public async Task Failures_are_reported_without_a_stack_trace_and_exit_with_1()
    {
        command.Failure = new StorageException(StorageFault.Unavailable, "No response.");
        Assert.That(await RunAsync("probe", "a", "b"), Is.EqualTo(ExitCode.Failure));
        Assert.That(error.ToString().Trim(), Is.EqualTo("The storage failed (Unavailable): No response."));
    }

    [Test]
    public async Task Cancellation_is_reported_and_exits_with_1()
    {
        using var stopped = new CancellationTokenSource();
        command.Stop = stopped;
        Assert.That(await RunAsync(stopped.Token, "probe", "a", "b"), Is.EqualTo(ExitCode.Failure));
        Assert.That(error.ToString().Trim(), Is.EqualTo("'probe' was interrupted before it finished."));
    }

    private CommandConsole Console => new(output, error, IsTerminal: false);

    private Task<int> RunAsync(params string[] args) => RunAsync(CancellationToken.None, args);

    private Task<int> RunAsync(CancellationToken cancellationToken, params string[] args) => CommandLine.RunAsync(
        () => [command, new ProbeCommand("other")],
        args,
        Console,
        async settings =>
        {
            await output.WriteAsync(string.Join(' ', settings));
            return 6;
        },
        cancellationToken);

    private sealed class ProbeCommand : RegistryCommand
    {
        private readonly Option<bool> quick = CommandOptions.Switch("--quick", "Do not take long");
        private readonly Option<string?> color =
            CommandOptions.OneOf("--color", "COLOR", "What it looks like", ["red", "green"]);
        private readonly Option<int> parallel = CommandOptions.Parallel();
        private readonly Argument<string> first = new("FIRST");
        private readonly Argument<string> second = new("SECOND");

        public ProbeCommand(string name)
            : base(name, "Do what tests need", $"The details of {name}.")
        {
            Arguments.Add(first);
            Arguments.Add(second);
            Options.Add(quick);
            Options.Add(color);
            Options.Add(parallel);
        }

        public (bool Quick, string? Color, int Parallel, string? First, string? Second) Seen { get; private set; }

        public IConfiguration? Settings { get; private set; }

        public Exception? Failure { get; set; }

        public CancellationTokenSource? Stop { get; set; }

        public override async Task<int> RunAsync(
            ParseResult arguments,
            IConfigurationRoot settings,
            CommandConsole console,
            CancellationToken cancellationToken)
        {
            Settings = settings;
            Seen = (
                arguments.GetValue(quick),
                arguments.GetValue(color),
                arguments.GetValue(parallel),
                arguments.GetValue(first),
                arguments.GetValue(second));
            if (Stop is not null)
                await Stop.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
            return Failure is null ? 5 : throw Failure;
        }
    }
}
