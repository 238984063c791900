using System.Collections.Immutable;

namespace Registry.Core.Storage;

/// <summary>
/// Checks, before the registry opens its port, the settings and properties of the engine that the contract depends on.
/// That documents can be written, read, listed and deleted is checked elsewhere. Each backend registers one probe.
/// </summary>
public interface IStorageProbe
{
    /// <summary>The name of the backend, as in <c>STORAGE</c>.</summary>
    string Name { get; }

    /// <summary>
    /// A short description for the operator, such as <c>filesystem at /srv/registry</c>. Contains no secrets.
    /// </summary>
    string Description => Name;

    /// <summary>
    /// Public facts about the storage, such as the name and location of a bucket. Contains no secrets. Complete after
    /// the probe.
    /// </summary>
    IReadOnlyDictionary<string, string> Facts => ImmutableDictionary<string, string>.Empty;

    /// <summary>Checks that the backend can fulfill the contract. Leaves nothing behind.</summary>
    /// <exception cref="StorageException">
    /// The check failed; the message tells the operator what to change. <see cref="StorageFault.Full"/> is thrown last,
    /// after everything that needs no space has been checked.
    /// </exception>
    ValueTask ProbeAsync(CancellationToken cancellationToken);
}
