namespace Registry.Api.Hosting;

/// <summary>
/// The service cannot start with its settings. All errors are written to standard error, and the exit code is 1.
/// </summary>
/// <param name="errors">The errors for the operator, one line each.</param>
internal sealed class StartupException(
    params IReadOnlyList<string> errors) : Exception(string.Join(Environment.NewLine, errors))
{
    /// <summary>
    /// Reads settings, and turns a file that cannot be parsed into a <see cref="StartupException"/>.
    /// </summary>
    /// <param name="read">Reads the settings.</param>
    /// <exception cref="StartupException">A file cannot be parsed.</exception>
    public static T OfMalformedFiles<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException exception)
        {
            throw new StartupException(
                $"{exception.Message} {exception.InnerException?.Message}".ReplaceLineEndings(" ").Trim());
        }
    }
}
