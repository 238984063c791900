using System.Collections.Immutable;

namespace Registry.Core.Storage;

/// <summary>
/// What a backend must find out before the registry opens its port, beyond that documents can be written, read, listed
/// and deleted: a setting or a property of the engine that the contract rests on. Each backend registers one.
/// </summary>
public interface IStorageProbe
{
    /// <summary>The backend, as <c>STORAGE</c> names it.</summary>
    string Name { get; }

    /// <summary>
    /// What it is and where, in a few words for the operator, such as <c>filesystem at /srv/registry</c>; nothing
    /// secret.
    /// </summary>
    string Description => Name;

    /// <summary>
    /// What the backend tells everyone about itself, such as the name and location of a bucket; nothing secret. Known
    /// once it has been probed.
    /// </summary>
    IReadOnlyDictionary<string, string> Facts => ImmutableDictionary<string, string>.Empty;

    /// <summary>Succeeds when the backend can keep the contract. Leaves nothing behind.</summary>
    /// <exception cref="StorageException">
    /// It cannot: the message tells an operator what to change. <see cref="StorageFault.Full"/> comes last, when all
    /// that needs no room has been proved.
    /// </exception>
    ValueTask ProbeAsync(CancellationToken cancellationToken);
}
