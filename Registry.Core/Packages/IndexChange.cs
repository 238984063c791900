namespace Registry.Core.Packages;

/// <summary>One change of one package, as <see cref="PackageIndexes.UpdateAsync"/> applies it.</summary>
/// <param name="Apply">
/// A pure function from the index as it is (null: no such package) to the index as it shall be (null: the package goes). Refuses by throwing a
/// <see cref="Errors.RegistryException"/>. It is applied again on every try, so it has no effects of its own.
/// </param>
/// <param name="IsIn">
/// Whether an index shows that this very change was stored: asked after a write whose outcome is unknown. Null where that cannot be told, as
/// of a delete: such a change answers "unknown" then.
/// </param>
/// <param name="Epoch">
/// The epoch in which the blob was committed that the change refers to; null where it rests on no blob, or the storage has no epochs. If it has ended when
/// the change is to be stored, the change fails with <see cref="Storage.StorageFault.EpochEnded"/>.
/// </param>
public sealed record IndexChange(
    Func<PackageIndex?, PackageIndex?> Apply, Func<PackageIndex, bool>? IsIn = null, Storage.StorageEpoch? Epoch = null);
