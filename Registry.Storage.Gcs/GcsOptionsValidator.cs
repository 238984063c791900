using System.Buffers;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace Registry.Storage.Gcs;

/// <summary>
/// Refuses what cannot work, all of it at once, in words that name the settings. It asks nobody and changes nothing.
/// </summary>
internal sealed partial class GcsOptionsValidator : IValidateOptions<GcsOptions>
{
    /// <summary>Above this many seconds a deadline is a mistake, and timers overflow.</summary>
    private const double MaxSeconds = 86_400;

    private static readonly SearchValues<char> PrefixCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/");

    public ValidateOptionsResult Validate(string? name, GcsOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        List<string> errors = [.. ErrorsOfPlace(options), .. ErrorsOfAccess(options), .. ErrorsOfTimes(options)];
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private static IEnumerable<string> ErrorsOfPlace(GcsOptions options)
    {
        if (string.IsNullOrWhiteSpace(options.Bucket))
            yield return "GCS__BUCKET is not set: name the bucket that holds the data.";
        else if (!BucketName().IsMatch(options.Bucket))
            yield return $"GCS__BUCKET is '{options.Bucket}', which is no name of a bucket: give the name alone, "
                + "without gs://.";
        if (options.Prefix is null || options.Prefix.AsSpan().ContainsAnyExcept(PrefixCharacters)
            || options.Prefix.TrimEnd('/').Split('/') is var folders
                && options.Prefix.Length > 0
                && folders.Any(folder => folder is "" or "." or ".."))
            yield return $"GCS__PREFIX is '{options.Prefix}'; it must be folders of letters, digits, '.', '_' and "
                + "'-', joined by '/'.";
        else if (new GcsNames(options.Prefix).Root.Length > GcsNames.MaxPrefixBytes)
            yield return $"GCS__PREFIX is '{options.Prefix}'; it must have at most {GcsNames.MaxPrefixBytes} "
                + "characters with the slash at its end, as names of objects are bounded.";
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
                    + "http address.";
            yield break;
        }

        if (!IsAddress(options.Endpoint))
            yield return $"GCS__ENDPOINT is '{options.Endpoint}'; it must be an https address without a path.";
        if (options.Key is var (path, setting) && GcsCredentials.ErrorOf(path) is { } error)
            yield return $"{setting} is '{path}', {error}.";
    }

    private static IEnumerable<string> ErrorsOfTimes(GcsOptions options)
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
    /// What Google's rules for names of buckets have in common: 3 to 222 of a few characters, letters or digits at both
    /// ends.
    /// </summary>
    [GeneratedRegex(@"^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]\z")]
    private static partial Regex BucketName();
}
