namespace Registry.Tests.Support;

/// <summary>A running service: a process, or a host in this process.</summary>
internal interface IRegistry
{
    /// <summary>A client for the service.</summary>
    HttpClient Client { get; }

    /// <summary>Its address.</summary>
    Uri Address { get; }

    /// <summary>The messages of its log.</summary>
    IEnumerable<string> Messages { get; }
}
