using Microsoft.Extensions.Options;

namespace Registry.Api.Hosting;

/// <summary>Requires a time that a timer accepts, and memory for a few transfers.</summary>
internal sealed class TransferSettingsValidator : IValidateOptions<TransferSettings>
{
    /// <summary>The least memory for buffers: enough for a few uploads to any storage.</summary>
    private const long MinBufferBytes = 16L << 20;

    public ValidateOptionsResult Validate(
        string? name, TransferSettings options) => ValidationResults.Of(ErrorsOf(options));

    private static IEnumerable<string> ErrorsOf(TransferSettings options)
    {
        // The upper bound is the longest time of a timer: 49 days.
        if (!(options.StallSeconds is > 0 and < 4e6))
            yield return $"TRANSFERS__STALLSECONDS is {options.StallSeconds}; it must be above 0 and below 4,000,000.";
        if (options.BufferBytes < MinBufferBytes)
            yield return $"TRANSFERS__BUFFERBYTES is {options.BufferBytes}; it must be at least {MinBufferBytes} "
                + "(16MiB).";
    }
}
