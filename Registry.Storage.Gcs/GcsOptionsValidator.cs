using System.Buffers;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace Registry.Storage.Gcs;

/// <summary>
/// Validates the options without contacting the service, and reports all errors at once. Each error names the setting.
/// </summary>
internal sealed partial class GcsOptionsValidator : IValidateOptions<GcsOptions>
{
    /// <summary>The maximum timeout in seconds. Longer ones are a mistake, and timers would overflow.</summary>
    private const double MaxSeconds = 86_400;

    private static readonly SearchValues<char> PrefixCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/");

    public ValidateOptionsResult Validate(string? name, GcsOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        List<string> errors = [.. ErrorsOfLocation(options), .. ErrorsOfAccess(options), .. ErrorsOfTimeouts(options)];
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private static IEnumerable<string> ErrorsOfLocation(GcsOptions options)
    {
        if (string.IsNullOrWhiteSpace(options.Bucket))
            yield return "GCS__BUCKET is not set. Set it to the bucket for the data.";
        else if (!BucketName().IsMatch(options.Bucket))
            yield return $"GCS__BUCKET is '{options.Bucket}', which is not a bucket name. Use the name alone, without "
                + "gs://.";
        if (options.Prefix is null || options.Prefix.AsSpan().ContainsAnyExcept(PrefixCharacters)
            || options.Prefix.TrimEnd('/').Split('/') is var folders
                && options.Prefix.Length > 0
                && folders.Any(folder => folder is "" or "." or ".."))
            yield return $"GCS__PREFIX is '{options.Prefix}'; it must be folders of letters, digits, '.', '_' and "
                + "'-', joined by '/'.";
        else if (new GcsNames(options.Prefix).Root.Length > GcsNames.MaxPrefixBytes)
            yield return $"GCS__PREFIX is '{options.Prefix}'; it must have at most {GcsNames.MaxPrefixBytes} "
                + "characters including the slash at its end, because object names are limited.";
        if (string.IsNullOrWhiteSpace(options.StagingFolder) || options.StagingFolder.Contains('\0'))
            yield return $"GCS__STAGINGFOLDER is '{options.StagingFolder}'; expected the path of a folder.";
        else if (File.Exists(options.StagingFolder))
            yield return $"GCS__STAGINGFOLDER is '{options.StagingFolder}', which is a file, not a folder.";
    }

    private static IEnumerable<string> ErrorsOfAccess(GcsOptions options)
    {
        if (options.EmulatorAddress is { } emulator)
        {
            if (!IsAddress(emulator))
                yield return $"{GcsOptions.EmulatorSetting} is '{options.EmulatorHost}'; it must be host:port or an "
                    + "http URL.";
            yield break;
        }

        if (!IsAddress(options.Endpoint))
            yield return $"GCS__ENDPOINT is '{options.Endpoint}'; it must be an https URL without a path.";
        if (options.Key is var (path, setting) && GcsCredentials.ErrorOf(path) is { } error)
            yield return $"{setting} is '{path}', {error}.";
    }

    private static IEnumerable<string> ErrorsOfTimeouts(GcsOptions options)
    {
        if (!(options.DeadlineSeconds is > 0 and <= MaxSeconds))
            yield return $"GCS__DEADLINESECONDS is {options.DeadlineSeconds}; it must be above 0 and at most "
                + $"{MaxSeconds} seconds.";
        if (!(options.TransferIdleSeconds is > 0 and <= MaxSeconds))
            yield return $"GCS__TRANSFERIDLESECONDS is {options.TransferIdleSeconds}; it must be above 0 and at "
                + $"most {MaxSeconds} seconds.";
    }

    private static bool IsAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address)
            && address.Scheme is "http" or "https"
            && address.PathAndQuery == "/";

    /// <summary>
    /// The common part of Google's rules for bucket names: 3 to 222 of these characters, with a letter or digit at both
    /// ends.
    /// </summary>
    [GeneratedRegex(@"^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]\z")]
    private static partial Regex BucketName();
}
