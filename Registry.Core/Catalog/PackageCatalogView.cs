using System.Collections.Immutable;

namespace Registry.Core.Catalog;

/// <summary>The catalog at one moment; never changes.</summary>
/// <param name="Entries">Every package, by name in ordinal order.</param>
/// <param name="Fingerprint">Of all packages together: equal views, and only those, have equal ones.</param>
public sealed record PackageCatalogView(ImmutableArray<CatalogEntry> Entries, UInt128 Fingerprint);
