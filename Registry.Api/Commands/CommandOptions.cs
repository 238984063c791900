using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Registry.Api.Hosting;

namespace Registry.Api.Commands;

/// <summary>Options that several commands share.</summary>
internal static class CommandOptions
{
    private const int DefaultParallel = 8;
    private const int MaxParallel = 256;

    /// <summary>Creates an option that takes a storage.</summary>
    public static Option<string?> Storage(string name, string description, bool isRequired) =>
        OneOf(name, "STORAGE", description, [.. StorageSelection.Names], isRequired);

    /// <summary>Creates an option that takes one of several words, in any case.</summary>
    public static Option<string?> OneOf(
        string name, string helpName, string description, IReadOnlyList<string> words, bool isRequired = false)
    {
        var option =
            new Option<string?>(name) { Description = description, HelpName = helpName, Required = isRequired };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !words.Contains(token.Value, StringComparer.OrdinalIgnoreCase))
                result.AddError($"{name} is '{token.Value}'; expected one of {string.Join(", ", words)}.");
        });
        return option;
    }

    /// <summary>Creates the option <c>--parallel N</c>.</summary>
    public static Option<int> Parallel() => new("--parallel")
    {
        Description = $"Number of packages or archives to process at the same time, 1 to {MaxParallel}",
        HelpName = "N",
        DefaultValueFactory = static _ => DefaultParallel,
        CustomParser = ParseParallel,
    };

    /// <summary>Creates an option without a value.</summary>
    public static Option<bool> Switch(
        string name, string description) => new(name) { Description = description, Arity = ArgumentArity.Zero };

    private static int ParseParallel(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number is > 0 and <= MaxParallel)
            return number;
        result.AddError($"--parallel is '{text}'; expected a number from 1 to {MaxParallel}.");
        return DefaultParallel;
    }
}
