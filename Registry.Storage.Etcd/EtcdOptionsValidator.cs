using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;

namespace Registry.Storage.Etcd;

/// <summary>Validates the options and reports all errors at once. Each error names the setting.</summary>
internal sealed class EtcdOptionsValidator : IValidateOptions<EtcdOptions>
{
    /// <summary>Keeps the longest key with the longest prefix far below the limits of etcd.</summary>
    private const int MaxPrefixLength = 128;

    private const double MinTimeoutSeconds = 0.1;
    private const double MaxTimeoutSeconds = 60;

    public ValidateOptionsResult Validate(string? name, EtcdOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var errors = new List<string>();
        var endpoints = EtcdEndpoints.Parse(options.Endpoints, errors);
        if (string.IsNullOrEmpty(options.Username) != string.IsNullOrEmpty(options.Password))
            errors.Add("ETCD__USERNAME and ETCD__PASSWORD must be set together.");
        if (options.Prefix is not [.., '/']
            || options.Prefix.Length > MaxPrefixLength
            || options.Prefix.Any(static c => c is <= ' ' or > '~'))
            errors.Add(
                $"ETCD__PREFIX is '{options.Prefix}'; it must be 1 to {MaxPrefixLength} characters of visible ASCII "
                    + "and end with '/'.");
        if (options.TimeoutSeconds is not (>= MinTimeoutSeconds and <= MaxTimeoutSeconds))
            errors.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"ETCD__TIMEOUTSECONDS is {options.TimeoutSeconds}; it must be {MinTimeoutSeconds} to "
                    + $"{MaxTimeoutSeconds} seconds."));
        AddTlsErrors(options, endpoints, errors);
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private static void AddTlsErrors(EtcdOptions options, List<Uri> endpoints, List<string> errors)
    {
        if (string.IsNullOrEmpty(options.CertificateFile) != string.IsNullOrEmpty(options.KeyFile))
            errors.Add("ETCD__CERTIFICATEFILE and ETCD__KEYFILE must be set together.");
        (string Setting, string? Value)[] tls =
        [
            ("ETCD__CAFILE", options.CaFile), ("ETCD__CERTIFICATEFILE", options.CertificateFile),
            ("ETCD__KEYFILE", options.KeyFile), ("ETCD__SERVERNAME", options.ServerName),
        ];
        if (endpoints.Any(static endpoint => endpoint.Scheme == Uri.UriSchemeHttp))
            foreach (var (setting, value) in tls)
                if (!string.IsNullOrEmpty(value))
                    errors.Add($"{setting} is set, but ETCD__ENDPOINTS uses http://, which is not encrypted.");
        if (!string.IsNullOrEmpty(options.ServerName)
            && Uri.CheckHostName(options.ServerName) == UriHostNameType.Unknown)
            errors.Add($"ETCD__SERVERNAME is '{options.ServerName}', which is not a host name.");
        AddIfUnreadable("ETCD__CAFILE", options.CaFile, () => EtcdTls.LoadAuthorities(options), errors);
        AddIfUnreadable(
            "ETCD__CERTIFICATEFILE or ETCD__KEYFILE",
            options.CertificateFile,
            () => EtcdTls.LoadCertificate(options),
            errors);
    }

    private static void AddIfUnreadable(string setting, string? path, Func<object?> load, List<string> errors)
    {
        try
        {
            load();
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or CryptographicException
                or ArgumentException)
        {
            errors.Add($"{setting} is '{path}': {exception.Message}");
        }
    }
}
