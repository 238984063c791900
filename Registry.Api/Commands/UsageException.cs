namespace Registry.Api.Commands;

/// <summary>The arguments are invalid.</summary>
/// <param name="message">The invalid argument and the reason, in one line for the operator.</param>
internal sealed class UsageException(string message) : Exception(message);
