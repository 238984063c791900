namespace Registry.Api.Hosting;

/// <summary>
/// The service cannot start as it is configured: told on standard error, all errors at once, with exit code 1.
/// </summary>
/// <param name="errors">Each in one line, for the operator.</param>
internal sealed class StartupException(
    params IReadOnlyList<string> errors) : Exception(string.Join(Environment.NewLine, errors))
{
    /// <summary>
    /// Reads settings, and turns the failure to parse one of their files into an error of the settings.
    /// </summary>
    /// <param name="read">Reads them.</param>
    /// <exception cref="StartupException">A file cannot be parsed.</exception>
    public static T OfMalformedFiles<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException malformed)
        {
            throw new StartupException(
                $"{malformed.Message} {malformed.InnerException?.Message}".ReplaceLineEndings(" ").Trim());
        }
    }
}
