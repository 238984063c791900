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
    private readonly ProbeCommand command = new();

    public void Dispose()
    {
        output.Dispose();
        error.Dispose();
    }

    [Test]
    public async Task A_command_gets_its_switches_options_operands_and_settings()
    {
        Assert.That(await RunAsync("probe", "--Quick", "a", "--from", "x=y", "--to=", "b", "--Limits:Ratio=7", "--Updates:BoundSeconds", "8"), Is.EqualTo(5));

        var arguments = command.Arguments!;
        Assert.That(arguments.Has("--quick"));
        Assert.That((arguments.Find("--from"), arguments.Find("--to")), Is.EqualTo(("x=y", "")));
        Assert.That(arguments.Operands, Is.EqualTo(new[] { "a", "b" }));
        var settings = arguments.ToConfiguration();
        Assert.That((settings["Limits:Ratio"], settings["UPDATES:BOUNDSECONDS"]), Is.EqualTo(("7", "8")));
        Assert.That(settings["Logging:Console:FormatterName"], Is.EqualTo("simple"), "the settings beside the program are read too");
    }

    [Test]
    public async Task A_hyphen_alone_is_an_operand()
    {
        Assert.That(await RunAsync("probe", "-", "--quick", "-"), Is.EqualTo(5));
        Assert.That(command.Arguments!.Operands, Is.EqualTo(new[] { "-", "-" }));
    }

    [TestCase("--unknown is not known here", "--unknown", "a", "b")]
    [TestCase("-q is not known here", "-q", "a", "b")]
    [TestCase("--fro is not known here", "--fro=x", "a", "b")]
    [TestCase("--from lacks its value", "a", "b", "--from")]
    [TestCase("--from lacks its value", "--from", "--quick", "a", "b")]
    [TestCase("--FROM is given twice", "--from=x", "--FROM=y", "a", "b")]
    [TestCase("--Limits:Ratio lacks its value", "a", "b", "--Limits:Ratio")]
    [TestCase("--quick takes no value", "--quick=yes", "a", "b")]
    [TestCase("SECOND is missing", "a")]
    [TestCase("'c' is not known here", "a", "b", "c")]
    public async Task Wrong_usage_is_told_in_one_line_and_exits_2(string told, params string[] arguments)
    {
        Assert.That(await RunAsync(["probe", .. arguments]), Is.EqualTo(ExitCode.Usage));
        Assert.That(error.ToString(), Does.StartWith(told).And.Contain("probe --help"));
        Assert.That(error.ToString().TrimEnd(), Does.Not.Contain("\n"));
        Assert.That(command.Arguments, Is.Null, "nothing was tried");
    }

    [Test]
    public async Task An_unknown_command_names_those_that_there_are()
    {
        Assert.That(await RunAsync("serve"), Is.EqualTo(ExitCode.Usage));
        Assert.That(error.ToString(), Does.Contain("'serve'").And.Contain("probe, other, help"));
    }

    [TestCase("help")]
    [TestCase("--help")]
    [TestCase("-h")]
    public async Task Help_lists_the_commands(string asked)
    {
        Assert.That(await RunAsync(asked), Is.Zero);
        Assert.That(output.ToString(), Does.Contain("  probe           does what tests need\n  other           does what tests need\n"));
    }

    [TestCase("probe", "--help")]
    [TestCase("probe", "a", "--unknown", "-h")]
    [TestCase("help", "probe")]
    public async Task Help_of_a_command_is_its_own_text_whatever_stands_beside_it(params string[] arguments)
    {
        Assert.That(await RunAsync(arguments), Is.Zero);
        Assert.That(output.ToString().TrimEnd(), Is.EqualTo("The help of probe."));
    }

    [Test]
    public async Task Failures_are_told_without_a_stack_and_exit_1()
    {
        command.Failure = new StorageException(StorageFault.Unavailable, "Nobody answers.");
        Assert.That(await RunAsync("probe", "a", "b"), Is.EqualTo(ExitCode.Failure));
        Assert.That(error.ToString().Trim(), Is.EqualTo("The storage failed (Unavailable): Nobody answers."));
    }

    [Test]
    public async Task A_stop_is_told_and_exits_1()
    {
        using var stopped = new CancellationTokenSource();
        await stopped.CancelAsync();
        command.Failure = new OperationCanceledException(stopped.Token);
        Assert.That(await CommandLine.RunAsync([command], ["probe", "a", "b"], Console, stopped.Token), Is.EqualTo(ExitCode.Failure));
        Assert.That(error.ToString().Trim(), Is.EqualTo("Stopped: 'probe' is not done."));
    }

    private CommandConsole Console => new(output, error, IsTerminal: false);

    private Task<int> RunAsync(params string[] args) =>
        CommandLine.RunAsync([command, new ProbeCommand { Called = "other" }], args, Console, CancellationToken.None);

    private sealed class ProbeCommand : Command
    {
        public string Called { get; init; } = "probe";

        public CommandArguments? Arguments { get; private set; }

        public Exception? Failure { get; set; }

        public override string Name => Called;

        public override string Summary => "does what tests need";

        public override string Help => "The help of probe.";

        public override CommandSyntax Syntax { get; } =
            new() { Switches = ["--quick"], Options = ["--from", "--to"], Operands = ["FIRST", "SECOND"] };

        public override Task<int> RunAsync(CommandArguments arguments, CommandConsole console, CancellationToken ct)
        {
            Arguments = arguments;
            return Failure is null ? Task.FromResult(5) : throw Failure;
        }
    }
}
