using Registry.Core.Packages;
using Registry.Core.Versions;

namespace Registry.Core.Repositories;

/// <summary>A file that a Helm repository serves: the archive of a chart, or its provenance file.</summary>
/// <param name="Package">The package.</param>
/// <param name="Release">The release.</param>
/// <param name="Blob">The digest and the length of the file.</param>
public sealed record ChartArchive(PackageName Package, Release Release, BlobDescriptor Blob);
