namespace Registry.Core.Repositories;

/// <summary>The limits of OCI repositories.</summary>
public sealed record RepositoryOptions
{
    /// <summary>The largest blob that OCI clients push, in bytes.</summary>
    /// <value>Default 512 MiB.</value>
    public long MaxBlobBytes { get; init; } = 512L << 20;

    /// <summary>The most uploads that are staged at a time, of all repositories together.</summary>
    /// <value>Default 10,000.</value>
    public int MaxUploads { get; init; } = 10_000;
}
