namespace Registry.Core.Artifacts;

/// <summary>The bytes are not a manifest that the registry accepts.</summary>
/// <param name="message">
/// One sentence that names the invalid member and what is expected of it. It may reach the client.
/// </param>
/// <param name="cause">The failure behind it; null if there is none.</param>
public sealed class ManifestFormatException(string message, Exception? cause = null) : FormatException(message, cause);
