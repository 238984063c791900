namespace Registry.Core.Repositories;

/// <summary>The limits of OCI repositories.</summary>
public sealed record RepositoryOptions
{
    /// <summary>The maximum size of a blob that OCI clients push, in bytes.</summary>
    /// <value>Default 512 MiB.</value>
    public long MaxBlobBytes { get; init; } = 512L << 20;

    /// <summary>The maximum number of uploads that are staged at the same time, over all repositories.</summary>
    /// <value>Default 10,000.</value>
    public int MaxUploads { get; init; } = 10_000;
}
