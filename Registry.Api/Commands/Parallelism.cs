using System.Globalization;

namespace Registry.Api.Commands;

/// <summary>The option <c>--parallel N</c>.</summary>
internal static class Parallelism
{
    public const string Option = "--parallel";

    private const int Default = 8;
    private const int Most = 256;

    /// <summary>How many things are done at the same time.</summary>
    /// <exception cref="UsageException">It is no number, or too small or large.</exception>
    public static int Of(CommandArguments arguments) =>
        arguments.Find(Option) is not { } text ? Default
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= Most ? number
        : throw new UsageException($"{Option} is '{text}'; it must be 1 to {Most}.");
}
