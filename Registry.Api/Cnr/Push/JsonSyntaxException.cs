namespace Registry.Api.Cnr.Push;

/// <summary>A body that is not the JSON it should be. Becomes a 400 in <see cref="PushRequestReader"/>, which knows the place.</summary>
/// <param name="message">What is wrong, as the end of a sentence.</param>
internal sealed class JsonSyntaxException(string message) : Exception(message);
