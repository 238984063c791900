namespace Registry.Api.Hosting;

/// <summary>What the service tells about the storage that it was started with.</summary>
/// <param name="Backend">Its name, as <c>STORAGE</c> gives it: <c>filesystem</c>.</param>
public sealed record StorageDescription(string Backend)
{
    /// <summary>What else the backend makes known, such as a bucket's <c>name</c> and <c>location</c>. Nothing secret.</summary>
    public IReadOnlyDictionary<string, string> Facts { get; init; } = new Dictionary<string, string>();
}
