namespace Registry.Api.Commands;

/// <summary>The arguments of a command cannot be used.</summary>
/// <param name="message">Which, and why: one line for the operator.</param>
internal sealed class UsageException(string message) : Exception(message);
