namespace Registry.Core.Maintenance;

/// <summary>The progress of a run over all entries of a registry: packages, archives and tokens.</summary>
/// <param name="Step">What is being done, such as <c>copied</c>.</param>
/// <param name="Done">The number of entries that are done in this step.</param>
/// <param name="Total">The number of entries; 0 while they are being counted.</param>
public readonly record struct RunProgress(string Step, long Done, long Total);
