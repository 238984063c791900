using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Registry.Storage.Redis;

/// <summary>Refuses settings that cannot work, in words that name them; it asks no server.</summary>
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
            return [$"{Setting} is empty: name the server, as in localhost:6379."];

        ConfigurationOptions parsed;
        try
        {
            parsed = ConfigurationOptions.Parse(configuration);
        }
        catch (Exception wrong) when (wrong is ArgumentException or FormatException or OverflowException)
        {
            // The text may hold the password, and so may what the parser says of it.
            return [$"{Setting} cannot be read: it is host:port and, after commas, settings such as password=… and "
                + "ssl=true."];
        }

        List<string> errors = [];
        if (parsed.EndPoints.Count == 0)
            errors.Add($"{Setting} names no server: it begins with host:port.");
        if (!string.IsNullOrEmpty(parsed.User) && string.IsNullOrEmpty(parsed.Password))
            errors.Add($"{Setting} has user=… without password=…; the client would not log in.");
        return errors;
    }
}
