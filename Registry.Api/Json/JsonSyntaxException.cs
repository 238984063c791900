namespace Registry.Api.Json;

/// <summary>A text that is not the JSON it should be. Its reader catches this and adds the place.</summary>
/// <param name="message">What is wrong, as the end of a sentence.</param>
internal sealed class JsonSyntaxException(string message) : Exception(message);
