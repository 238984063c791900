namespace Registry.Tests.Support.Servers;

/// <summary>What a backend of the service keeps its data in.</summary>
public interface IBackendServer : IAsyncDisposable
{
    /// <summary>
    /// The settings, as on its command line, of services that share everything with each other and nothing with those
    /// of other names.
    /// </summary>
    /// <param name="name">Letters, digits and hyphens.</param>
    string[] NewStorage(string name);
}
