namespace Registry.Tests.Support.Servers;

/// <summary>A server or folder that holds the data of a backend.</summary>
public interface IBackendServer : IAsyncDisposable
{
    /// <summary>
    /// Returns command-line settings of a storage: services with the same name share everything, services with
    /// different names nothing.
    /// </summary>
    /// <param name="name">Letters, digits and hyphens.</param>
    string[] NewStorage(string name);
}
