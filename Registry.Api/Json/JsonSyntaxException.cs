namespace Registry.Api.Json;

/// <summary>A text is not the expected JSON. The caller catches this and adds the position.</summary>
/// <param name="message">The problem, as the end of a sentence.</param>
internal sealed class JsonSyntaxException(string message) : Exception(message);
