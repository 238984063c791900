namespace Registry.Api.Hosting;

/// <summary>The service cannot start as it is configured: told on standard error, all errors at once, with exit code 1.</summary>
/// <param name="errors">Each in one line, for the operator.</param>
internal sealed class StartupException(params IReadOnlyList<string> errors) : Exception(string.Join(Environment.NewLine, errors));
