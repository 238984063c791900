namespace Registry.Api.Json;

/// <summary>A text that is not the JSON it should be. Whoever reads it knows the place, and makes an error for its caller of it.</summary>
/// <param name="message">What is wrong, as the end of a sentence.</param>
internal sealed class JsonSyntaxException(string message) : Exception(message);
