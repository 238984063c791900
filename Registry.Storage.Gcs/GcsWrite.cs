namespace Registry.Storage.Gcs;

/// <summary>What became of a write.</summary>
/// <param name="Object">What is there now; null for a delete, and where the write was refused.</param>
/// <param name="IsDone">False when its precondition did not hold.</param>
/// <param name="IsOutcomeUnknown">
/// True when an earlier try of it may have been carried out: a refusal may be by its own doing then.
/// </param>
internal readonly record struct GcsWrite(GcsObject? Object, bool IsDone, bool IsOutcomeUnknown);
