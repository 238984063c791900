using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Registry.Storage.Redis;

/// <summary>Validates the options without contacting the server. Each error names the setting.</summary>
internal sealed class RedisOptionsValidator : IValidateOptions<RedisOptions>
{
    private const int MaxPrefixLength = 100;

    public ValidateOptionsResult Validate(string? name, RedisOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var errors = ConfigurationErrors(options.Configuration);
        if (options.Prefix is null
            || options.Prefix.Length > MaxPrefixLength
            || options.Prefix.Any(c => c is <= ' ' or > '~'))
            errors.Add(
                $"REDIS__PREFIX is '{options.Prefix}'; it must be at most {MaxPrefixLength} characters of visible "
                    + "ASCII.");
        if (!(options.DeadlineSeconds is >= 0.1 and <= 60))
            errors.Add($"REDIS__DEADLINESECONDS is {options.DeadlineSeconds}; it must be 0.1 to 60 seconds.");
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private static List<string> ConfigurationErrors(string? configuration)
    {
        const string Setting = "REDIS__CONFIGURATION";
        if (string.IsNullOrWhiteSpace(configuration))
            return [$"{Setting} is empty. Set the server, such as localhost:6379."];

        ConfigurationOptions parsed;
        try
        {
            parsed = ConfigurationOptions.Parse(configuration);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or OverflowException)
        {
            // Neither the value nor the parser's message is shown: they may contain the password.
            return [$"{Setting} is invalid; expected host:port and, separated by commas, settings such as "
                + "password=… and ssl=true."];
        }

        List<string> errors = [];
        if (parsed.EndPoints.Count == 0)
            errors.Add($"{Setting} contains no server; it must start with host:port.");
        if (!string.IsNullOrEmpty(parsed.User) && string.IsNullOrEmpty(parsed.Password))
            errors.Add($"{Setting} has user=… without password=…, so the client would not log in.");
        return errors;
    }
}
